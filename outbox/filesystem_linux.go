package outbox

import "golang.org/x/sys/unix"

// networkFileSystem names the file system of dir if it is one on which SQLite's
// shared memory and locks do not work between machines; "" otherwise.
func networkFileSystem(dir string) string {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return "" // what is wrong with dir shows when it is used
	}
	switch uint32(s.Type) { // statfs(2); the field's width differs by platform
	case 0x6969:
		return "NFS"
	case 0x517b, 0xff534d42, 0xfe534d42:
		return "SMB"
	case 0x5346414f, 0x6b414653:
		return "AFS"
	case 0x00c36400:
		return "Ceph"
	}
	return ""
}
