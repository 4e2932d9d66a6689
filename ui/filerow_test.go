package ui

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// onePixel is the smallest picture there is.
const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

// drawing writes a picture.
func drawing(t testing.TB, path string) {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(onePixel)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// album is a directory with a picture and two other files, to attach from.
func album(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	drawing(t, filepath.Join(dir, "chart.png"))
	for name, text := range map[string]string{"a.csv": "1,2\n", "b.pdf": "%PDF-1.4\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// withFiles opens a message with files of a directory, the last one chosen.
func withFiles(dir string, names ...string) func(*Options) {
	d := compose.Draft{Account: "work", From: "ada@example.org", To: "ana@example.org", Subject: "Hi", Body: "Hello\n"}
	for _, name := range names {
		d.Attachments = append(d.Attachments, compose.Attachment{Path: filepath.Join(dir, name)})
	}
	return func(o *Options) { o.Compose = &d }
}

// toFiles gives the focus to the attachments.
func (s *story) toFiles() { s.model.composer().setFocus(fieldAttach) }

func TestFiles_AreMovedAndKeepTheirOrder(t *testing.T) {
	dir := album(t)
	tell(t, 80, 24, withFiles(dir, "a.csv", "b.pdf", "chart.png"), nil, func(s *story) {
		s.See("a.csv 4 B · b.pdf 9 B · chart.png")
		s.toFiles()
		s.See("1 of 3 · text/csv")
		s.Keys("right", "right", "shift+left", "<", "<")
		s.See("1 of 3 · image/png", "chart.png 70 B · a.csv 4 B · b.pdf 9 B")
		s.Keys(">")
		s.Advance(2 * time.Second)
		s.attached(filepath.Join(dir, "a.csv"), filepath.Join(dir, "chart.png"), filepath.Join(dir, "b.pdf"))
		s.Keys("ctrl+s")
		s.See("files     a.csv       4 B", "          chart.png  70 B", "          b.pdf       9 B")
	})
}

func TestFiles_AreNamedAndTyped(t *testing.T) {
	dir := album(t)
	tell(t, 80, 24, withFiles(dir, "a.csv"), nil, func(s *story) {
		s.toFiles()
		s.Keys("r")
		s.See("Attachment", "Name", "a.csv", "what the reader sees")
		s.Keys("ctrl+u")
		s.Type("x/y")
		s.Keys("ctrl+s")
		s.See("! a file name without slashes")
		s.Keys("ctrl+u")
		s.Type("Figures 2026.csv")
		s.Keys("tab")
		s.See("without one it is text/csv")
		s.Type("nonsense")
		s.Keys("ctrl+s")
		s.See("! a type has two words")
		s.Keys("ctrl+u")
		s.Type("application/x-figures")
		s.Keys("ctrl+s")
		s.See("Attach   Figures 2026.csv 4 B", "application/x-figures")
		want := compose.Attachment{Path: filepath.Join(dir, "a.csv"), Name: "Figures 2026.csv", Type: "application/x-figures"}
		got := s.model.composer().draft().Attachments[0]
		if got.Size, got.Modified = 0, 0; got != want {
			s.t.Errorf("attached is %+v", got)
		}
		s.Keys("r")
		s.Keys("ctrl+u") // its own name again
		s.Type("a.csv")
		s.Keys("ctrl+s")
		if got := s.model.composer().draft().Attachments[0]; got.Name != "" {
			s.t.Errorf("attached is %+v", got)
		}
	})
}

func TestFiles_GoIntoTheTextAndOutAgain(t *testing.T) {
	dir := album(t)
	tell(t, 100, 24, withFiles(dir, "a.csv", "chart.png"), nil, func(s *story) {
		c := s.model.composer()
		s.toFiles()
		s.Keys("i")
		s.See("a.csv is no picture.")
		s.Keys("right", "i")
		s.See("chart.png 70 B, in the text")
		if d := c.draft(); !strings.Contains(d.Body, "![](chart.png)") || len(d.Inline) != 1 || len(d.Attachments) != 1 {
			s.t.Errorf("in the text: %+v", d)
		}
		s.Advance(3 * time.Second)
		s.Keys("ctrl+s")
		s.See("pictures  chart.png 70 B (", "files     a.csv  4 B", "y send")
		s.Keys("y")
		message := s.only(outbox.StateScheduled)
		if d, err := s.box.Draft(s.t.Context(), message.ID); err != nil || len(d.Inline) != 1 {
			s.t.Errorf("queued %+v, %v", d, err)
		}
		s.Keys("u")
		s.See("Taken back")
		s.toFiles()
		s.Keys("right", "i")
		if d := s.model.composer().draft(); d.Body != "Hello\n" && strings.Contains(d.Body, "chart") || len(d.Inline) != 0 || len(d.Attachments) != 2 {
			s.t.Errorf("beside the text: %+v", d)
		}
	})
}

// A file that is another one by the time it is sent is told, and told again if it
// changes once more while the review is looked at.
func TestFiles_ThatHaveChangedAreTold(t *testing.T) {
	dir := album(t)
	path := filepath.Join(dir, "a.csv")
	tell(t, 100, 24, withFiles(dir, "a.csv"), nil, func(s *story) {
		rewrite := func(text string) {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				s.t.Fatal(err)
			}
		}
		rewrite("1,2\n3,4\n")
		s.Keys("ctrl+s")
		s.See("a.csv has changed since it was attached: 4 B then, 8 B now, which is what is sent", "y send")
		s.Keys("e")
		s.See("a.csv 8 B, changed since")
		s.Keys("ctrl+s")
		rewrite("1,2\n3,4\n5,6\n")
		s.Keys("y")
		s.none(outbox.StateScheduled)
		s.See("A file has changed meanwhile: look again.", "4 B then, 12 B now", "y send")
		s.Keys("y")
		s.only(outbox.StateScheduled)
	})
}

func TestFiles_TooLargeForTheAccountAreTold(t *testing.T) {
	dir := album(t)
	if err := os.Truncate(filepath.Join(dir, "b.pdf"), 30_000_000); err != nil {
		t.Fatal(err)
	}
	tell(t, 80, 24, withFiles(dir, "b.pdf"), nil, func(s *story) {
		s.See("about 41 MB: too large, it takes 25 MB")
	})
}
