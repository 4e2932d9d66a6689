package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/textproto"
	"strings"
	"testing"
)

// stuffAll stuffs a message in blocks of size bytes.
func stuffAll(message []byte, size int) ([]byte, error) {
	var s stuffer
	var out []byte
	var err error
	for len(message) > 0 {
		n := min(size, len(message))
		if out, err = s.append(out, message[:n]); err != nil {
			return nil, err
		}
		message = message[n:]
	}
	return s.finish(out)
}

func TestStuffer(t *testing.T) {
	rows := []struct{ message, wire string }{
		{"", ".\r\n"},
		{"a\r\n", "a\r\n.\r\n"},
		{"a", "a\r\n.\r\n"},
		{".\r\n", "..\r\n.\r\n"},
		{"..\r\n", "...\r\n.\r\n"},
		{".", "..\r\n.\r\n"},
		{"a.\r\n.b\r\n\r\n.\r\n", "a.\r\n..b\r\n\r\n..\r\n.\r\n"},
	}
	for _, row := range rows {
		for size := 1; size <= 5; size++ {
			if got, err := stuffAll([]byte(row.message), size); err != nil || string(got) != row.wire {
				t.Errorf("%q by %d: %q, %v; want %q", row.message, size, got, err, row.wire)
			}
		}
	}
	for _, bad := range []string{"\n", "a\n", "\r", "a\rb\r\n", "a\r\r\n", "\r\n\n", "a\r\n\n.\r\n", "x\r\n.\r", "\n.\n"} {
		for size := 1; size <= 5; size++ {
			if got, err := stuffAll([]byte(bad), size); !errors.Is(err, errLineEnds) {
				t.Errorf("%q by %d: %q, %v", bad, size, got, err)
			}
		}
	}
}

// What goes out is what a server gets back, and ends where it should and only
// there.
func FuzzStuffer(f *testing.F) {
	for _, seed := range []string{"", "a\r\n.\r\nb", ".\r\n", "\r\n.\r\n", "a\n.\n", "\r.\r"} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, message []byte, size int) {
		wire, err := stuffAll(message, max(size, 1))
		bare := bytes.ReplaceAll(message, []byte("\r\n"), nil)
		if wrong := bytes.ContainsAny(bare, "\r\n"); wrong != (err != nil) {
			// Taking CRLFs out may join a CR and an LF that stood apart, never the
			// other way round.
			t.Fatalf("%q: %v", message, err)
		}
		if err != nil {
			return
		}
		if end := bytes.Index(append([]byte("\r\n"), wire...), []byte("\r\n.\r\n")); end+len("\r\n.\r\n") != len(wire)+2 {
			t.Fatalf("%q ends at %d of %d", wire, end, len(wire))
		}
		if !bytes.HasSuffix(wire, []byte(finalDot)) {
			t.Fatalf("%q does not end in a dot", wire)
		}
		got, err := io.ReadAll(textproto.NewReader(bufio.NewReader(bytes.NewReader(wire))).DotReader())
		want := bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n")) // as DotReader does
		if len(want) > 0 && want[len(want)-1] != '\n' {
			want = append(want, '\n')
		}
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%q came back as %q, %v", want, got, err)
		}
	})
}

func BenchmarkStuffer(b *testing.B) {
	block := []byte(strings.Repeat(strings.Repeat("x", 76)+"\r\n", blockSize/78))
	out := make([]byte, 0, 2*len(block))
	b.SetBytes(int64(len(block)))
	for b.Loop() {
		var s stuffer
		if _, err := s.append(out[:0], block); err != nil {
			b.Fatal(err)
		}
	}
}
