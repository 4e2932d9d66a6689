//go:build !linux

package outbox

// networkFileSystem is known only on Linux.
func networkFileSystem(string) string { return "" }
