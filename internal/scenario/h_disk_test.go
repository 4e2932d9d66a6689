package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// Which test stands for which row of group H, crashes and disks:
//
//	H01-H05 H07 H08 H10-H13 H18-H20 need the program: internal/crash/h_process_test.go
//	H06 a full disk when "sent" is recorded: TestH06
//	H09 a torn file: TestH09 here; torn at a power cut: TestPower of internal/crash
//	H14 an attachment gone: TestH14
//	H15 an attachment becomes a symlink: TestH15
//	H16 an attachment that grows or is empty: TestH16; what is no file: internal/crash
//	H17 an older outbox: TestOpen_AnOlder… of outbox

// As long as the outcome cannot be recorded it is tried, and nobody sends the
// message again. In the end the sender says so and stops.
func TestH06_TheOutcomeCannotBeRecorded(t *testing.T) {
	const (
		refuse = "CREATE TRIGGER full BEFORE INSERT ON attempt_results BEGIN SELECT RAISE(ABORT, 'no room'); END"
		room   = "DROP TRIGGER full"
	)
	for _, c := range []struct {
		name string
		lack time.Duration
		want want
	}{
		{"for a moment", 5 * time.Second, want{state: "sent", tries: 1, connections: 1, transactions: 1}},
		{"for good", time.Hour, want{state: "uncertain", tries: 1, connections: 1, transactions: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			story(t, func(r *rig) {
				r.answer = func(c command) string {
					if c.verb == "." {
						r.rewrite(refuse)
					}
					return ""
				}
				id := r.send(ana)
				ctx, stop := context.WithTimeout(r.Context(), time.Minute)
				defer stop()
				over := make(chan error, 1)
				go func() { over <- r.newSender().Run(ctx) }()
				time.Sleep(c.lack)
				if state := r.item(id).State; state != outbox.StateSending {
					t.Errorf("before it is recorded it is %s", state)
				}
				r.rewrite(room)
				err := <-over
				if gaveUp := c.want.state == "uncertain"; gaveUp != (err != nil) || gaveUp && !strings.Contains(err.Error(), "record the outcome of "+id.String()) {
					t.Errorf("the sender ends with %v", err)
				}
				r.pass(time.Hour) // with another sender
				r.want(id, c.want)
			})
		})
	}
}

// withNoise is a draft with an attachment of its own, at a path.
func (r *rig) withNoise(size int) (d compose.Draft, path string) {
	r.Helper()
	path = filepath.Join(r.TempDir(), "noise.bin")
	if err := os.WriteFile(path, noise(size), 0o600); err != nil {
		r.Fatal(err)
	}
	return compose.Draft{To: ana, Subject: "noise", Body: "See there.\n", Attachments: []compose.Attachment{{Path: path}}}, path
}

func TestH09_AContentFileCutAnywhere(t *testing.T) {
	story(t, func(r *rig) {
		const size = 300_000
		var torn []outbox.ID
		for i, left := range []int64{0, 1, 511, 4096, size / 2, size} { // in base64 there is a third more
			d, _ := r.withNoise(size + i) // none is the other's file
			torn = append(torn, r.submit(d))
			if err := os.Truncate(r.newestContent(), left); err != nil {
				t.Fatal(err)
			}
		}
		whole := r.send(bob)
		r.settle(time.Hour)
		for _, id := range torn {
			r.want(id, want{state: "failed", recipients: "failed", words: []string{"damaged"}})
		}
		r.want(whole, want{state: "sent", tries: 1})
	})
}

// newestContent is the path of the content file that came last.
func (r *rig) newestContent() (path string) {
	r.Helper()
	paths, err := filepath.Glob(filepath.Join(r.dir, "files", "*"))
	if err != nil {
		r.Fatal(err)
	}
	var newest time.Time
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			r.Fatal(err)
		}
		if info.Size() > 300_000 && info.ModTime().After(newest) {
			path, newest = p, info.ModTime()
		}
	}
	return path
}

// A database that was cut off is called damaged, or what it still has is whole.
func TestH09_ADatabaseCutAnywhere(t *testing.T) {
	story(t, func(r *rig) {
		texts := r.queueSome()
		r.stop() // after which all is in the one file
		whole, err := os.ReadFile(filepath.Join(r.dir, "outbox.db"))
		if err != nil {
			r.Fatal(err)
		}
		const page = 4096
		refused := 0
		for end := page / 2; end < len(whole); end += page / 2 {
			torn := r.TempDir()
			if err := os.WriteFile(filepath.Join(torn, "outbox.db"), whole[:end], 0o600); err != nil {
				r.Fatal(err)
			}
			if err := r.requireTrue(torn, texts); err != nil {
				refused++
				if !errors.Is(err, outbox.ErrCorrupt) && !errors.Is(err, outbox.ErrDamaged) && !errors.Is(err, outbox.ErrIO) {
					r.Errorf("cut at %d: %v", end, err)
				}
			}
		}
		if refused == 0 {
			r.Error("no cut was noticed")
		}
		r.start()
	})
}

// queueSome queues messages, and gives what they look like.
func (r *rig) queueSome() map[string]bool {
	r.Helper()
	texts := make(map[string]bool)
	for range 4 {
		id := r.submit(compose.Draft{To: ana, Subject: "cut", Body: strings.Repeat("A line.\n", 1000)})
		text, err := readWhole(r.outbox, id)
		if err != nil {
			r.Fatal(err)
		}
		texts[text] = true
	}
	return texts
}

// requireTrue reads all that is in an outbox, until something says that it is
// damaged. What is given for a message must be one.
func (r *rig) requireTrue(dir string, texts map[string]bool) error {
	r.Helper()
	b, err := outbox.Open(r.Context(), outbox.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer b.Close()
	items, err := b.List(r.Context(), outbox.Query{})
	if err != nil {
		return err
	}
	var damaged error
	for _, item := range items {
		text, err := readWhole(b, item.ID)
		switch {
		case err != nil:
			damaged = err
		case !texts[text]:
			r.Errorf("%s is none of the messages: %.100q", item.ID, text)
		}
	}
	found, err := b.Check(r.Context(), outbox.CheckOptions{})
	for _, d := range found {
		if !d.Kind.Harmless() {
			damaged = errors.Join(damaged, fmt.Errorf("%s: %s", d.Kind, d.Text))
		}
	}
	return errors.Join(damaged, err)
}

func readWhole(b *outbox.Outbox, id outbox.ID) (string, error) {
	content, err := b.Message(context.Background(), id)
	if err != nil {
		return "", err
	}
	defer content.Close()
	text, err := io.ReadAll(content)
	return string(text), err
}

// What happens to a file after it was queued is nothing to the message: what is
// on the wire is compared with what was queued, in every story.
func TestH14_AnAttachmentGoneAfterQueueing(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"deleted":  os.Remove,
		"changed":  func(path string) error { return os.WriteFile(path, []byte("other"), 0o600) },
		"replaced": func(path string) error { return errors.Join(os.Remove(path), os.Symlink("/etc/passwd", path)) },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(r *rig) {
				var ids []outbox.ID
				for _, size := range []int{1000, 500_000} { // one is kept in the database, one in a file
					d, path := r.withNoise(size)
					ids = append(ids, r.submit(d))
					if err := harm(path); err != nil {
						t.Fatal(err)
					}
				}
				r.settle(time.Hour)
				for _, id := range ids {
					r.want(id, want{state: "sent", recipients: "sent", tries: 1, transactions: 2})
				}
			})
		})
	}
}

// meanwhile queues a message with two files of 1.2 MB, of which harm is done to
// the n-th while the first is read.
func (r *rig) meanwhile(n int, harm func(path string) error) (outbox.ID, error) {
	r.Helper()
	d, first := r.withNoise(1_200_000)
	other, second := r.withNoise(1_200_000)
	d.Attachments = append(d.Attachments, other.Attachments...)
	d.Account, d.From = "work", "ada@example.org"
	path := []string{first, second}[n]
	done := false
	return r.outbox.Submit(r.Context(), d, outbox.SubmitOptions{Progress: func(int64) {
		if !done {
			done = true
			if err := harm(path); err != nil {
				r.Error(err)
			}
		}
	}})
}

// requireUnchangedFile demands that a message was not queued since a file did not
// stay what it was.
func (r *rig) requireUnchangedFile(err error) {
	r.Helper()
	var field compose.FieldError
	if !errors.As(err, &field) || field.Field != "attachments" || !strings.Contains(field.Problem, "changed while it was read") {
		r.Errorf("queued: %v", err)
	}
	left, _ := os.ReadDir(filepath.Join(r.dir, "files"))
	if all, err := r.outbox.List(r.Context(), outbox.Query{}); err != nil || len(all) != 0 || len(left) != 0 {
		r.Errorf("%d items, %d files, %v", len(all), len(left), err)
	}
}

// A file that becomes a link to a secret is read as what it was, or not at all.
func TestH15_AnAttachmentBecomesASymlink(t *testing.T) {
	story(t, func(r *rig) {
		secret := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(secret, bytes.Repeat([]byte("SECRET"), 200_000), 0o600); err != nil { // of the same size
			t.Fatal(err)
		}
		swap := func(path string) error { return errors.Join(os.Remove(path), os.Symlink(secret, path)) }
		_, err := r.meanwhile(1, swap) // before it is opened
		r.requireUnchangedFile(err)
		id, err := r.meanwhile(0, swap) // while it is read: the descriptor is still that of the old file
		if err != nil {
			t.Fatal(err)
		}
		if text, err := readWhole(r.outbox, id); err != nil || strings.Contains(text, "U0VDUkVU") { // SECRET in base64
			t.Errorf("the secret is in the message, %v", err)
		}
	})
}

func TestH16_AnAttachmentThatGrows(t *testing.T) {
	story(t, func(r *rig) {
		for n := range 2 {
			_, err := r.meanwhile(n, appendTo)
			r.requireUnchangedFile(err)
		}
	})
}

func appendTo(path string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("more")
	return errors.Join(err, f.Close())
}

// An empty file is the wrong one, or one that is not written yet: neither is sent
// in silence.
func TestH16_AnEmptyAttachment(t *testing.T) {
	story(t, func(r *rig) {
		d, _ := r.withNoise(0)
		d.Account, d.From = "work", "ada@example.org"
		_, err := r.outbox.Submit(r.Context(), d, outbox.SubmitOptions{})
		var field compose.FieldError
		if !errors.As(err, &field) || field.Field != "attachments" || !strings.HasSuffix(field.Problem, "it is empty") || field.Hint == "" {
			r.Errorf("queued: %v", err)
		}
		r.pass(time.Minute)
		if r.connections != 0 {
			r.Errorf("%d connections", r.connections)
		}
	})
}
