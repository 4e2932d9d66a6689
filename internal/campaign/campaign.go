// Package campaign is what comes before a campaign runs, one for the command line and
// the interface: to open a template with its list, to look at every letter, to say
// when they will have gone, and to start.
//
// It reads neither templates nor lists (compose/merge does), and sends nothing
// (outbox does). It asks nobody: who calls it shows what a [Look] has found and what
// the plan is, and starts when a person has agreed.
//
// Its one hard rule: what is started is what was looked at. A list or a template that
// has changed since then starts nothing.
package campaign

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"sendoff/compose/merge"
)

// Files are a template and a list.
type Files struct {
	Template, List string // as they are named in problems
	Separator      rune   // between the cells of the list; 0 finds it in the header
	ToColumn       string // the column with the addresses; "" for the usual names
}

// Campaign is a template that is bound to a list. Its rows can be read as often as
// somebody wants, also by several at once.
type Campaign struct {
	*merge.Campaign
	Files    Files
	Columns  []merge.Column
	Notes    []string       // what its owner should know of the two
	Warnings merge.Problems // of the two as a whole

	list    io.ReaderAt // nil: it is opened by its name whenever it is read
	version version     // of files that are opened by name
}

// Bind binds the text of a template to a list, which stays open as long as the
// campaign is used. The files of rows are below the folder of the template. What is
// wrong with the two as a whole is the error, with merge.Problems in it; every other
// one is of reading.
func Bind(f Files, template string, list io.ReaderAt) (*Campaign, error) {
	parsed, err := merge.ParseTemplate(f.Template, template)
	if err != nil {
		return nil, err
	}
	folder, err := filepath.Abs(filepath.Dir(f.Template))
	if err != nil {
		return nil, fmt.Errorf("folder of the template: %w", err)
	}
	c := &Campaign{Files: f, list: list}
	opened, done, err := c.open(nil)
	if err != nil {
		return nil, err
	}
	defer done()
	bound, problems := merge.NewCampaign(parsed, opened, folder)
	if len(problems.Errors()) > 0 {
		return nil, problems
	}
	c.Campaign, c.Warnings, c.Columns = bound, problems, opened.Columns()
	c.Notes = append(append([]string{}, opened.Notes()...), bound.Notes()...)
	return c, nil
}

// maxTemplate is more than any letter has, in octets.
const maxTemplate = 16 << 20

// Open is Bind for two files, by their names. Nothing stays open: they are opened again
// whenever rows are read, and ErrChanged is then what has become of files that somebody
// has saved anew meanwhile.
func Open(f Files) (*Campaign, error) {
	template, of, err := openRegular(f.Template)
	if err != nil {
		return nil, fmt.Errorf("template: %w", err)
	}
	defer template.Close()
	text, err := io.ReadAll(io.LimitReader(template, maxTemplate+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("template: %w", err)
	case len(text) > maxTemplate:
		return nil, fmt.Errorf("template: it is larger than %d MiB", maxTemplate>>20)
	}
	list, rows, err := openRegular(f.List)
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	defer list.Close()
	c, err := Bind(f, string(text), list)
	if err != nil {
		return nil, err
	}
	c.list, c.version = nil, version{of, rows}
	return c, nil
}

// version tells the two files from what they become when somebody saves them anew.
type version struct{ template, list fileVersion }

type fileVersion struct{ modified, size int64 }

// openRegular opens a file that is one: a pipe can be read once, and may keep who
// opens it waiting for ever.
func openRegular(name string) (*os.File, fileVersion, error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file with text", name)
	}
	if err != nil {
		return nil, fileVersion{}, err
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, fileVersion{}, err
	}
	if info, err = file.Stat(); err != nil {
		return nil, fileVersion{}, errors.Join(err, file.Close())
	}
	return file, versionOf(info), nil
}

func versionOf(info os.FileInfo) fileVersion {
	return fileVersion{info.ModTime().UnixNano(), info.Size()}
}

// open opens the list once more, and gives what closes it behind the last row. tell
// hears the share of it that was read; nil is nobody.
func (c *Campaign) open(tell func(share float64)) (*merge.List, func() error, error) {
	file, size, done := c.list, c.version.list.size, func() error { return nil }
	if file == nil {
		named, err := c.reopen()
		if err != nil {
			return nil, nil, err
		}
		file, done = named, named.Close
	}
	var in io.ReadSeeker = io.NewSectionReader(file, 0, math.MaxInt64)
	if tell != nil && size > 0 {
		in = &told{ReadSeeker: in, size: size, tell: tell}
	}
	opened, err := merge.OpenList(c.Files.List, in, merge.ListOptions{Separator: c.Files.Separator, ToColumn: c.Files.ToColumn})
	if err != nil {
		return nil, nil, errors.Join(listError(err), done())
	}
	return opened, done, nil
}

// reopen opens the list by its name, if it and the template are as they were.
func (c *Campaign) reopen() (*os.File, error) {
	list, rows, err := openRegular(c.Files.List)
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	info, err := os.Stat(c.Files.Template)
	if err == nil && (version{versionOf(info), rows} != c.version) {
		err = ErrChanged
	}
	if err != nil {
		return nil, errors.Join(err, list.Close())
	}
	return list, nil
}

// told tells how far a list is read. It is read twice: first to find out what it is.
type told struct {
	io.ReadSeeker
	size, read int64
	again      bool
	tell       func(share float64)
}

func (t *told) Read(p []byte) (int, error) {
	n, err := t.ReadSeeker.Read(p)
	if t.read += int64(n); t.again {
		t.tell(min(float64(t.read)/float64(t.size), 1))
	}
	return n, err
}

func (t *told) Seek(offset int64, whence int) (int64, error) {
	t.read, t.again = 0, true
	return t.ReadSeeker.Seek(offset, whence)
}

// ProblemsOf are those that an error is made of.
func ProblemsOf(err error) merge.Problems {
	var one merge.Problem
	var all merge.Problems
	switch {
	case errors.As(err, &all):
		return all
	case errors.As(err, &one):
		return merge.Problems{one}
	}
	return nil
}

// listError says where an error of reading came up; what is wrong with the list says
// so itself.
func listError(err error) error {
	if err == nil || len(ProblemsOf(err)) > 0 {
		return err
	}
	return fmt.Errorf("read the list: %w", err)
}
