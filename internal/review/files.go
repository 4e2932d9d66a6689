package review

import (
	"fmt"
	"path/filepath"

	"sendoff/compose"
)

// filesOf finds files that go under another name than they have here.
func filesOf(d compose.Draft) (all []Finding) {
	files := d.Attachments
	for _, image := range d.Inline {
		files = append(files[:len(files):len(files)], image.Attachment)
	}
	var others []compose.Attachment
	for _, a := range files {
		if _, isOther := a.SentAs(); isOther {
			others = append(others, a)
		}
	}
	one, rest := few(others)
	for _, a := range one {
		all = append(all, Finding{Note, renamed(a), Fix{}})
	}
	if len(rest) > 0 {
		all = append(all, Finding{Note, fmt.Sprintf("%d more files are sent under another name.", len(rest)), Fix{}})
	}
	return all
}

// renamed says how a file is called that has a name which some reader cannot use.
func renamed(a compose.Attachment) string {
	name, _ := a.SentAs()
	given := a.Name
	if given == "" {
		given = filepath.Base(a.Path)
	}
	return fmt.Sprintf("The file %q is sent as %s.", given, clean(name))
}
