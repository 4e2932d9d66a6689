package compose

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/emersion/go-message/textproto"
)

// Envelope is sender and recipients as SMTP names them: bare addresses, IDN
// domains in ASCII, each recipient once, in the order To, Cc, Bcc.
type Envelope struct {
	From       string
	Recipients []string
	EightBit   bool // the message has octets above 127
	UTF8       bool // it can only travel with SMTPUTF8 (RFC 6531)
}

// writeBuffer is the most that is below go-message, which makes many small writes.
const writeBuffer = 64 << 10

// Build writes the message of a draft to w: CRLF line ends throughout, no line
// over 998 octets, no Bcc. Attachments are streamed, so it needs the same small
// memory for every size.
//
// Whatever can be wrong with the draft is found before the first byte is
// written; the error is then [Problems]. A [FieldError] for "attachments" can
// also come later, when a file changes or vanishes while it is read, and any
// error of w. After an error what was written is not a message.
//
// The text that a person wrote is changed in its line ends only, of which the last
// line gets one if it had none, in the paths of images, of which the file name
// stays, and where the draft asks for it to be flowed.
//
// A draft that asks to be signed or encrypted is refused: see [BuildProtected].
func Build(w io.Writer, d Draft, s Stamp) (Envelope, error) { return new(Maker).Build(w, d, s) }

// BuildProtected is Build for a draft that may ask to be signed or encrypted, and
// then is, or is an error: it is never written as it is. Two of those from the same
// draft and stamp are not the same bytes. An error of the protector may also come
// after the first byte.
func BuildProtected(ctx context.Context, w io.Writer, d Draft, s Stamp, protector Protector) (Envelope, error) {
	return new(Maker).build(ctx, w, d, s, protector)
}

// Maker checks and builds drafts and keeps what is dear to make, which for a short
// letter is most of the work: for thousands of them. The zero value is ready. It may be
// used from several goroutines.
type Maker struct {
	markdown markdownEngine
	buffers  sync.Pool // of *bufio.Writer with smallBuffer
}

// Check is [Draft.Check].
func (m *Maker) Check(d Draft) []FieldError {
	_, problems := m.parse(d)
	return problems
}

// Build is [Build]: the same bytes for the same draft, whatever was built before.
func (m *Maker) Build(w io.Writer, d Draft, s Stamp) (Envelope, error) {
	return m.build(context.Background(), w, d, s, nil)
}

func (m *Maker) build(ctx context.Context, w io.Writer, d Draft, s Stamp, protector Protector) (Envelope, error) {
	if err := s.check(); err != nil {
		return Envelope{}, fmt.Errorf("build: %w", err)
	}
	p, problems := m.parse(d)
	if len(problems) > 0 {
		return Envelope{}, problems
	}
	message, err := p.message(ctx, s, protector)
	if err != nil {
		return Envelope{}, fmt.Errorf("build: %w", err)
	}
	if err := m.write(w, message); err != nil {
		return Envelope{}, err
	}
	return p.envelope(), nil
}

// smallBuffer is enough for most letters without files.
const smallBuffer = 8 << 10

// write is writeTo, for what is small through a buffer that was used before.
func (m *Maker) write(w io.Writer, message part) error {
	if message.buffer() > smallBuffer {
		return message.writeTo(w)
	}
	out, used := m.buffers.Get().(*bufio.Writer)
	if !used {
		out = bufio.NewWriterSize(nil, smallBuffer)
	}
	out.Reset(w)
	defer func() {
		out.Reset(nil) // nor is w kept
		m.buffers.Put(out)
	}()
	return through(out, message.write)
}

// envelope names sender and recipients. An address that stands in several
// places is one recipient; case makes no difference in a domain (ASCII gives
// lower case) but may in a local part.
func (p parsed) envelope() Envelope {
	from, _ := p.from.ASCII() // the parser refused what ASCII refuses
	e := Envelope{From: from, UTF8: p.from.UTF8()}
	seen := map[string]bool{}
	for _, a := range slices.Concat(p.to, p.cc, p.bcc) {
		e.UTF8 = e.UTF8 || a.UTF8()
		if spec, _ := a.ASCII(); !seen[spec] {
			seen[spec] = true
			e.Recipients = append(e.Recipients, spec)
		}
	}
	e.EightBit = p.rawUTF8()
	e.UTF8 = e.UTF8 || e.EightBit
	return e
}

// rawUTF8 tells that the header needs octets above 127: a local part is the one
// thing that cannot be encoded.
func (p parsed) rawUTF8() bool {
	return slices.ContainsFunc(slices.Concat([]Address{p.from}, p.to, p.cc, p.replyTo), Address.UTF8)
}

// fields are those of the message itself, in the order in which they are
// written. Bcc is not one of them.
func (p parsed) fields(s Stamp) [][]byte {
	to := p.to
	if len(to) == 0 && !p.undisclosed {
		// A message without To, or to "undisclosed-recipients:;", looks like
		// spam to filters (rspamd 2.0 and 3.0 points). The sender's own address
		// costs nothing, and who answers to all writes to the sender anyway. It
		// does not become a recipient.
		to = []Address{p.from}
	}
	fields := [][]byte{
		[]byte(dateField(s, p.zone)),
		addressField("From", []Address{p.from}),
	}
	if len(to) > 0 {
		fields = append(fields, addressField("To", to))
	} else {
		fields = append(fields, []byte("To: undisclosed-recipients:;\r\n"))
	}
	if len(p.cc) > 0 {
		fields = append(fields, addressField("Cc", p.cc))
	}
	if len(p.replyTo) > 0 {
		fields = append(fields, addressField("Reply-To", p.replyTo))
	}
	fields = append(fields, textField("Subject", p.subject), []byte(messageIDField(s)))
	for _, h := range p.headers {
		fields = append(fields, furtherField(h))
	}
	return fields
}

func addressField(name string, list []Address) []byte {
	f := newField(name)
	for i, a := range list {
		spec, _ := a.ASCII() // the parser refused what ASCII refuses
		tail := ","
		if i == len(list)-1 {
			tail = ""
		}
		f.mailbox(a.Name, spec, tail)
	}
	return f.bytes()
}

func textField(name, text string) []byte {
	f := newField(name)
	f.unstructured(text)
	return f.bytes()
}

// makeHeader makes a header of finished fields, and refuses one that would
// break the message. go-message checks only fields that it formats itself, and
// for a part not even those: after an error it goes on without the rest of the
// part's header (textproto.MultipartWriter.CreatePart).
func makeHeader(fields [][]byte) (textproto.Header, error) {
	var h textproto.Header
	for _, f := range slices.Backward(fields) { // each is put on top of the others
		if err := checkField(f); err != nil {
			return h, err
		}
		h.AddRaw(f)
	}
	return h, textproto.WriteHeader(io.Discard, h)
}

// checkField is the last look at a field: lines that end in CRLF, are not too
// long, are not blank, go on with a space, and hold no control character.
func checkField(f []byte) error {
	name, _, _ := bytes.Cut(f, []byte(":"))
	text, ended := bytes.CutSuffix(f, []byte("\r\n"))
	for i, line := range bytes.Split(text, []byte("\r\n")) {
		control := bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f })
		if !ended || control || len(line) > maxLine || len(bytes.TrimSpace(line)) == 0 || i > 0 && line[0] != ' ' {
			return fmt.Errorf("header field %s cannot be written", quote(string(name)))
		}
	}
	return nil
}

func writeError(err error) error { return fmt.Errorf("write message: %w", err) }
