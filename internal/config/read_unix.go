//go:build unix

package config

import (
	"io/fs"
	"os"
	"syscall"
)

const hasOwners = true

// foreign tells that a file belongs to neither the user nor root.
func foreign(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Uid != 0 && int(stat.Uid) != os.Geteuid()
}
