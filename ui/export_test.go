package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/uitest"
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

// A draft is no message that could be copied out.
func TestExport_IsNotForDrafts(t *testing.T) {
	tell(t, 80, 24, nil, everyState, func(s *story) {
		s.Keys("1", "X")
		s.SeeNot("out")
		s.Keys("v", "G", "X")
		s.SeeNot("Copy")
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
