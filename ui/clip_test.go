package ui

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

func TestClip_IsAttached(t *testing.T) {
	dir := album(t)
	var clip Clip
	var wrong error
	read := func(o *Options) { o.Clipboard = func(context.Context) (Clip, error) { return clip, wrong } }
	tell(t, 80, 24, read, nil, func(s *story) {
		s.Keys("m")
		clip.Picture = filepath.Join(dir, "chart.png")
		s.Keys("alt+v")
		s.See("Attach   chart.png 70 B", "chart.png is attached, out of the clipboard.")
		clip = Clip{Files: "file://" + dir + "/a.csv\nfile://" + dir + "/b.pdf\n"}
		s.Keys("alt+v")
		s.See("Attach 2 files?")
		s.Keys("y")
		s.attached(filepath.Join(dir, "chart.png"), filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.pdf"))
		clip = Clip{}
		s.Keys("alt+v")
		s.See("The clipboard holds no picture and no files.")
		wrong = errors.New("no\x1b[2J screen")
		s.Keys("alt+v")
		s.See("No\ufffd[2J screen")
	})
}
