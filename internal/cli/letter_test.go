package cli

import (
	"path/filepath"
	"testing"
)

// A draft is taken up again in another directory.
func TestLetter_AttachmentsAreWholePaths(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	l := letter{attach: []string{"a.txt", filepath.Join(dir, "b.txt")}}
	d, err := l.draft(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"a.txt", "b.txt"} {
		if got := d.Attachments[i].Path; !filepath.IsAbs(got) || filepath.Base(got) != name {
			t.Errorf("%s became %s", name, got)
		}
	}
}
