package campaign

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sendoff/compose"
	"sendoff/internal/cleantext"
)

// Field is a line above the text of a letter, clean.
type Field struct{ Name, Value string }

// Fields are the head of a letter as its reader sees it, and its files. It looks at
// those.
func Fields(d compose.Draft) (all []Field) {
	add := func(name, value string) {
		if value != "" {
			all = append(all, Field{cleantext.Line(name), cleantext.Line(value)})
		}
	}
	add("From", AsRead(d.From))
	add("To", AsRead(d.To))
	add("Cc", AsRead(d.Cc))
	add("Bcc", AsRead(d.Bcc))
	add("Reply-To", AsRead(d.ReplyTo))
	add("Subject", d.Subject)
	for _, h := range d.Headers {
		add(h.Name, h.Value)
	}
	for _, a := range d.Attachments {
		add("Attachment", fileWithSize(a))
	}
	for _, image := range d.Inline {
		add("Picture", fileWithSize(image.Attachment))
	}
	return all
}

// AsRead is a list of addresses as its reader sees it.
func AsRead(list string) string {
	parsed, err := compose.ParseList(list)
	if err != nil {
		return list
	}
	var all []string
	for _, a := range parsed {
		all = append(all, a.String())
	}
	return strings.Join(all, ", ")
}

// fileWithSize names a file as its reader will see it, and what it weighs.
func fileWithSize(a compose.Attachment) string {
	name := filepath.Base(a.Path)
	info, err := os.Stat(a.Path)
	if err != nil {
		return name + " (missing)"
	}
	return fmt.Sprintf("%s (%d octets)", name, info.Size())
}
