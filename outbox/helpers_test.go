package outbox_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/compose"
	"sendoff/outbox"
)

// open gives an outbox in dir that is closed at the end of the test.
func open(t testing.TB, dir string) *outbox.Outbox {
	t.Helper()
	b, err := outbox.Open(context.Background(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

func draftTo(to ...string) compose.Draft {
	return compose.Draft{
		Account: "work", From: "Ada Example <ada@example.org>", To: strings.Join(to, ", "),
		Subject: "Quarterly figures", Body: "The figures.\n",
	}
}

func submit(t testing.TB, b *outbox.Outbox, d compose.Draft, o outbox.SubmitOptions) outbox.ID {
	t.Helper()
	id, err := b.Submit(context.Background(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func get(t testing.TB, b *outbox.Outbox, id outbox.ID) outbox.Item {
	t.Helper()
	item, err := b.Get(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func message(t testing.TB, b *outbox.Outbox, id outbox.ID) string {
	t.Helper()
	r, err := b.Message(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// policies are those of one account with n connections.
func policies(n int) func() []outbox.Policy {
	return func() []outbox.Policy { return []outbox.Policy{{Account: "work", Connections: n, Revision: "1"}} }
}

func sender(b *outbox.Outbox, transport outbox.Transport, p func() []outbox.Policy) *outbox.Sender {
	return outbox.NewSender(b, transport, p, slog.New(slog.DiscardHandler))
}

func flush(t testing.TB, s *outbox.Sender) outbox.Outcome {
	t.Helper()
	o, err := s.Flush(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// states gives each recipient's state in words.
func states(item outbox.Item) map[string]string {
	all := make(map[string]string)
	for _, r := range item.Recipients {
		all[r.Address] = r.State.String()
	}
	return all
}

// largeDraft is a draft whose message goes into a content file.
func largeDraft(t testing.TB) compose.Draft {
	t.Helper()
	path := filepath.Join(t.TempDir(), "large.bin")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	d := draftTo("ana@example.org")
	d.Attachments = []compose.Attachment{{Path: path}}
	return d
}

func contentFiles(t testing.TB, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
