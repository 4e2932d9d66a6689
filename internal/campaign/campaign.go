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

	list    io.ReaderAt
	close   func() error // nil: it is not ours to close
	version version
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
	opened, err := c.open(nil)
	if err != nil {
		return nil, err
	}
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

// Open is Bind for two files, by their names. Close closes the list.
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
	c, err := Bind(f, string(text), list)
	if err != nil {
		return nil, errors.Join(err, list.Close())
	}
	c.close, c.version = list.Close, version{of, rows}
	return c, nil
}

// Close closes what Open has opened.
func (c *Campaign) Close() error {
	if c.close == nil {
		return nil
	}
	return c.close()
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
	return file, fileVersion{info.ModTime().UnixNano(), info.Size()}, nil
}

// open opens the list once more. tell hears the share of it that was read; nil is
// nobody.
func (c *Campaign) open(tell func(share float64)) (*merge.List, error) {
	var in io.ReadSeeker = io.NewSectionReader(c.list, 0, math.MaxInt64)
	if size := c.version.list.size; tell != nil && size > 0 {
		in = &told{ReadSeeker: in, size: size, tell: tell}
	}
	opened, err := merge.OpenList(c.Files.List, in, merge.ListOptions{Separator: c.Files.Separator, ToColumn: c.Files.ToColumn})
	return opened, listError(err)
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
