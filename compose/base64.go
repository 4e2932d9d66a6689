package compose

import (
	"encoding/base64"
	"io"
)

// Base64 in lines of 76 columns (RFC 2045 §6.8) that hold 57 bytes each, and
// written in blocks of 768 lines: about 60 KB, beyond which it gets no faster.
const (
	lineBytes   = 57
	lineColumns = 76
	blockLines  = 768
)

// base64Writer encodes block by block. go-message's own writer makes two small
// writes for every line.
type base64Writer struct {
	w     io.Writer
	block []byte // not yet encoded; its capacity is a block
	out   []byte
	err   error
}

func newBase64Writer(w io.Writer) *base64Writer {
	return &base64Writer{
		w:     w,
		block: make([]byte, 0, lineBytes*blockLines),
		out:   make([]byte, 0, (lineColumns+2)*blockLines),
	}
}

// Write takes all of p, or returns the first error of the writer below.
func (b *base64Writer) Write(p []byte) (int, error) { return writeBase64(b, p) }

// WriteString is Write.
func (b *base64Writer) WriteString(s string) (int, error) { return writeBase64(b, s) }

func writeBase64[T string | []byte](b *base64Writer, p T) (int, error) {
	total := len(p)
	for len(p) > 0 && b.err == nil {
		free := b.block[len(b.block):cap(b.block)]
		n := copy(free, p)
		b.block = b.block[:len(b.block)+n]
		p = p[n:]
		if len(b.block) == cap(b.block) {
			b.flush()
		}
	}
	return total - len(p), b.err
}

// ReadFrom encodes all of r without another copy.
func (b *base64Writer) ReadFrom(r io.Reader) (total int64, err error) {
	for b.err == nil {
		n, err := r.Read(b.block[len(b.block):cap(b.block)])
		b.block = b.block[:len(b.block)+n]
		total += int64(n)
		if len(b.block) == cap(b.block) {
			b.flush()
		}
		if err == io.EOF {
			return total, b.err
		}
		if err != nil {
			return total, err
		}
	}
	return total, b.err
}

// flush writes the block in lines; only the last may be short.
func (b *base64Writer) flush() {
	out := b.out[:0]
	for rest := b.block; len(rest) > 0; {
		n := min(lineBytes, len(rest))
		out = base64.StdEncoding.AppendEncode(out, rest[:n])
		out = append(out, '\r', '\n')
		rest = rest[n:]
	}
	b.block = b.block[:0]
	if b.err == nil && len(out) > 0 {
		_, b.err = b.w.Write(out)
	}
}

// Close writes what is left. It does not close the writer below.
func (b *base64Writer) Close() error {
	b.flush()
	return b.err
}

// encodedLength is what n bytes become: lines of base64 with their CRLF.
func encodedLength(n int64) int64 {
	lines := (n + lineBytes - 1) / lineBytes
	return (n+2)/3*4 + 2*lines
}
