// Package merge makes one letter of a template for every row of a list, and says
// which rows are wrong before anything is queued.
//
// It knows lists, templates and drafts. It does not know accounts, the outbox or
// the network, and it keeps nothing: a list is read as a stream, a row at a time.
//
// Its one hard rule: a row is one unit. Nothing of a row ever comes into the
// letter of another one, and what is in a cell stays text wherever it stands: it
// adds no recipient, no header field, no markup and no file.
package merge
