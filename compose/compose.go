// Package compose turns what a person wrote into an RFC 5322 message, the same
// bytes every time.
//
// It knows drafts, addresses, attachments and MIME. It does not know accounts,
// queues or the network, and it keeps nothing.
//
// Its one hard rule: [Build] is pure. The same draft, files and [Stamp] give
// the same bytes, and nothing of the machine (host, user, zone, clock) gets in.
package compose
