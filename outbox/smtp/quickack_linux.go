package smtp

import (
	"net"
	"syscall"
)

// acknowledgeAtOnce makes the kernel acknowledge what comes next without the
// usual delay of 40 ms. A server that answers a dot and the envelope behind it in
// two small packets holds the second back until the first is acknowledged
// (Nagle's algorithm). The kernel takes the wish back by itself, so it is asked
// before every read that matters.
func acknowledgeAtOnce(conn net.Conn) {
	tcp, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	// Where it is not possible, a delay is all that is lost.
	_ = raw.Control(func(descriptor uintptr) {
		_ = syscall.SetsockoptInt(int(descriptor), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
}
