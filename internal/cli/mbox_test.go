package cli

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

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
