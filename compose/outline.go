package compose

import (
	"bufio"
	"context"
	"strings"
	"time"

	"github.com/emersion/go-message/textproto"
)

// Outline is what a message will be, for a person to look at before it is built.
type Outline struct {
	Parts []OutlinePart // as a reader comes to them
	Size  int64         // of the message, in octets; about, if it is signed or encrypted
	Text  string        // as plain text
	HTML  string        // beside it; "" for none. Its pictures have made-up sources
}

// OutlinePart is a text or a file of a message.
type OutlinePart struct {
	Name   string // of a file; "" for a text
	Type   string // media type
	Size   int64  // in octets, as its reader has it
	Inline bool   // a picture in the HTML
}

// Outline says what Build would make of a draft, without reading the files through.
// Where Build would refuse the draft it gives the same problems, and about the size.
func (d Draft) Outline() (Outline, []FieldError) {
	p, problems := new(Maker).parse(d)
	if len(problems) > 0 {
		return Outline{Size: EstimateSize(d)}, problems
	}
	parties := p.parties()
	p.protection = Unprotected // what is to be read, before it is signed or encrypted
	s, err := NewStamp(d.From, time.Time{})
	if err == nil {
		var message part
		if message, err = p.message(context.Background(), s, nil); err == nil {
			o := Outline{Size: parties.size(message.length()), Text: p.text}
			o.add(message)
			return o, nil
		}
	}
	return Outline{Size: EstimateSize(d)}, []FieldError{{Field: "headers", Problem: err.Error(), Err: err}}
}

// size says about how many octets a message has that is signed or encrypted, of which
// plain are those that it has without. Gpg packs what it encrypts: a text gets shorter, and
// what a file has got longer by base64 is packed away again before the armor adds the same.
func (p Parties) size(plain int64) int64 {
	const (
		frame     = 500 // of the parts, and the armor's own lines
		signature = 400 // of one key: an elliptic one has 230, RSA with 4096 bits 850
		session   = 300 // for one key: 130 to 700
	)
	packed := plain + plain/20
	keys := int64(len(p.Open) + len(p.Hidden) + 1) // and the sender's own
	switch {
	case p.Protection.Encrypts() && p.Protection.Signs():
		return packed + frame + signature + keys*session
	case p.Protection.Encrypts():
		return packed + frame + keys*session
	case p.Protection.Signs():
		return plain + frame + signature
	}
	return plain
}

// add lists the texts and files of a part.
func (o *Outline) add(p part) {
	switch {
	case p.file != nil:
		o.Parts = append(o.Parts, OutlinePart{p.file.name, p.file.mediaType, p.file.info.Size(), p.file.contentID != ""})
	case p.kind == "":
		kind, _, _ := strings.Cut(p.header.Get("Content-Type"), ";")
		o.Parts = append(o.Parts, OutlinePart{Type: kind, Size: int64(len(p.text))})
		if kind == "text/html" {
			o.HTML = p.text
		}
	}
	for _, inner := range p.parts {
		o.add(inner)
	}
}

// length is how many octets write will write of a sealed part.
func (p part) length() int64 {
	var n counter
	w := bufio.NewWriter(&n)
	_ = textproto.WriteHeader(w, p.header) // a counter takes everything
	if p.kind == "" && p.file == nil {
		_ = writeText(w, p.text, p.encoding)
	}
	_ = w.Flush()
	if p.file != nil {
		n += counter(p.file.encodedSize())
	}
	for i, inner := range p.parts {
		n += counter(len("\r\n--\r\n")+len(p.boundary)) + counter(inner.length())
		if i == 0 {
			n -= counter(len("\r\n")) // the line end of the header is that of the first boundary
		}
	}
	if len(p.parts) > 0 {
		n += counter(len("\r\n----\r\n") + len(p.boundary))
	}
	return int64(n)
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// TextOfHTML reads HTML as a person does: what a reader without HTML would be shown.
func TextOfHTML(source string) string { return textFromHTML(source) }
