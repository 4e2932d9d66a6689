package ui

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"sendoff/compose"
)

// rescue writes a draft that could not be saved where it can be found, and adds
// to err what came of that.
//
// The directory for temporary files is the last: what is there is gone after the next
// start of the machine.
func (d *desk) rescue(p sheet, err error) error {
	if p.blank {
		return err
	}
	var dirs []string
	if d.options.State != "" {
		dirs = append(dirs, d.options.State)
	}
	if home, homeErr := os.UserHomeDir(); homeErr == nil {
		dirs = append(dirs, home)
	}
	for _, dir := range append(dirs, os.TempDir()) {
		path, writeErr := writeRescue(dir, p.draft)
		if writeErr == nil {
			return fmt.Errorf("%w; hint: what was written is in %s", err, path)
		}
		err = errors.Join(err, writeErr)
	}
	return err
}

// writeRescue writes a draft as text, for a person to copy from.
func writeRescue(dir string, d compose.Draft) (path string, err error) {
	f, err := os.CreateTemp(dir, "sendoff-draft-*.txt") // 0600
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(plainDraft(d))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// plainDraft is a draft with a line for every field, and the text below.
func plainDraft(d compose.Draft) string {
	var b strings.Builder
	for _, l := range fieldLines(d) {
		if l.value != "" {
			b.WriteString(l.String())
		}
	}
	for _, a := range d.Attachments {
		b.WriteString(fieldLine{"Attachment", a.Path}.String())
	}
	b.WriteString("\n" + d.Body)
	return b.String()
}
