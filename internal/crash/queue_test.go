package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"sendoff/internal/clitest"
	"sendoff/internal/sandbox"
	"sendoff/outbox"
)

// station is the program with a home of its own and a server for its account.
type station struct {
	*clitest.Program
	t       testing.TB
	server  *sandbox.Server
	maildir string
}

// newStation gives a station whose outbox is a copy of another, or none if that
// is "".
func newStation(t testing.TB, dir string) *station {
	t.Helper()
	s := &station{Program: clitest.Install(t), t: t, maildir: t.TempDir()}
	var err error
	s.server, err = sandbox.Start(sandbox.Options{Dir: s.maildir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.server.Close() })
	s.Account(s.server.Addr())
	if dir == "" {
		return s
	}
	// First, since the program refuses a directory that others may write.
	if err := os.Mkdir(s.DataDir(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(s.DataDir(), os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return s
}

// item is what `list --json` says of one.
type item struct {
	ID        string `json:"id"`
	MessageID string `json:"message_id"`
	State     string `json:"state"`
	Attempts  int    `json:"attempts"`
}

// items are all there are.
func (s *station) items() (all []item) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.Must("", "list", "--json")), &all); err != nil {
		s.t.Fatal(err)
	}
	return all
}

// read gives every message there is, by ID, and demands that each is whole and
// the database sound. It is what `doctor`, `list` and `show --raw` do, without
// the time that starting them takes.
func (s *station) read() map[string]string {
	s.t.Helper()
	b, err := outbox.Open(s.t.Context(), outbox.Options{Dir: s.DataDir(), State: s.StateDir()})
	if err != nil {
		s.t.Fatal(err)
	}
	defer b.Close()
	all, err := readAll(s.t.Context(), b)
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

// sound asks for what a kill or a power cut must not leave behind. That an
// attempt is open which nobody makes any more is what it leaves, and what the
// next sender settles.
func sound(ctx context.Context, b *outbox.Outbox) error {
	found, err := b.Check(ctx, outbox.CheckOptions{})
	for _, d := range found {
		if !d.Kind.Harmless() && d.Kind != outbox.LostAttempt {
			err = errors.Join(err, fmt.Errorf("%s: %s", d.Kind, d.Text))
		}
	}
	return err
}

func readAll(ctx context.Context, b *outbox.Outbox) (map[string]string, error) {
	if err := sound(ctx, b); err != nil {
		return nil, err
	}
	items, err := b.List(ctx, outbox.Query{})
	if err != nil {
		return nil, err
	}
	all := make(map[string]string)
	for _, i := range items {
		if all[i.ID.String()], err = readMessage(ctx, b, i); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func readMessage(ctx context.Context, b *outbox.Outbox, i outbox.Item) (string, error) {
	content, err := b.Message(ctx, i.ID)
	if err != nil {
		return "", fmt.Errorf("%s: %w", i.ID, err)
	}
	defer content.Close()
	raw, err := io.ReadAll(content)
	if err != nil || int64(len(raw)) != i.Size || messageID(string(raw)) != i.MessageID {
		return "", fmt.Errorf("%s is a message of %d octets, not of %d with the ID %s: %w", i.ID, len(raw), i.Size, i.MessageID, err)
	}
	return string(raw), nil
}

// requireDelivered demands that nothing is left to do for the items with these
// IDs, that there are no others, and that the server's copies agree with what
// is said of them.
func (s *station) requireDelivered(ids ...string) {
	s.t.Helper()
	s.server.Close() // so that what it has taken is counted, and nothing half taken
	copies := clitest.Copies(s.t, s.maildir)
	var known []string
	for _, i := range s.items() {
		n := copies[i.MessageID]
		delete(copies, i.MessageID)
		known = append(known, i.ID)
		switch {
		case i.State == "sent" && n == 1, i.State == "uncertain" && n <= 1:
		default:
			s.t.Errorf("%s is %s with %d copies at the server\n%s", i.ID, i.State, n, s.Must("", "show", "--log", i.ID))
		}
	}
	if slices.Sort(known); !slices.Equal(known, slices.Sorted(slices.Values(ids))) {
		s.t.Errorf("there are the items %v, not %v", known, ids)
	}
	if len(copies) > 0 {
		s.t.Errorf("copies of what is not in the outbox: %v", copies)
	}
}

// acknowledged is the ID that send has printed; "" for none.
func acknowledged(out string) string {
	id, _, whole := strings.Cut(out, "\n")
	if !whole {
		return ""
	}
	return id
}

// smallText is kept in the database, largeText in a file of its own.
var (
	smallText = "hello\n"
	largeText = strings.Repeat(strings.Repeat("a line of text ", 5)+"\n", 4000)
)

// sending is a way to queue a message.
type sending struct {
	name    string
	text    string
	earlier int // messages that are in the outbox before
}

// sendings begin with an outbox that is not there and with one in use; each
// with a message for the database and one for a file.
var sendings = []sending{
	{"the first message", smallText, 0},
	{"the first message, large", largeText, 0},
	{"a later message", smallText, 1},
	{"a later message, large", largeText, 1},
}

func (s sending) args() []string {
	return []string{"send", "--key", "once", "--to", "kim@example.org", "--subject", "under test"}
}

// outbox makes the one it begins with, and gives the IDs in it.
func (s sending) outbox(t testing.TB) (dir string, earlier []string) {
	t.Helper()
	if s.earlier == 0 {
		return "", nil
	}
	station := newStation(t, "")
	for range s.earlier {
		earlier = append(earlier, acknowledged(station.Must(smallText, "send", "--to", "kim@example.org")))
	}
	return station.DataDir(), earlier
}

// requireQueuedOnce is for after a send that was disturbed: what it and those
// before have acknowledged is there, a repetition with the same key queues the
// message unless it is queued already, and each is delivered once.
func (s sending) requireQueuedOnce(station *station, earlier []string, out string) {
	t := station.t
	t.Helper()
	items := station.read()
	promised := earlier
	if id := acknowledged(out); id != "" {
		promised = append(slices.Clone(earlier), id)
	}
	for _, id := range promised {
		if _, found := items[id]; !found {
			t.Errorf("%s was acknowledged and is gone", id)
		}
	}
	if len(items) > len(earlier)+1 {
		t.Errorf("%d items of %d", len(items), len(earlier)+1)
	}
	id := acknowledged(station.Must(s.text, s.args()...))
	if first := acknowledged(out); first != "" && first != id {
		t.Errorf("queued as %s, and again as %s", first, id)
	}
	station.Must("", "flush")
	station.requireDelivered(append(slices.Clone(earlier), id)...)
}

// delivery is an outbox with messages that wait.
type delivery struct {
	dir string            // the outbox
	raw map[string]string // the messages by ID
}

// newDelivery queues small messages and a large one, so many that the journal is
// used.
func newDelivery(t testing.TB) delivery {
	t.Helper()
	station := newStation(t, "")
	for _, text := range []string{smallText, largeText, smallText, smallText, smallText, smallText, smallText, smallText} {
		station.Must(text, "send", "--to", "kim@example.org")
	}
	return delivery{station.DataDir(), station.read()}
}

func (d delivery) ids() []string { return slices.Sorted(maps.Keys(d.raw)) }

// requireKept is for after a flush that was disturbed: every message is there,
// byte for byte.
func (d delivery) requireKept(station *station) {
	station.t.Helper()
	if now := station.read(); !maps.Equal(now, d.raw) {
		station.t.Errorf("there are %d messages with other bytes or IDs than the %d that were queued", len(now), len(d.raw))
	}
}
