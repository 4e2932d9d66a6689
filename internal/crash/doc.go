// Package crash puts the built program through what a queue must survive: kills
// at any system call, disks that fail or fill up, power cuts, and all of that
// at once with several processes.
//
// It has nothing but tests. Each of them asks the same after every run: is all
// that was acknowledged still there, in a true state, and has nobody got a
// second copy that is not shown as uncertain?
//
//	go test ./internal/crash           # a sample, by a fixed seed
//	go test ./internal/crash -long     # all of it
package crash
