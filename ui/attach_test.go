package ui

import (
	"os"
	"path/filepath"
	"testing"

	"sendoff/compose"
)

// files makes a directory to attach from, and goes there.
func files(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"figures.pdf": "0123456789", "figs.txt": "x", ".hidden": "x", "odd\x1b[31m name.txt": "x", "sub/chart.png": "0123"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAttach_PathIsCompletedOrChosen(t *testing.T) {
	dir := files(t)
	t.Chdir(dir)
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "ctrl+t")
		s.See("▌ sub/", "figs.txt", "figures.pdf", "10 B")
		s.SeeNot("hidden", "\x1b[31m")
		s.Type("fi")
		s.SeeNot("sub/")
		s.Keys("tab")
		s.See("Attach   fig")
		s.Type("u")
		s.Keys("tab", "enter")
		s.See("Attach   figures.pdf 10 B", "New message")
		s.Keys("ctrl+t")
		s.model.top().(*attachPane).path.set("")
		s.Type("sub/")
		s.See("chart.png", "4 B")
		s.Keys("enter")
		s.See("figures.pdf 10 B · chart.png 4 B")
		want := []compose.Attachment{{Path: filepath.Join(dir, "figures.pdf")}, {Path: filepath.Join(dir, "sub/chart.png")}}
		if got := s.model.composer().draft().Attachments; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			s.t.Errorf("%+v", got)
		}
		s.Keys("tab", "tab", "right", "x")
		s.SeeNot("chart.png")
		s.Keys("ctrl+s")
		s.See("files     figures.pdf 10 B")
	})
}

func TestAttach_ADroppedFileIsAskedAbout(t *testing.T) {
	dir := files(t)
	pdf := filepath.Join(dir, "figures.pdf")
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.body()
		s.paste("'" + pdf + "' ")
		s.See(`Attach "figures.pdf" (10 B)?`)
		s.Keys("y")
		s.See("Attach   figures.pdf 10 B")
		s.paste(pdf)
		s.Keys("y")
		s.See("figures.pdf is attached already.")
		s.paste(pdf)
		s.Keys("t")
		if got := s.model.composer().body.text(); got != pdf {
			s.t.Errorf("text %q", got)
		}
		s.paste("/no/such/file")
		if got := s.model.composer().body.text(); got != pdf+"/no/such/file" {
			s.t.Errorf("text %q", got)
		}
	})
}
