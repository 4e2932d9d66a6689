//go:build unix && (!linux || mips || mipsle || mips64 || mips64le)

package ui

import "os"

// takeStops leaves SIGTSTP as it is: it stops the process at once, on whatever screen.
//
// QUIRK: Go 1.26 cannot give the signal back once it was listened to, and an editor's
// ctrl+z would stop the editor alone. How it can be done without Go is known of Linux
// (stops_linux.go).
func takeStops(chan<- os.Signal) (giveBack func()) { return func() {} }

// letStop has nothing to do: the signal stops the process.
func letStop() (takeBack func()) { return func() {} }
