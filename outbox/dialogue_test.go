package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// transcript gives what was said in each attempt for an item.
func transcript(t *testing.T, b *outbox.Outbox, id outbox.ID) (all []string) {
	t.Helper()
	attempts, err := b.Transcript(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range attempts {
		all = append(all, a.Dialogue)
	}
	return all
}

const dialogue = "0 * connected\n12 < 220 ready\n13 > EHLO [127.0.0.1]"

// Whatever an attempt comes to, what was said in it is kept.
func TestTranscript_IsKeptHoweverTheAttemptEnds(t *testing.T) {
	for name, script := range map[string]outbox.Result{
		"accepted":  outboxtest.Accepted(),
		"refused":   answer(outbox.ClassRejected, 550, "no such mailbox"),
		"put off":   answer(outbox.ClassTemporary, 451, "later"),
		"cut":       answer(outbox.ClassNetwork, 0, "the server closed it"),
		"timed out": answer(outbox.ClassUncertain, 0, "no answer after the final dot within 10 min"),
		"parked":    answer(outbox.ClassCredentials, 535, "wrong"),
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, t.TempDir())
			id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
			transport := &outboxtest.Transport{Dialogue: dialogue, Script: func(string, int) outbox.Result { return script }}
			flush(t, sender(b, transport, policies(1)))
			if all := transcript(t, b, id); len(all) != 1 || all[0] != dialogue {
				t.Errorf("%q", all)
			}
			if all, err := b.Attempts(t.Context(), id); err != nil || all[0].Dialogue != "" || len(all[0].Results) != 1 {
				t.Errorf("%+v, %v", all, err)
			}
		})
	}
}

func TestTranscript_OfAnAttemptThatWasStopped(t *testing.T) {
	b := open(t, t.TempDir())
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	ctx, stop := context.WithCancel(t.Context())
	transport := &outboxtest.Transport{Dialogue: dialogue, During: func(context.Context, outbox.Delivery) error {
		stop()
		return errors.New("stopped")
	}}
	if err := sender(b, transport, policies(1)).Run(ctx); err != nil {
		t.Fatal(err)
	}
	if all := transcript(t, b, id); len(all) != 1 || all[0] != dialogue {
		t.Errorf("%q", all)
	}
}

func TestTranscript_IsCleanedAndBounded(t *testing.T) {
	b := open(t, t.TempDir())
	for said, want := range map[string]string{
		"0 < 220 \x1b[2Jhi\n1 > QUIT\n":                    "0 < 220 \ufffd[2Jhi\n1 > QUIT",
		strings.Repeat("1 < 250 0123456789abcdef\n", 5000): strings.TrimSuffix(strings.Repeat("1 < 250 0123456789abcdef\n", outbox.MaxDialogue/25), "\n"),
		strings.Repeat("x", outbox.MaxDialogue+1):          "",
		strings.Repeat("x", outbox.MaxDialogue):            strings.Repeat("x", outbox.MaxDialogue),
	} {
		id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		flush(t, sender(b, &outboxtest.Transport{Dialogue: said}, policies(1)))
		if all := transcript(t, b, id); len(all) != 1 || all[0] != want {
			t.Errorf("%.60q… is kept as %.60q…, %d bytes", said, all[0], len(all[0]))
		}
	}
}

func TestTranscript_GoesWithTheContent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openHere(t, t.TempDir())
		defer b.Close()
		script := func(recipient string, _ int) outbox.Result {
			if recipient == "nobody@example.org" {
				return answer(outbox.ClassRejected, 550, "no such mailbox")
			}
			return outboxtest.Accepted()
		}
		s := sender(b, &outboxtest.Transport{Dialogue: dialogue, Script: script}, policies(1))
		s.Retention = outbox.Retention{Content: 90 * day}
		sent, failed := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{}), submit(t, b, draftTo("nobody@example.org"), outbox.SubmitOptions{})
		flush(t, s)
		time.Sleep(91 * day) // virtual
		flush(t, s)
		if all := transcript(t, b, sent); len(all) != 1 || all[0] != "" {
			t.Errorf("of what was sent: %q", all)
		}
		if all := transcript(t, b, failed); len(all) != 1 || all[0] != dialogue {
			t.Errorf("of what failed: %q", all)
		}
	})
}

func TestTranscript_OutlastsARebuild(t *testing.T) {
	dir := t.TempDir()
	b := openHere(t, dir)
	id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
	flush(t, sender(b, &outboxtest.Transport{Dialogue: dialogue}, policies(1)))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	change(t, databaseOf(dir), func(data []byte) []byte { clear(data[:100]); return data })
	rebuild(t, dir)
	if all := transcript(t, open(t, dir), id); len(all) != 1 || all[0] != dialogue {
		t.Errorf("%q", all)
	}
}

func TestSender_TracesEveryLineWithItsItem(t *testing.T) {
	b := open(t, t.TempDir())
	var want []string
	for range 3 {
		id := submit(t, b, draftTo("ana@example.org"), outbox.SubmitOptions{})
		for line := range strings.SplitSeq(dialogue, "\n") {
			want = append(want, fmt.Sprint(id, " ", line))
		}
		want = append(want, fmt.Sprint(id, " 20 < 250 \ufffd[2J"))
	}
	var mu sync.Mutex
	var got []string
	s := sender(b, &outboxtest.Transport{Dialogue: dialogue + "\n20 < 250 \x1b[2J"}, policies(1))
	s.Trace = func(item outbox.ID, line string) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, fmt.Sprint(item, " ", line))
	}
	flush(t, s)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("traced:\n%s", strings.Join(got, "\n"))
	}
}
