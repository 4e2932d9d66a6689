package export

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestQuoteFrom(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for message, want := range map[string]string{
		"a\r\nFrom b\r\n>From c\r\n>>From d\r\n From e\r\n": "a\n>From b\n>>From c\n>>>From d\n From e\n\n",
		"no end":                     "no end\n\n",
		"":                           "\n",
		">":                          ">\n\n",
		">\r\n>>Fro\r\nFrom":         ">\n>>Fro\nFrom\n\n",
		long + "From here\r\nFrom b": long + "From here\n>From b\n\n",
	} {
		if got := quoted(t, strings.NewReader(message)); got != want {
			t.Errorf("%.40q: %.60q", message, got)
		}
	}
}

// A line is longer than the buffer, which then ends anywhere in what matters.
func TestQuoteFrom_SeesWhatTheBufferDivides(t *testing.T) {
	const buffer = 4096 // of bufio
	for _, what := range []string{"\r\nFrom b\r\n>From c\r\n", "\r\r\n\r\n", "\r\n>>>From d\r\n\r", "From e\r\n"} {
		for _, filling := range []string{"x", ">", "\r"} {
			for n := buffer - len(what) - 2; n <= buffer+2; n++ {
				message := strings.Repeat(filling, n) + what
				if got, want := quoted(t, strings.NewReader(message)), quotedWhole(message); got != want {
					t.Errorf("%q behind %d times %q: the end is %q and should be %q", what, n, filling, got[max(len(got)-40, 0):], want[max(len(want)-40, 0):])
				}
			}
		}
	}
}

func FuzzQuoteFrom(f *testing.F) {
	f.Add("a\r\nFrom b\r\n>From c\r\n", 0)
	f.Add("\r\n>>>From d\r\n\r", 4090)
	f.Fuzz(func(t *testing.T, message string, ahead int) {
		for _, filling := range []string{"x", ">"} {
			whole := strings.Repeat(filling, min(max(ahead, 0), 10_000)) + message
			want := quotedWhole(whole)
			for _, r := range []io.Reader{strings.NewReader(whole), iotest.OneByteReader(strings.NewReader(whole)), iotest.HalfReader(strings.NewReader(whole)), iotest.DataErrReader(strings.NewReader(whole))} {
				if got := quoted(t, r); got != want {
					t.Errorf("%q is %q and should be %q", whole, got, want)
				}
			}
		}
	})
}

func TestQuoteFrom_TellsThatItCannotRead(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("a\r\n>"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if err := quoteFrom(bufio.NewWriter(io.Discard), broken); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
}

func quoted(t *testing.T, r io.Reader) string {
	t.Helper()
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	if err := quoteFrom(w, r); err != nil || w.Flush() != nil {
		t.Fatal(err)
	}
	return out.String()
}

// quotedWhole is quoteFrom for what fits into memory.
func quotedWhole(message string) string {
	var out strings.Builder
	for line := range strings.Lines(message) {
		if strings.HasPrefix(strings.TrimLeft(line, ">"), "From ") {
			out.WriteByte('>')
		}
		line, ended := strings.CutSuffix(line, "\n")
		if ended {
			line = strings.TrimSuffix(line, "\r")
		}
		fmt.Fprintln(&out, line)
	}
	return out.String() + "\n"
}
