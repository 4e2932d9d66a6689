package cli

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
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

func TestEachMail_OfAnMbox(t *testing.T) {
	mails := []string{"Subject: one\n\nhello\n", "Subject: two\n\nFrom-less\n" + strings.Repeat("y", 100_000) + "\n", "Subject: three\n\n"}
	var box strings.Builder
	for _, m := range mails {
		fmt.Fprintf(&box, "From ada@example.org Mon Nov 30 00:00:00 2026\n%s\n", m)
	}
	var got []string
	err := eachMail(t.Context(), strings.NewReader(box.String()), stdin, func(name string, mail io.Reader) error {
		text, err := io.ReadAll(mail)
		got = append(got, name+" "+string(text))
		return err
	})
	if err != nil || len(got) != len(mails) {
		t.Fatalf("%d mails, %v", len(got), err)
	}
	for i, m := range mails {
		if want := fmt.Sprintf("-:%d %s\n", i+1, m); got[i] != want {
			t.Errorf("got %.60q, want %.60q", got[i], want)
		}
	}
}
