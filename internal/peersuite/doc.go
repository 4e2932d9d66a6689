// Package peersuite hands the same messages to other people's mail servers: the
// whole engine (outbox, its sender and the SMTP transport) against a real Postfix,
// go-smtp's server and Postfix's smtp-sink, and with -long against Mailpit,
// Dovecot's submission service and Exim.
//
// It has nothing but tests. Behind every delivery is checked for every recipient
// that who is sent has one copy, that nobody else has any, and that below what the
// server puts on top the copy is the bytes that were queued.
//
// The loop (TestLoop) is the built program with a Postfix that takes its mail, servers
// behind that which refuse it, and the mailbox at Dovecot in which the bounces arrive.
//
// The acceptance matrix (TestMatrix) sends what people write, in many scripts and
// with what files are called, and lets six readers read what has arrived.
//
//	go test ./internal/peersuite           # what .ci/run needs
//	go test ./internal/peersuite -long     # all of them
package peersuite
