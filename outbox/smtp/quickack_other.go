//go:build !linux

package smtp

import "net"

// acknowledgeAtOnce does nothing where a program cannot ask for that.
func acknowledgeAtOnce(net.Conn) {}
