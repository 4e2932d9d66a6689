package compose

import (
	"bytes"
	"encoding/base64"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestBase64Writer_WritesLinesOf76WhateverTheWritesAre(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789\x00\xff\r\n"), 8000)
	block := lineBytes * blockLines
	for _, size := range []int{0, 1, 2, 3, 56, 57, 58, 114, block - 1, block, block + 1, 2*block + 5} {
		want := wrapped(content[:size])
		var piecewise, whole, read bytes.Buffer
		b := newBase64Writer(&piecewise)
		for rest := content[:size]; len(rest) > 0; {
			n := min(len(rest), 1000)
			b.Write(rest[:n/2])
			b.WriteString(string(rest[n/2 : n]))
			rest = rest[n:]
		}
		b.Close()
		b = newBase64Writer(&whole)
		b.Write(content[:size])
		b.Close()
		b = newBase64Writer(&read)
		n, err := b.ReadFrom(iotest.HalfReader(bytes.NewReader(content[:size])))
		b.Close()
		if err != nil || n != int64(size) {
			t.Errorf("%d bytes: ReadFrom = %d, %v", size, n, err)
		}
		if piecewise.String() != want || whole.String() != want || read.String() != want {
			t.Errorf("%d bytes are encoded wrongly", size)
		}
		if got := encodedLength(int64(size)); got != int64(len(want)) {
			t.Errorf("encodedLength(%d) = %d, want %d", size, got, len(want))
		}
	}
}

// wrapped is base64 in lines, done simply.
func wrapped(b []byte) string {
	text := base64.StdEncoding.EncodeToString(b)
	var out strings.Builder
	for len(text) > 0 {
		n := min(76, len(text))
		out.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	return out.String()
}

func TestBase64Writer_KeepsTheFirstError(t *testing.T) {
	b := newBase64Writer(iotest.TruncateWriter(io.Discard, 0))
	if _, err := b.ReadFrom(iotest.ErrReader(io.ErrUnexpectedEOF)); err != io.ErrUnexpectedEOF {
		t.Errorf("error of the reader: %v", err)
	}
	none := failAfter(0)
	b = newBase64Writer(&none)
	if _, err := b.Write(make([]byte, 1<<20)); err == nil {
		t.Error("no error of a writer that fails")
	}
	if b.Close() == nil {
		t.Error("Close forgot the error")
	}
}
