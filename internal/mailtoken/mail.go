package mailtoken

import (
	"bytes"
	"iter"
	"mime"
	"slices"
	"strings"
)

// fields are where a token may stand. A server that delivers "office+token" to
// "office" notes the former in one of them, if not in To.
var fields = []string{"to", "cc", "subject", "delivered-to", "x-original-to", "envelope-to"}

// HeaderFields are the fields of a mail that [Words] looks at, for who fetches
// no others.
func HeaderFields() []string {
	return []string{"To", "Cc", "Subject", "Delivered-To", "X-Original-To", "Envelope-To"}
}

// Bounds of a mail that may be anything.
const (
	maxHead  = 256 << 10 // octets that are looked at
	maxWords = 200       // that may be a token
)

// Words gives what may be a token of so many octets at least, in the header of a mail,
// or in the mail from its beginning: in the addresses that it was sent to and in its
// subject. It takes time that grows with the number of octets.
func Words(head []byte, octets int) iter.Seq[string] {
	return func(yield func(string) bool) {
		n := 0
		for _, value := range values(head[:min(len(head), maxHead)]) {
			for word := range strings.FieldsFuncSeq(value, isOutside) {
				if len(word) < Length(octets) {
					continue
				}
				if n++; n > maxWords || !yield(word) {
					return
				}
			}
		}
	}
}

// isOutside tells what stands in no token.
func isOutside(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '2' <= r && r <= '7')
}

// values are what the fields of a header say, unfolded and decoded.
func values(head []byte) (all []string) {
	head = bytes.TrimLeft(head, "\r\n")
	wanted := false
	for line := range bytes.Lines(head) {
		text := strings.TrimRight(string(line), "\r\n")
		switch {
		case text == "": // the header is over
			return decode(all)
		case text[0] == ' ' || text[0] == '\t':
			if wanted {
				all[len(all)-1] += text
			}
			continue
		}
		name, value, found := strings.Cut(text, ":")
		wanted = found && slices.Contains(fields, strings.ToLower(strings.TrimSpace(name)))
		if wanted {
			all = append(all, value)
		}
	}
	return decode(all)
}

// decode reads encoded words (RFC 2047). What cannot be read stays as it is.
func decode(all []string) []string {
	var decoder mime.WordDecoder
	for i, value := range all {
		if plain, err := decoder.DecodeHeader(value); err == nil {
			all[i] = plain
		}
	}
	return all
}
