package compose

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // what others write is not always UTF-8
	gomail "github.com/emersion/go-message/mail"

	"sendoff/internal/cleantext"
)

// Original is a message that is answered, as far as an answer needs it. Strangers
// wrote it: all texts are cleaned, and addresses are those that can be written to.
type Original struct {
	From, ReplyTo, To, Cc []Address
	Subject               string
	MessageID             string    // with angle brackets; "" without
	References            []string  // of the messages before, the oldest first
	Date                  time.Time // in the sender's zone; zero without
	Text                  string    // what they wrote, without signature; "\n" line ends
}

// ErrNotMessage says that something is not a message.
var ErrNotMessage = errors.New("it is not a message: it does not begin with header fields")

// Bounds of what is read of a message by others.
const (
	maxOriginal   = 64 << 20 // octets of it
	maxQuoted     = 256 << 10
	maxDepth      = 20 // multiparts in each other
	maxReferences = 20
	maxReference  = 250
	maxParts      = 200
)

// ReadOriginal reads a message, also one that stands in an mbox file with its
// "From " line. What is broken in it is left out; only an error of r, or what is no
// message at all, is an error.
func ReadOriginal(r io.Reader) (Original, error) {
	in := bufio.NewReader(io.LimitReader(r, maxOriginal))
	if start, _ := in.Peek(len("From ")); string(start) == "From " {
		if _, err := in.ReadString('\n'); err != nil {
			return Original{}, ErrNotMessage
		}
	}
	e, err := message.Read(in)
	if e == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return Original{}, fmt.Errorf("%w (%s)", ErrNotMessage, cleantext.Line(err.Error()))
	}
	h := gomail.Header{Header: e.Header}
	if !h.Has("From") && !h.Has("Date") && !h.Has("Message-Id") && !h.Has("Subject") {
		return Original{}, ErrNotMessage
	}
	o := Original{
		From: addressesOf(h, "From"), ReplyTo: addressesOf(h, "Reply-To"), To: addressesOf(h, "To"), Cc: addressesOf(h, "Cc"),
	}
	subject, _ := h.Text("Subject") // of what cannot be decoded it gives what stands there
	o.Subject = strings.TrimSpace(cleantext.Line(subject))
	o.Date, _ = h.Date()
	if ids := messageIDs(h.Get("Message-Id")); len(ids) > 0 {
		o.MessageID = ids[0]
	}
	if o.References = messageIDs(h.Get("References")); len(o.References) == 0 {
		if before := messageIDs(h.Get("In-Reply-To")); len(before) == 1 { // RFC 5322 §3.6.4
			o.References = before
		}
	}
	t := originalText{left: maxParts}
	t.read(e, 0)
	o.Text, _ = cutSignature(t.best())
	return o, nil
}

// addressesOf reads a field; addresses that nobody can write to are left out.
func addressesOf(h gomail.Header, field string) (list []Address) {
	parsed, err := h.AddressList(field)
	if err != nil {
		text, _ := h.Text(field)
		list, _ = parseList(cleantext.Line(text)) // what can be understood of it
		return slices.DeleteFunc(list, isUnusable)
	}
	for _, a := range parsed {
		at := strings.LastIndexByte(a.Address, '@')
		if at < 0 {
			continue
		}
		mailbox := Address{Name: strings.TrimSpace(cleantext.Line(a.Name)), Mailbox: a.Address[:at], Domain: a.Address[at+1:]}
		if !isUnusable(mailbox) {
			list = append(list, mailbox)
		}
	}
	return list
}

func isUnusable(a Address) bool {
	_, err := a.ASCII()
	return err != nil
}

// messageIDs finds the IDs in a field that may hold anything.
func messageIDs(text string) (ids []string) {
	for {
		_, rest, found := strings.Cut(text, "<")
		id, after, closed := strings.Cut(rest, ">")
		if !found || !closed {
			return ids
		}
		text = after
		isBad := func(r rune) bool { return r <= ' ' || r > '~' || r == '<' }
		if len(id) <= maxReference && strings.Contains(id, "@") && !strings.ContainsFunc(id, isBad) {
			ids = append(ids, "<"+id+">")
		}
	}
}

// originalText looks for the text of a message.
type originalText struct {
	plain, html string
	left        int // parts that are still looked at
}

// best is the plain text, or that of the HTML.
func (t *originalText) best() string {
	if t.plain == "" {
		return textFromHTML(t.html)
	}
	return t.plain
}

// read takes the first text of each kind that is no attachment.
func (t *originalText) read(e *message.Entity, depth int) {
	if t.left--; t.left < 0 || depth > maxDepth {
		return
	}
	if parts := e.MultipartReader(); parts != nil {
		for t.plain == "" && t.left > 0 {
			part, err := parts.NextPart()
			if part == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
				return // the end, or a message that was cut off
			}
			t.read(part, depth+1)
		}
		return
	}
	disposition, _, _ := e.Header.ContentDisposition()
	kind, params, err := e.Header.ContentType()
	if disposition == "attachment" {
		return
	}
	switch {
	case kind == "text/html" && t.html == "":
		t.html = readSome(e.Body)
	case (kind == "text/plain" || err != nil) && t.plain == "":
		t.plain = readSome(e.Body)
		if strings.EqualFold(params["format"], "flowed") {
			t.plain = unflow(t.plain)
		}
		if strings.TrimSpace(t.plain) == "" { // some put all into the HTML
			t.plain = ""
		}
	}
}

// readSome gives the beginning of a text by others, cleaned. What cannot be decoded
// any further ends it.
func readSome(r io.Reader) string {
	b, _ := io.ReadAll(io.LimitReader(r, maxQuoted))
	text := string(b)
	if len(text) == maxQuoted { // in the middle of something
		text = text[:strings.LastIndexByte(text, '\n')+1]
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	return cleantext.Block(strings.ReplaceAll(text, "\t", "    "))
}

// person is who wrote it, as one says it.
func (o Original) person() string {
	if len(o.From) == 0 {
		return "Someone"
	}
	if name := o.From[0].Name; name != "" {
		return name
	}
	return o.From[0].Mailbox + "@" + o.From[0].Domain
}
