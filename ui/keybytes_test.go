package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"sendoff/internal/uitest"
	"sendoff/outbox"
)

// Over a slow line it is the bytes of a key that one waits for. What is written for one that
// moves by a row, on a screen of 120 by 40 in colours, is at most this much: where the window
// stays, and where it moves, so that a row is new.
func TestKey_WritesLittleForAStep(t *testing.T) {
	held := func(s *story) {
		for i := range 100 {
			d := draft("work", fmt.Sprintf("person%d@example.org", 9000+i), fmt.Sprintf("Quarterly figures %d", 9000+i))
			s.queue(d, outbox.SubmitOptions{Hold: true})
		}
	}
	for _, list := range []struct {
		name     string
		setUp    func(*story)
		open     func(*story)
		down, up string
		step     int
		scroll   int // 0: there are too few rows
	}{
		{"outbox", held, func(*story) {}, "j", "k", 140, 201},
		{"campaigns", func(s *story) {
			for i := range 60 {
				s.start(outbox.CampaignSpec{Name: fmt.Sprintf("newsletter %d", i), Held: "held"}, many(3)...)
			}
		}, func(s *story) { s.Keys("6") }, "j", "k", 122, 179},
		{"campaign", func(s *story) { s.start(outbox.CampaignSpec{Name: "members", Held: "held"}, many(100)...) },
			func(s *story) { s.Keys("6", "enter") }, "j", "k", 132, 104},
		{"files", nil, func(s *story) {
			dir := s.t.TempDir()
			for i := range 60 {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("figures of %d.csv", 1960+i)), []byte("1,2\n"), 0o600); err != nil {
					s.t.Fatal(err)
				}
			}
			s.Keys("m", "ctrl+t")
			s.model.top().(*attachPane).path.set(dir)
			s.Type("/")
		}, "down", "up", 103, 111},
		{"palette", nil, func(s *story) { s.Keys(":") }, "down", "up", 95, 0},
		{"accounts", nil, func(s *story) { setUp(s, twoAccounts); s.Keys("A") }, "j", "k", 180, 0},
	} {
		t.Run(list.name, func(t *testing.T) {
			tell(t, 120, 40, func(o *Options) { o.Accounts = o.Accounts[:1] }, list.setUp, func(s *story) {
				list.open(s)
				wire := uitest.NewWire(120, 40)
				draw := func() string {
					sent, err := wire.Draw(s.model.View())
					if err != nil {
						s.t.Fatal(err)
					}
					return sent
				}
				draw()
				step, scroll := 0, 0
				for _, key := range []string{list.down, list.up} {
					for n := range 50 {
						s.Keys(key)
						switch sent := len(draw()); {
						case n < 28: // in the middle of the window
							step = max(step, sent)
						case n >= 38: // at its edge
							scroll = max(scroll, sent)
						}
					}
				}
				if step > list.step || scroll > list.scroll {
					s.t.Errorf("a step writes up to %d bytes, and one that scrolls %d; it was %d and %d", step, scroll, list.step, list.scroll)
				}
			})
		})
	}
}
