package ui

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// prepared is an outbox that stories begin with. The first of them makes and fills it,
// and all have a copy of its files: filling takes longer than most stories.
type prepared struct {
	fill func(*story)

	once  sync.Once
	files map[string][]byte
	until time.Time // virtual, when it was full: a story begins then
}

var (
	empty      = &prepared{fill: func(*story) {}}
	everything = &prepared{fill: fillEverything}
)

// everyState fills the outbox of a story that has just begun with one of everything.
func everyState(s *story) {
	s.close()
	everything.begin(s)
}

// begin gives a story without an open outbox a copy, in a directory of its own.
func (p *prepared) begin(s *story) {
	s.t.Helper()
	p.once.Do(func() {
		s.dir, s.transport = s.t.TempDir(), newTransport()
		s.open()
		p.fill(s)
		s.close()
		p.files, p.until = contents(s.t, s.dir), time.Now()
	})
	if p.files == nil {
		s.t.Fatal("another story could not fill the outbox")
	}
	s.dir, s.transport = s.t.TempDir(), newTransport()
	for name, data := range p.files {
		if err := os.WriteFile(filepath.Join(s.dir, name), data, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	time.Sleep(time.Until(p.until))
	s.open()
}

// contents are the files of a directory.
func contents(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string][]byte)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = data
	}
	return all
}

// fillEverything puts one of everything into an outbox.
func fillEverything(s *story) {
	ctx := s.t.Context()
	save := func(d compose.Draft) {
		if _, err := s.box.SaveDraft(ctx, outbox.DraftRef{}, d); err != nil {
			s.t.Fatal(err)
		}
	}
	s.queue(draft("work", "sam@example.org", "Photos from the trip"), outbox.SubmitOptions{})
	s.queue(draft("work", "board@example.org, reject@example.org, ana@example.org", "Minutes of 12 May"), outbox.SubmitOptions{})
	s.queue(draft("work", "reject@example.org", "Hello"), outbox.SubmitOptions{})
	s.queue(draft("work", "lost@example.com", "Invoice 1043"), outbox.SubmitOptions{})
	s.queue(draft("work", "defer@example.net", "Re: lease"), outbox.SubmitOptions{})
	s.queue(draft("home", "login@example.org", "Backup failed on db2"), outbox.SubmitOptions{})
	s.deliver()
	s.sleep(2 * time.Minute) // the next try of the lease is due, whatever its jitter
	s.queue(draft("work", "kim@example.com", "Not before I have called her"), outbox.SubmitOptions{Hold: true})
	cancelled := s.queue(draft("work", "all@example.org", "Never mind"), outbox.SubmitOptions{})
	if err := s.box.Cancel(ctx, cancelled); err != nil {
		s.t.Fatal(err)
	}
	s.queue(draft("work", "team@example.org, ana@example.org", "Plan for the week"), outbox.SubmitOptions{NotBefore: time.Now().Add(33 * time.Hour)})
	s.queue(draft("work", "jo@example.org", "Lunch on Friday?"), outbox.SubmitOptions{Undo: 10 * time.Second})
	save(draft("work", "", "An idea"))
	save(compose.Draft{To: "not an addr", Body: "Half a sentence"})
}
