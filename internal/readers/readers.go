// Package readers reads messages as other people's programs do: Python's email
// package, go-message, and what Debian has for the command line.
//
// It is for tests alone, and says what a reader makes of a message without
// judging it. What a reader cannot tell is empty.
//
// Its one hard rule: a reader is only ever asked, never helped. What it gets wrong
// is written down in the test that finds it.
package readers

import (
	"crypto/sha256"
	"encoding/hex"
)

// Reading is what a reader makes of a message. Line ends of texts are "\n".
type Reading struct {
	From    []Address `json:"from"`
	To      []Address `json:"to"`
	Cc      []Address `json:"cc"`
	ReplyTo []Address `json:"reply_to"`
	Subject string    `json:"subject"`

	Text   string `json:"text"`
	HTML   string `json:"html"`
	Tree   string `json:"tree"` // "mixed(alternative(text/plain text/html) image/png)"
	Files  []File `json:"files"`
	Images []File `json:"images"` // those that the text shows

	Defects []string `json:"defects"`
}

// Address is a mailbox, decoded.
type Address struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// File is a part with a content of its own.
type File struct {
	Name          string `json:"name"`
	NameParameter string `json:"name_parameter"` // of its Content-Type
	ID            string `json:"id"`             // its Content-ID, without angle brackets
	Type          string `json:"type"`
	SHA256        string `json:"sha256"` // of its content, in hex
}

// Sum is the SHA-256 of a content, as File has it.
func Sum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
