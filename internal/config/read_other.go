//go:build !unix

package config

import "io/fs"

// hasOwners is false where permission bits and owners mean nothing.
const hasOwners = false

func foreign(fs.FileInfo) bool { return false }
