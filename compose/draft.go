package compose

import (
	"strings"
	"time"
)

// Draft is what a person is still writing: every field as it was typed, right
// or wrong. It is stored as JSON, so its fields keep their names.
type Draft struct {
	Account     string       `json:"account,omitempty"` // name of the account to send through
	From        string       `json:"from,omitempty"`    // "Ada <ada@example.org>"
	To          string       `json:"to,omitempty"`      // address lists, as typed
	Cc          string       `json:"cc,omitempty"`
	Bcc         string       `json:"bcc,omitempty"`
	ReplyTo     string       `json:"reply_to,omitempty"`
	Subject     string       `json:"subject,omitempty"`
	Headers     []Header     `json:"headers,omitempty"` // further fields, in order
	Body        string       `json:"body,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	// Style is what Body is written in; "" for what the sender's habits say.
	Style  Style   `json:"style,omitempty"`
	Inline []Image `json:"inline,omitempty"` // what the text shows
	Flowed bool    `json:"flowed,omitempty"` // the reader may wrap the text anew (RFC 3676)
	Zone   int     `json:"zone,omitempty"`   // of Date, in minutes east of UTC
	// Undisclosed says in To that there are recipients, where all are in Bcc; else that
	// is the sender's own address.
	Undisclosed bool `json:"undisclosed,omitempty"`
	// RequireTLS asks that every server on the way passes it on over TLS alone
	// (RFC 8689).
	RequireTLS bool `json:"require_tls,omitempty"`
	// Protection is what OpenPGP does for it; "" for what its account says.
	Protection Protection `json:"protection,omitempty"`
	Wishes
	// CopyOf is what the outbox calls the message that this was copied from. As
	// long as nothing is changed, it is the same message and keeps its Message-ID.
	CopyOf string `json:"copy_of,omitempty"`
	// Leaves is when the writer wants it to leave; zero is at once. It is no part of
	// the message, and who queues it goes by it or not.
	Leaves time.Time `json:"leaves,omitzero"`
	// Cursor is where the writer was. It is no part of the message.
	Cursor Place `json:"cursor,omitzero"`
}

// Place is a place in a draft.
type Place struct {
	Field string `json:"field"` // as the draft names it in JSON
	At    int    `json:"at"`    // in bytes, in what is shown of it
}

// Header is one further field of a draft.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Attachment is a file that goes with a draft. It is opened when the message
// is built, not before.
type Attachment struct {
	Path string `json:"path"`
	Name string `json:"name,omitempty"` // shown to the reader; the path's last element if empty
	Type string `json:"type,omitempty"` // media type; found from name and content if empty or not one

	// As somebody has seen it: another file is not sent in its place. Without
	// Modified nobody has looked.
	Size     int64 `json:"size,omitempty"`     // in octets
	Modified int64 `json:"modified,omitempty"` // in nanoseconds of Unix time
}

// Image is a picture that travels with a draft because its text shows it: as
// ![](name) in Markdown, as <img src="name"> in HTML.
type Image struct {
	Attachment
	Source string `json:"source,omitempty"` // what the text calls it, if that is neither its path nor its name
}

// NamedAs tells that a text which shows a picture of that name means this one.
func (i Image) NamedAs(name string) bool {
	return name != "" && (name == i.Source || name == i.Path || name == fileName(i.Attachment))
}

// Empty tells that nothing has been written yet, so that there is nothing to
// save. Account and From do not count, and neither does signature, which the program
// itself put below a line "-- " (RFC 3676 §4.3): as long as it is all that stands there,
// to the letter. Anything else below such a line is somebody's text.
func (d Draft) Empty(signature string) bool {
	text := strings.TrimSpace(strings.ReplaceAll(d.Body, "\r\n", "\n"))
	if signature != "" && text == strings.TrimSpace(signatureSeparator+"\n"+signature) {
		text = ""
	}
	return text == "" && strings.TrimSpace(d.To+d.Cc+d.Bcc+d.ReplyTo+d.Subject) == "" &&
		len(d.Headers) == 0 && len(d.Attachments) == 0 && len(d.Inline) == 0
}

const signatureSeparator = "-- "
