//go:build !mips && !mipsle && !mips64 && !mips64le

package ui

import (
	"os"
	"os/signal"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// takeStops has SIGTSTP sent to heard instead of stopping the process wherever it is,
// until giveBack. Where whoever started the program ignores it, it stays ignored.
//
// QUIRK: Go 1.26 installs its handler at the first Notify alone and leaves it there after
// Stop, where it takes the signal and does nothing. So here the signal gets its usual effect
// by the system call, and the handler by a copy of the one for SIGCONT, which is the same
// for all signals and which its callers have installed by a Notify.
func takeStops(heard chan<- os.Signal) (giveBack func()) {
	if signalActionOf(syscall.SIGTSTP).ignores() {
		return func() {}
	}
	signal.Notify(heard, syscall.SIGTSTP)
	setSignalAction(syscall.SIGTSTP, signalActionOf(syscall.SIGCONT))
	return func() { setSignalAction(syscall.SIGTSTP, signalAction{}) }
}

// letStop lets SIGTSTP stop the process, also where it is heard, until takeBack.
func letStop() (takeBack func()) {
	was := signalActionOf(syscall.SIGTSTP)
	if was.ignores() {
		return func() {}
	}
	setSignalAction(syscall.SIGTSTP, signalAction{})
	return func() { setSignalAction(syscall.SIGTSTP, was) }
}

// signalAction is what a signal does, as the kernel has it: first the handler, then what differs
// by machine, of which none needs more. The zero value is SIG_DFL on all of them.
type signalAction [8]uintptr

// ignores tells that it is SIG_IGN.
func (a signalAction) ignores() bool { return a[0] == 1 }

// signalSet is how large a set of signals is, in bytes.
const signalSet = 8

// The call fails for signals that do not exist alone.
func signalActionOf(s syscall.Signal) (a signalAction) {
	syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), 0, uintptr(unsafe.Pointer(&a)), signalSet, 0, 0)
	return a
}

func setSignalAction(s syscall.Signal, a signalAction) {
	syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&a)), 0, signalSet, 0, 0)
}
