// Package uitest drives a Bubble Tea model in tests, three ways: by hand on the
// test's goroutine ([Drive]), as a whole program on an emulated screen ([Run]),
// and as a built program in a pty ([Start]).
//
// It is for tests alone, and knows nothing of the program it drives.
//
// Its one hard rule: a test sees what a person at a terminal would see, cells
// and cursor, never the program's own strings.
package uitest
