package ui

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/internal/uitest"
	"sendoff/outbox"
	"sendoff/outbox/export"
)

func TestExport_CopiesWhatIsMarked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "copies")
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("5", "X")
		s.See("Copy 1 message out", "~/sendoff-2000-01-01", "a folder; each file is called by the message's ID", "Bcc aside")
		uitest.Golden(s.t, "export-80x24", s.Screen())
		s.Keys("ctrl+u", "enter", "enter")
		s.See("! Say where to: a path is missing.")
		s.Type(dir)
		s.Keys("ctrl+s")
		s.See("1 message copied into "+clean(shortenHome(dir))[:20], "Photos from the trip")
		item := s.model.home.item()
		file := filepath.Join(dir, item.ID.String()+".eml")
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), "Subject: Photos from the trip\r\n") {
			s.t.Errorf("%v: %s", err, text)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			s.t.Errorf("%v, %v", info, err)
		}

		if err := os.WriteFile(file, []byte("kept"), 0o600); err != nil {
			s.t.Fatal(err)
		}
		s.Keys("X", "ctrl+u")
		s.Type(dir)
		s.Keys("ctrl+s")
		s.See("stays as it is: name another", "Copy 1 message out")
		if text, _ := os.ReadFile(file); string(text) != "kept" {
			s.t.Errorf("overwritten: %s", text)
		}
		s.Keys("esc", "4", "v", "G", "X")
		s.See("Copy 3 messages out")
		s.Keys("ctrl+u")
		s.Type(filepath.Join(dir, "mbox"))
		s.Keys("enter", "right", "enter")
		s.See("3 messages copied into")
		s.SeeNot("marked")
		box, err := os.ReadFile(filepath.Join(dir, "mbox"))
		if err != nil || strings.Count("\n"+string(box), "\nFrom ada@example.org ") != 3 {
			s.t.Errorf("%v: %s", err, box)
		}
	})
}

// A draft is copied as it would be sent now, and what it lacks for that is said; the
// others are copied all the same.
func TestExport_CopiesDrafts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "copies")
	tell(t, 80, 24, nil, nil, func(s *story) {
		good := draft("work", "ana@example.org", "Whole")
		good.Bcc = "eve@example.org"
		var ids []outbox.ID
		for _, d := range []compose.Draft{draft("work", "", "For nobody"), good} {
			ref, err := s.box.SaveDraft(s.t.Context(), outbox.DraftRef{}, d)
			if err != nil {
				s.t.Fatal(err)
			}
			ids = append(ids, ref.ID)
		}
		s.Advance(time.Second)
		s.Keys("1", "X")
		s.See("Copy 1 message out")
		s.Keys("ctrl+u")
		s.Type(dir)
		s.Keys("ctrl+s")
		s.See("1 message copied into")
		text, err := os.ReadFile(filepath.Join(dir, ids[1].String()+".eml"))
		if err != nil || !strings.Contains(string(text), "Subject: Whole\r\n") || strings.Contains(string(text), "eve@") {
			s.t.Errorf("%v: %s", err, text)
		}
		s.Keys("v", "G", "X")
		s.See("Copy 2 messages out")
		s.Keys("ctrl+u")
		s.Type(dir)
		s.Keys("ctrl+s")
		s.See("! 1 of 2 copied. "+ids[0].String()+" \"For nobody\": There is no recipient.", "Copy 2 messages out")
	})
}

// How far a copy is, is shown; esc stops it, and the same again goes on.
func TestExport_CountsAndIsStopped(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "copies")
	tell(t, 80, 24, nil, nil, func(s *story) {
		queueMany(s.t, s.box, 40)
		s.Advance(time.Second)
		s.Keys("2", "v", "G", "X", "ctrl+u")
		s.Type(dir)
		p := s.model.top().(*formPane)
		cmd := pressKey(s.t, p, "ctrl+s")
		s.See("… copying 40 messages", "────────────────  0 of 40", "esc stop")
		p.counted.done.Store(10)
		s.See("━━━━────────────  10 of 40")
		for width := 1; width < 90; width += 11 {
			s.Resize(width, 24)
			if bad := s.Overflow(); len(bad) > 0 {
				s.t.Fatalf("at %d: %v", width, bad)
			}
		}
		s.Resize(80, 24)
		pressKey(s.t, p, "esc")
		s.See("… stopping", "esc back")
		for _, c := range cmd().(tea.BatchMsg) {
			s.Send(c())
		}
		s.See("! Stopped: nothing is copied.", "Copy 40 messages out")
		if _, err := os.Stat(dir); err == nil {
			files, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil || len(files) > 0 {
				s.t.Errorf("there is %v, %v", files, err)
			}
		}
		s.Keys("ctrl+s")
		s.See("40 messages copied into")
		if files, err := filepath.Glob(filepath.Join(dir, "*.eml")); err != nil || len(files) != 40 {
			s.t.Errorf("there is %v, %v", files, err)
		}
	})
}

// Who does not wait for a stop goes back, and is told all the same.
func TestExport_IsLeftWhileItStops(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "copies")
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("5", "X", "ctrl+u")
		s.Type(dir)
		p := s.model.top().(*formPane)
		cmd := pressKey(s.t, p, "ctrl+s")
		pressKey(s.t, p, "esc")
		pressKey(s.t, p, "esc")
		s.SeeNot("Copy 1 message out")
		for _, c := range cmd().(tea.BatchMsg) {
			s.Send(c())
		}
		s.See("Stopped: nothing is copied.")
	})
}

func TestCopyMistake(t *testing.T) {
	fault := func(id outbox.ID) export.Fault { return export.Fault{ID: id, Err: outbox.ErrPurged} }
	for _, test := range []struct {
		err  error
		want string
	}{
		{&export.Incomplete{Copied: 0, Of: 1, Faults: []export.Fault{fault(1)}}, "Its text was removed, since it is old."},
		{&export.Incomplete{Copied: 12, Of: 40, Faults: []export.Fault{fault(1)}}, "12 of 40 copied. a1: Its text was removed, since it is old."},
		{&export.Incomplete{Copied: 12, Of: 40, Faults: []export.Fault{{ID: 1, About: `"Rent" to ana@example.org +2`, Err: outbox.ErrPurged}}}, `12 of 40 copied. a1 "Rent" to ana@example.org +2: Its text was removed, since it is old.`},
		{&export.Incomplete{Copied: 12, Of: 40, Faults: []export.Fault{fault(1), fault(2)}, More: 3}, "12 of 40 copied. a1: Its text was removed, since it is old. So with 4 more."},
		{&export.Incomplete{Copied: 12, Of: 40, Faults: []export.Fault{{ID: 1, Err: context.Canceled}}}, "Stopped: 12 of 40 copied. The same again goes on."},
		{&fs.PathError{Op: "create", Path: "/a/box", Err: fs.ErrExist}, "/a/box is there already, and stays as it is: name another place."},
	} {
		if got := copyMistake(test.err); got != test.want {
			t.Errorf("%q instead of %q", got, test.want)
		}
	}
}

// What is there already is not suggested, and nobody's own path is replaced.
func TestExport_SuggestsAFreePlace(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		home := s.t.TempDir()
		s.t.Setenv("HOME", home)
		if err := os.Mkdir(filepath.Join(home, "sendoff-2000-01-01"), 0o700); err != nil {
			s.t.Fatal(err)
		}
		s.Keys("5", "X")
		s.See("~/sendoff-2000-01-01-2")
		s.Keys("esc", "v", "G", "X")
		s.See("~/sendoff-2000-01-01-2")
	})
}

func TestExport_FitsEveryScreen(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("5", "X")
		for width := 1; width < 130; width += 9 {
			for height := 1; height < 40; height += 4 {
				s.Resize(width, height)
				if bad := s.Overflow(); len(bad) > 0 {
					s.t.Fatalf("at %dx%d: %v", width, height, bad)
				}
			}
		}
	})
}
