package scenario

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// The rows of this file are about the bytes on the wire. That they are those of
// the queued message, stuffed, with lines that end in CRLF and are not too long,
// is checked in every story (see letter and checkWire).

// whole sends a draft and gives what its server got.
func (r *rig) whole(d compose.Draft) []byte {
	r.Helper()
	id := r.submit(d)
	r.settle(time.Hour)
	r.want(id, want{state: "sent", recipients: "sent", tries: 1, connections: 1})
	return r.transactions[len(r.transactions)-1].body.head
}

func TestE16_Dots(t *testing.T) {
	story(t, func(r *rig) {
		got := r.whole(compose.Draft{To: ana, Subject: "dots", Body: ".\n..\n.QUIT\nfine.\n.\n.\n"})
		if want := "\r\n\r\n..\r\n...\r\n..QUIT\r\nfine.\r\n..\r\n..\r\n.\r\n"; !bytes.HasSuffix(got, []byte(want)) {
			r.Errorf("the server got %q", got)
		}
	})
}

func TestE17_LineEndsOfEveryKind(t *testing.T) {
	story(t, func(r *rig) {
		for _, body := range []string{"one\ntwo\n", "one\rtwo\r", "one\r\ntwo\r\n", "one\rtwo\n", "one\ntwo"} {
			got := r.whole(compose.Draft{To: ana, Subject: "line ends", Body: body})
			if !bytes.HasSuffix(got, []byte("\r\n\r\none\r\ntwo\r\n.\r\n")) {
				r.Errorf("of %q the server got %q", body, got)
			}
		}
	})
}

// A field of the header has one line: what has more is not queued.
func TestE17_LineEndsInAField(t *testing.T) {
	story(t, func(r *rig) {
		for _, subject := range []string{"a\nBcc: " + bob, "a\rb", "a\r\n\r\nb"} {
			_, err := r.outbox.Submit(r.Context(), compose.Draft{Account: "work", From: "ada@example.org", To: ana, Subject: subject}, outbox.SubmitOptions{})
			var problems compose.Problems
			if !errors.As(err, &problems) || !strings.Contains(err.Error(), "line break") {
				r.Errorf("%q: %v", subject, err)
			}
		}
		if open := r.open(); len(open) != 0 {
			r.Errorf("queued: %+v", open)
		}
	})
}

// anyEnd is what careless servers take for the end of a message.
var anyEnd = regexp.MustCompile(`(\r\n|\n|\r)\.(\r\n|\n|\r)`)

func TestE18_NothingIsSmuggled(t *testing.T) {
	const second = "MAIL FROM:<eve@example.org>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\nSubject: second\r\n\r\nboo\r\n.\r\n"
	story(t, func(r *rig) {
		for _, end := range []string{"\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r\n"} {
			got := r.whole(compose.Draft{To: ana, Subject: "smuggled", Body: "first" + end + second})
			if ends := anyEnd.FindAllIndex(got, -1); len(ends) != 1 || ends[0][1] != len(got) {
				r.Errorf("%q: a careless server sees %d messages: %q", end, len(ends), got)
			}
		}
	})
}

func TestE19_LongLines(t *testing.T) {
	story(t, func(r *rig) {
		r.whole(compose.Draft{To: ana, Subject: "long", Body: strings.Repeat("x", 100_000) + "\nend\n"})
		r.whole(compose.Draft{To: ana, Subject: strings.Repeat("word ", 1000), Body: "short\n"})
		r.whole(compose.Draft{To: ana, Subject: strings.Repeat("x", 5000), Body: "short\n"})
		r.whole(compose.Draft{To: ana, Subject: "short", Body: "short\n", Headers: []compose.Header{{Name: "X-Long", Value: strings.Repeat("wörd ", 1000)}}})
	})
}

func TestE20_LargeAttachment(t *testing.T) {
	const size, most = 25 << 20, 20 << 20
	alone(t, func(r *rig) {
		path := filepath.Join(r.TempDir(), "large.bin")
		if err := os.WriteFile(path, noise(size), 0o600); err != nil {
			r.Fatal(err)
		}
		id := r.submit(compose.Draft{To: ana, Subject: "large", Body: "See there.\n", Attachments: []compose.Attachment{{Path: path}}})
		base := heap()
		var peak, done int64
		r.answer = func(c command) string {
			switch c.verb {
			case "DATA":
				return "354 go\nread 20000000\npause 1s" // so that somebody can look
			case ".":
				peak = liveHeap()
			}
			return ""
		}
		r.run(time.Hour, func(open []outbox.Item) bool {
			for _, p := range r.outbox.Progress() {
				done = max(done, p.Done)
			}
			return isSettled(open)
		})
		r.want(id, want{state: "sent", tries: 1, transactions: 1})
		if total := r.item(id).Size; done < 15_000_000 || done > total {
			r.Errorf("progress went to %d of %d", done, total)
		}
		if peak-base > most {
			r.Errorf("the heap grew by %d MiB", (peak-base)>>20)
		}
	})
}

// noise is what no compression or cache makes small.
func noise(size int) []byte {
	p := make([]byte, size)
	rand.NewChaCha8([32]byte{}).Read(p)
	return p
}

// heap is what is in use once all garbage is gone.
func heap() int64 {
	runtime.GC()
	return liveHeap()
}

// liveHeap is what is in use, garbage included.
func liveHeap() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
