package peersuite

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

const sender = "ada@example.org"

// Whom the suite writes to. No server has anything against them.
const (
	ana = "ana@example.org"
	bob = "bob@example.org"
	cyd = "cyd@example.org"
)

// run makes every delivery of the suite to a server.
func (s *server) run(t *testing.T) {
	for _, delivery := range []struct {
		name string
		make func(r *rig)
	}{
		{"one recipient", (*rig).oneRecipient},
		{"three recipients", (*rig).threeRecipients},
		{"a hundred recipients", (*rig).hundredRecipients},
		{"one is refused", (*rig).oneIsRefused},
		{"one is put off", (*rig).oneIsPutOff},
		{"all are refused", (*rig).allAreRefused},
		{"bodies", (*rig).bodies},
		{"beyond ASCII", (*rig).beyondASCII},
		{"a large attachment", (*rig).largeAttachment},
		{"too large", (*rig).tooLarge},
		{"a run", (*rig).aRun},
		{"wrong password", (*rig).wrongPassword},
	} {
		t.Run(delivery.name, func(t *testing.T) {
			r := newRig(t, s)
			delivery.make(r)
			r.expect()
			r.check(t)
		})
	}
}

func (r *rig) oneRecipient() {
	id := r.send(ana)
	r.flush()
	r.wantAll(id, "sent")
}

func (r *rig) threeRecipients() {
	id := r.send(ana, bob, cyd)
	r.flush()
	r.wantAll(id, "sent")
}

// 100 is what every server takes (RFC 5321 §4.5.3.1.8).
func (r *rig) hundredRecipients() {
	var to []string
	for i := range 100 {
		to = append(to, fmt.Sprintf("person%d@example.org", i))
	}
	id := r.send(to...)
	r.flush()
	r.wantAll(id, "sent")
	if tries := len(r.attempts(id)); tries != 1 {
		r.Errorf("%d tries", tries)
	}
}

func (r *rig) oneIsRefused() {
	if r.refused == "" {
		r.Skip("this server refuses nobody")
	}
	first, middle, last := r.send(r.refused, ana, bob), r.send(ana, r.refused, bob), r.send(ana, bob, r.refused)
	r.flush()
	r.want(first, "partial", "failed sent sent")
	r.want(middle, "partial", "sent failed sent")
	r.want(last, "partial", "sent sent failed")
	r.classes(middle, outbox.ClassAccepted, outbox.ClassRejected, outbox.ClassAccepted)
}

// The message goes to the others at once, and is tried again for the one alone.
func (r *rig) oneIsPutOff() {
	if r.deferred == "" {
		r.Skip("this server puts nobody off")
	}
	id := r.send(ana, r.deferred, bob)
	r.flush()
	r.want(id, "waiting", "sent waiting sent")
	r.classes(id, outbox.ClassAccepted, outbox.ClassTemporary, outbox.ClassAccepted)
	if err := r.outbox.Retry(r.Context(), id, outbox.RetryOptions{}); err != nil {
		r.Fatal(err)
	}
	r.flush()
	r.want(id, "waiting", "sent waiting sent")
}

func (r *rig) allAreRefused() {
	if r.refused == "" {
		r.Skip("this server refuses nobody")
	}
	id := r.send(r.refused)
	r.flush()
	r.wantAll(id, "failed")
	r.classes(id, outbox.ClassRejected)
}

func (r *rig) bodies() {
	for _, body := range []string{
		"",
		".",
		".\n..\n.\n\n...\n.x\n",
		strings.Repeat(".\n", 50_000),
		"no line end at the end",
		"line ends\n\n\nat the end\n\n\n",
		"\n \n\t\nspaces at the end  \n\t\n",
		"From the beginning\n>From there\nGrüße, 日本語, €\n",
		strings.Repeat("x", 5000),
		"a CR\ralone\n",
	} {
		r.submit(compose.Draft{Subject: "Grüße", Body: body}, ana, bob)
	}
	r.flush()
	for _, id := range r.ids {
		r.wantAll(id, "sent")
	}
}

// A message whose header is beyond ASCII goes nowhere without SMTPUTF8, and one
// of which only hidden recipients are goes to the others.
func (r *rig) beyondASCII() {
	const lee = "grün@example.org"
	open, hidden := r.submit(compose.Draft{To: lee, Subject: "Grüße"}, ana), r.send(ana, lee)
	r.flush()
	if r.utf8 {
		r.wantAll(open, "sent")
		r.wantAll(hidden, "sent")
		return
	}
	r.wantAll(open, "failed")
	r.classes(open, outbox.ClassMessage, outbox.ClassMessage)
	r.want(hidden, "partial", "sent failed")
}

func (r *rig) largeAttachment() {
	id := r.submit(compose.Draft{Subject: "the file", Attachments: []compose.Attachment{r.file(5 << 20)}}, ana, bob)
	r.flush()
	r.wantAll(id, "sent")
}

// What the server does not take fails before a word of it is said.
func (r *rig) tooLarge() {
	if r.maxSize == 0 {
		r.Skip("this server announces no SIZE")
	}
	id := r.submit(compose.Draft{Subject: "the file", Attachments: []compose.Attachment{r.file(r.maxSize)}}, ana, bob)
	r.flush()
	r.wantAll(id, "failed")
	r.classes(id, outbox.ClassMessage, outbox.ClassMessage)
	if _, octets, _ := r.meter.read(); octets > 8<<10 { // TLS and a login are less
		r.Errorf("%d octets were sent", octets)
	}
	if text := r.item(id).Reason; !strings.Contains(text, fmt.Sprint(r.maxSize)) {
		r.Errorf("the reason does not name the limit: %s", text)
	}
}

// A run goes over one connection: with one round trip for a message where the next
// envelope goes out behind the dot, two with PIPELINING alone, five without. One
// that is refused in between costs nobody else anything.
func (r *rig) aRun() {
	const messages = 30
	for i := range messages {
		if i%10 == 5 && r.refused != "" {
			r.send(r.refused)
		}
		r.send(fmt.Sprintf("person%d@example.org", i), bob)
	}
	r.flush()
	for _, id := range r.ids {
		if r.item(id).Recipients[0].Address == r.refused {
			r.wantAll(id, "failed")
		} else {
			r.wantAll(id, "sent")
		}
	}
	connections, _, turns := r.meter.read()
	r.Logf("%d messages: %d connections, %d round trips", len(r.ids), connections, turns)
	if connections != 1 {
		r.Errorf("%d connections for a run", connections)
	}
	// Beside the messages there is the beginning of the session, with TLS and a login,
	// and one that is refused takes a little more or less.
	if all := r.trips * len(r.ids); turns < all*4/5 || turns > all*6/5+10 {
		r.Errorf("%d round trips for %d messages", turns, len(r.ids))
	}
}

// A login that was refused is not tried again, and its mail waits.
func (r *rig) wrongPassword() {
	if !r.login {
		r.Skip("this server has no login")
	}
	r.logInWith("wrong")
	before := 0
	if r.refusals != nil {
		before = r.refusals(r.T)
	}
	id, other := r.send(ana), r.send(bob)
	for range 2 {
		r.flush()
		r.wantAll(id, "waiting")
		r.wantAll(other, "waiting")
	}
	parks, err := r.outbox.Parks(r.Context())
	if err != nil || len(parks) != 1 || parks[0].Class != outbox.ClassCredentials || parks[0].Code != 535 || !parks[0].Until.IsZero() {
		r.Errorf("parked: %+v, %v", parks, err)
	}
	if connections, _, _ := r.meter.read(); connections != 1 {
		r.Errorf("%d connections", connections)
	}
	if r.refusals != nil {
		// It may take a moment to write down what it has said.
		for deadline := time.Now().Add(10 * time.Second); r.refusals(r.T) == before && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
		}
		if n := r.refusals(r.T) - before; n != 1 {
			r.Errorf("the server has refused %d logins", n)
		}
	}
	r.logInWith(password)
	r.flush()
	r.wantAll(id, "sent")
	r.wantAll(other, "sent")
}

// classes checks what the last try of an item came to.
func (r *rig) classes(id outbox.ID, want ...outbox.Class) {
	r.Helper()
	all := r.attempts(id)
	if len(all) == 0 {
		r.Fatal("no try")
	}
	results := all[len(all)-1].Results
	for i, class := range want {
		if len(results) != len(want) || results[i].Class != class {
			r.Errorf("want %s%s", want, r.tries(id))
			return
		}
	}
}

// file is an attachment of a size that nothing can make smaller.
func (r *rig) file(size int64) compose.Attachment {
	r.Helper()
	name := filepath.Join(r.TempDir(), "figures.bin")
	content := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content) // never fails
	if err := os.WriteFile(name, content, 0o600); err != nil {
		r.Fatal(err)
	}
	return compose.Attachment{Path: name}
}
