// Package scenario tells, row by row, what becomes of messages when servers,
// networks, disks and clocks misbehave: the whole engine (outbox, its sender and
// the SMTP transport) against a real server in memory, in virtual time.
//
// It has nothing but tests. A name begins with the row's identifier, as in
// TestD05_PartialTemporary, and each test says the expected state of every
// recipient, the attempts, the connections and logins, and the words. Behind every
// story, also the one with a real network (A14) and those about disks, is checked
// what must hold in all of them (checkAll): nobody has a message twice unless its
// outcome was uncertain; every try sends the very bytes that were queued, in lines
// that any server takes, without a Bcc; what was queued is still there; no login
// crosses a clear line, and none is repeated that was refused; the password is
// nowhere but inside TLS; nothing that the commands print, the interface draws or
// --trace shows acts on a terminal; no answer is heard without end, and the heap
// stays small; no goroutine is left. No end of a sender takes more than five
// seconds, and a story that has something on the wire is told a second time and
// ended right there (stopped). The rows and what becomes of the mail are in
// rows_test.go, which writes the table in doc/reliability.md.
package scenario
