// Package outbox keeps each message until every recipient has it or the user
// knows why not.
//
// It holds the store (SQLite and content files), the states of items and
// recipients, the retry schedule, the parking of accounts and the [Sender]
// that hands due messages to a [Transport]. It does not speak SMTP, does not
// know what an account's settings look like and never writes to a terminal.
//
// Its one hard rule: the record on disk comes before the act. An attempt is
// durable before the network is touched, the mark is durable before the final
// dot may leave, and nothing is called queued, sent or failed before that is
// what the disk says.
//
// # Concurrency
//
// An [Outbox] may be used from any number of goroutines, and any number of
// processes may have the same directory open. One of them at a time is the
// sender: the one that holds the lease.
package outbox
