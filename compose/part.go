package compose

import (
	"bufio"
	"context"
	"io"
	"slices"

	"github.com/emersion/go-message/textproto"
)

// part is a message, or a part of one: a text, a file, or a multipart of others.
type part struct {
	fields   [][]byte // that say what it is; a multipart's is made when it is sealed
	text     string
	encoding string // of the text
	file     *file
	kind     string // of a multipart: "mixed"
	parts    []part

	parameters []string                // of a multipart's type
	stream     func(w io.Writer) error // writes the content instead of text

	// seal makes these.
	boundary string
	header   textproto.Header
}

// message is the tree of the message, of which everything but the files' content
// is ready.
func (p parsed) message(ctx context.Context, s Stamp, protector Protector) (part, error) {
	if p.protection.Protects() {
		return p.protected(ctx, s, protector)
	}
	out := p.content(s)
	err := out.seal(p.messageFields(s), s.boundaries(out.readable()))
	return out, err
}

// content is the tree of what the message is about. It has no more levels than it
// needs.
func (p parsed) content(s Stamp) part {
	text, parameter := p.text, ""
	if p.flowed {
		text, parameter = flow(text), "; format=flowed"
	}
	out := p.textPart("plain", text, parameter)
	if p.html != nil {
		ids := s.contentIDs(len(p.images), p.from)
		out = part{kind: "alternative", parts: []part{out, p.textPart("html", p.html(ids), "")}}
		for i := range p.images {
			p.images[i].contentID = ids[i]
		}
		if len(p.images) > 0 {
			out = part{kind: "related", parameters: []string{`type="multipart/alternative"`}, parts: append([]part{out}, fileParts(p.images)...)}
		}
	}
	if len(p.files) > 0 {
		out = part{kind: "mixed", parts: append([]part{out}, fileParts(p.files)...)}
	}
	return out
}

// messageFields are those on top of the message, but for what says what it is.
func (p parsed) messageFields(s Stamp) [][]byte {
	return append(p.fields(s), []byte("MIME-Version: 1.0\r\n"))
}

func fileParts(files []file) (parts []part) {
	for i := range files {
		parts = append(parts, files[i].part())
	}
	return parts
}

// textPart is a text of a kind such as "plain", with a further parameter.
func (p parsed) textPart(kind, text, parameter string) part {
	encoding := textEncoding(text)
	if encoding == sevenBit && p.protection.Signs() && isTouched(text) {
		encoding = quotedPrintable
	}
	return part{text: text, encoding: encoding, fields: [][]byte{
		[]byte("Content-Type: text/" + kind + "; charset=utf-8" + parameter + "\r\n"),
		encodingField(encoding),
	}}
}

func encodingField(encoding string) []byte {
	return []byte("Content-Transfer-Encoding: " + encoding + "\r\n")
}

// readable gives the texts that are written as they are, in which a boundary
// could stand.
func (p part) readable() (texts []string) {
	if p.encoding == sevenBit {
		texts = append(texts, p.text)
	}
	if p.file != nil && p.file.message != nil {
		texts = append(texts, p.file.message.boundaries)
	}
	for _, inner := range p.parts {
		texts = append(texts, inner.readable()...)
	}
	return texts
}

// seal makes the headers of the part and of those in it, the outer ones first;
// above stands on top of its own fields.
func (p *part) seal(above [][]byte, boundary func() string) (err error) {
	if p.kind != "" {
		p.boundary = boundary()
		p.fields = append(p.fields, p.multipartField())
	}
	if p.header, err = makeHeader(slices.Concat(above, p.fields)); err != nil {
		return err
	}
	for i := range p.parts {
		if err := p.parts[i].seal(nil, boundary); err != nil {
			return err
		}
	}
	return nil
}

func (p *part) multipartField() []byte {
	f := newField("Content-Type")
	f.token("multipart/" + p.kind + ";")
	for _, parameter := range p.parameters {
		f.token(parameter + ";")
	}
	f.token(`boundary="` + p.boundary + `"`)
	return f.bytes()
}

// buffer is how large the buffer for writing the part is: as the part is, if that
// is small, since a large one costs as much as building a small message.
func (p part) buffer() int {
	const header = 2 << 10
	size := header + len(p.text)
	for _, inner := range p.parts {
		size += inner.buffer()
	}
	if p.file != nil || p.stream != nil {
		size = writeBuffer
	}
	return min(size, writeBuffer)
}

// write streams the message. Only the content of files can still be wrong.
func (p part) write(w *bufio.Writer) error {
	if err := textproto.WriteHeader(w, p.header); err != nil {
		return writeError(err)
	}
	return p.writeContent(w)
}

// writeTo is write for who has no buffer.
func (p part) writeTo(w io.Writer) error {
	return p.buffered(w, p.write)
}

// buffered has write, which writes the part or some of it, write to w through a
// buffer.
func (p part) buffered(w io.Writer, write func(*bufio.Writer) error) error {
	return through(bufio.NewWriterSize(w, p.buffer()), write)
}

// through has write write to a buffer, and empties that.
func through(out *bufio.Writer, write func(*bufio.Writer) error) error {
	if err := write(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return writeError(err)
	}
	return nil
}

// writeContent writes what stands below the header.
func (p part) writeContent(w *bufio.Writer) error {
	switch {
	case p.stream != nil:
		return p.stream(w)
	case p.file != nil:
		return p.file.encode(w)
	case p.kind == "":
		return writeText(w, p.text, p.encoding)
	}
	m := textproto.NewMultipartWriter(w)
	if err := m.SetBoundary(p.boundary); err != nil {
		return writeError(err)
	}
	for _, inner := range p.parts {
		// A part's writer only passes on to w, so the parts are written to w.
		if _, err := m.CreatePart(inner.header); err != nil {
			return writeError(err)
		}
		if err := inner.writeContent(w); err != nil {
			return err
		}
	}
	if err := m.Close(); err != nil {
		return writeError(err)
	}
	return nil
}
