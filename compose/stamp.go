package compose

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Stamp is what a message is given once, when it is queued, and keeps over
// every attempt.
type Stamp struct {
	MessageID string    // with angle brackets
	Date      time.Time // written in UTC, or in the zone of the draft
	Seed      [16]byte  // MIME boundaries come from it
}

// NewStamp makes the stamp of a new message. The Message-ID is random and at
// the domain of from: it tells neither host nor clock. The error is that of
// [ParseOne] for from.
func NewStamp(from string, now time.Time) (Stamp, error) {
	sender, err := ParseOne(from)
	if err != nil {
		return Stamp{}, fmt.Errorf("from: %w", err)
	}
	address, err := sender.ASCII()
	if err != nil {
		return Stamp{}, fmt.Errorf("from: %w", err)
	}
	domain := address[strings.LastIndexByte(address, '@'):]
	s := Stamp{Date: now.UTC().Truncate(time.Second)}
	var unique [16]byte
	rand.Read(unique[:]) // never fails
	rand.Read(s.Seed[:])
	s.MessageID = "<" + hex.EncodeToString(unique[:]) + domain + ">"
	return s, nil
}

// contentIDs gives n Content-IDs, without angle brackets, at the domain of from.
// They can stand in a URL as they are.
func (s Stamp) contentIDs(n int, from Address) (ids []string) {
	domain, _ := asciiDomain(from.Domain) // the parser refused what has none
	domain = strings.Trim(strings.ReplaceAll(domain, ":", "."), "[]")
	for i := range n {
		sum := sha256.Sum256(fmt.Appendf(s.Seed[:], "image %d", i))
		ids = append(ids, hex.EncodeToString(sum[:16])+"@"+domain)
	}
	return ids
}

// check refuses a stamp that cannot be written into a header. A stamp comes
// from NewStamp or from the store, so this is a broken program or database and
// not something a person typed.
func (s Stamp) check() error {
	id, opened := strings.CutPrefix(s.MessageID, "<")
	id, closed := strings.CutSuffix(id, ">")
	left, right, at := strings.Cut(id, "@")
	switch {
	case !opened || !closed || !at || left == "" || right == "" || len(id) > 500:
		return errors.New("stamp: not a Message-ID")
	case strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '<' || r == '>' }):
		return errors.New("stamp: character in the Message-ID that cannot stand there")
	}
	if year := s.Date.UTC().Year(); year < 1970 || year > 9999 { // RFC 5322 §3.3: four digits
		return errors.New("stamp: no usable date")
	}
	return nil
}

// boundaries gives the MIME boundaries of the message, one after the other;
// texts are those that are written as they are.
//
// "=_" can stand in neither base64 nor quoted-printable, so only such a text can
// hold a boundary, and then the next one is taken.
func (s Stamp) boundaries(texts []string) func() string {
	n := uint64(0)
	return func() string {
		for { // ends: a text holds only so many
			sum := sha256.Sum256(binary.BigEndian.AppendUint64(s.Seed[:], n))
			boundary := "=_" + hex.EncodeToString(sum[:15])
			n++
			if !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, boundary) }) {
				return boundary
			}
		}
	}
}
