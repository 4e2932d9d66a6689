package export

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
)

func TestQuoteFrom(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for message, want := range map[string]string{
		"a\r\nFrom b\r\n>From c\r\n>>From d\r\n From e\r\n": "a\n>From b\n>>From c\n>>>From d\n From e\n\n",
		"no end":                     "no end\n\n",
		"":                           "\n",
		long + "From here\r\nFrom b": long + "From here\n>From b\n\n",
	} {
		var out bytes.Buffer
		w := bufio.NewWriter(&out)
		if err := quoteFrom(w, strings.NewReader(message)); err != nil || w.Flush() != nil || out.String() != want {
			t.Errorf("%.40q: %.60q, %v", message, out.String(), err)
		}
	}
}
