package merge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sendoff/compose"
)

// Campaign is a template bound to the columns of a list.
type Campaign struct {
	template *Template
	list     string // its name
	columns  []Column
	folder   string          // below which the files of rows are; absolute
	shared   map[string]bool // paths that the template names for all rows
	tokens   func(address string) string
	maker    compose.Maker
}

// Letter is what a row becomes.
type Letter struct {
	Draft compose.Draft
	Lacks []Lack // where an empty cell would show

	domain string // of who gets it
}

// NewCampaign binds a template to the columns of a list. The problems are all
// that is wrong with the two, found without a row, and warnings; with none but
// those there is a campaign.
//
// Paths are relative to folder. Those that the template writes out for all rows
// may lead anywhere; those with a value in them, and those of a column, only below
// it.
func NewCampaign(t *Template, l *List, folder string) (*Campaign, Problems) {
	problems := t.check(l.columns)
	if len(problems.Errors()) > 0 {
		return nil, problems
	}
	c := &Campaign{template: t, list: l.file, columns: l.columns, folder: folder, shared: map[string]bool{}}
	for _, a := range t.attachments {
		if a.root == nil {
			c.shared[c.path(a.source)] = true
		}
	}
	return c, problems
}

// path is a path relative to the folder, or as it is.
func (c *Campaign) path(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(c.folder, name)
}

// Letter makes the draft of a row, the same for the same row. It looks at no
// file. The problems are about this row; without errors among them there is a letter.
func (c *Campaign) Letter(row Row) (Letter, Problems) { return c.letter(context.Background(), row) }

// letter is Letter that ends soon after ctx does, with a problem.
func (c *Campaign) letter(ctx context.Context, row Row) (Letter, Problems) {
	w := writer{campaign: c, row: row, vars: c.variables(row), rendering: newRendering(ctx)}
	if len(row.Problems) > 0 {
		return Letter{}, row.Problems
	}
	t := c.template
	to := w.recipient()
	ways := w.unsubscribe(to)
	d := compose.Draft{
		Style: t.style, To: written(to), From: w.addresses("from", UseFrom), Account: w.field("account", UseAccount),
		Cc: w.addresses("cc", UseCc), Bcc: w.addresses("bcc", UseBcc), ReplyTo: w.addresses("reply_to", UseReplyTo),
		Subject: w.field("subject", UseSubject),
	}
	for _, h := range t.headers {
		d.Headers = append(d.Headers, compose.Header{Name: h.name, Value: w.render(h.value)})
	}
	d.Headers = append(d.Headers, t.bulkHeaders(ways)...)
	d.Body = w.render(t.body)
	d.Attachments = w.attachments()
	if len(w.problems.Errors()) == 0 {
		d.Inline = w.images(d)
	}
	w.lookAtSubject(d.Subject)
	return Letter{d, w.rendering.lacks, to.Domain}, w.problems
}

// variables are what a template can name.
func (c *Campaign) variables(row Row) map[string]any {
	vars := make(map[string]any, len(c.columns)+4)
	all := make(map[string]any, len(c.columns))
	for i, column := range c.columns {
		if i < len(row.Values) {
			all[column.Name], all[column.Alias] = cell(row.Values[i]), cell(row.Values[i])
		}
	}
	maps.Copy(vars, all)
	for _, name := range nothing {
		vars[name] = emptyCell{}
	}
	vars[rowName] = all
	return vars
}

// writer makes one letter.
type writer struct {
	campaign  *Campaign
	row       Row
	vars      map[string]any
	rendering rendering
	problems  Problems
}

func (w *writer) add(hint, format string, args ...any) {
	w.problems = append(w.problems, Problem{
		File: w.campaign.list, Line: w.row.Line, Row: w.row.Number, Hint: hint, Text: fmt.Sprintf(format, args...),
	})
}

func (w *writer) warn(hint, format string, args ...any) {
	w.add(hint, format, args...)
	w.problems[len(w.problems)-1].Warning = true
}

func (w *writer) render(t *text) string {
	rendered, err := t.render(w.vars, &w.rendering)
	if err != nil {
		w.add("", "%s", clean(err.Error()))
	}
	return rendered
}

// field is what the template says, or else the column of that use.
func (w *writer) field(key string, use Use) string {
	if t := w.campaign.template.fields[key]; t != nil {
		return w.render(t)
	}
	return w.value(use)
}

// addresses is a field of addresses, if it can be one.
func (w *writer) addresses(key string, use Use) string {
	text := w.field(key, use)
	if len(text) > maxAddresses {
		w.add("", "%s: %s is longer than addresses are", key, quote(text))
		return ""
	}
	return text
}

// value is the cell of a use; "" if there is no such column.
func (w *writer) value(use Use) string {
	i := slices.IndexFunc(w.campaign.columns, func(c Column) bool { return c.Use == use })
	if i < 0 {
		return ""
	}
	return w.row.Values[i]
}

// The most that a cell with one address, and one with several, may have, in octets.
// To take more apart would cost seconds for each row.
const (
	maxAddress   = 2000
	maxAddresses = 50_000
)

// recipient is to whom the row is sent.
func (w *writer) recipient() compose.Address {
	text := w.value(UseAddress)
	if len(text) > maxAddress {
		w.add("", "%s is longer than an address is", quote(text))
		return compose.Address{}
	}
	a, err := compose.ParseOne(text)
	if err != nil {
		w.addAddress(text, err.(*compose.AddressError))
		return compose.Address{}
	}
	lookAtAddress(w, a)
	if a.Name == "" {
		a.Name = strings.Join(strings.Fields(w.value(UseName)), " ")
	}
	return a
}

// written is an address as it stands in a draft; "" for none.
func written(a compose.Address) string {
	if a.Domain == "" {
		return ""
	}
	return a.String()
}

// attachments are those of the template and those of the row.
func (w *writer) attachments() (all []compose.Attachment) {
	var named []string
	for _, t := range w.campaign.template.attachments {
		name := strings.TrimSpace(w.render(t))
		if t.root != nil && !w.isBelow(name) {
			continue
		}
		named = append(named, name)
	}
	for i, column := range w.campaign.columns {
		if column.Use != UseAttachments {
			continue
		}
		for name := range strings.SplitSeq(w.row.Values[i], ";") {
			if name = strings.TrimSpace(name); name != "" && w.isBelow(name) {
				named = append(named, name)
			}
		}
	}
	for _, name := range named {
		all = append(all, compose.Attachment{Path: w.campaign.path(name)})
	}
	return all
}

// isBelow notes a path that does not lead below the folder.
func (w *writer) isBelow(name string) bool {
	if !isLocal(name) {
		w.add("the files of rows are below the folder of the template", "the path %s leads out of it", quote(name))
		return false
	}
	return true
}

// images are the pictures that the text shows.
func (w *writer) images(d compose.Draft) (all []compose.Image) {
	if !strings.Contains(d.Body, "![") && !imageTag.MatchString(d.Body) {
		return nil
	}
	for _, name := range d.NamedImages() {
		if w.isBelow(name) {
			all = append(all, compose.Image{Attachment: compose.Attachment{Path: w.campaign.path(name)}, Source: name})
		}
	}
	return all
}

// imageTag finds pictures in HTML.
var imageTag = regexp.MustCompile(`(?i)<img\b`)

// longSubject is what no reader shows in a list of messages, in characters.
const longSubject = 200

func (w *writer) lookAtSubject(subject string) {
	switch {
	case len(w.problems.Errors()) > 0:
	case strings.TrimSpace(subject) == "":
		w.add("", "the subject is empty")
	case len([]rune(subject)) > longSubject:
		w.warn("", "the subject is longer than %d characters", longSubject)
	}
}

// Examine is what is wrong with a letter when it is about to be sent: what
// compose refuses, and files of the row that links lead to elsewhere. It looks at
// the files.
func (c *Campaign) Examine(row Row, d compose.Draft) Problems {
	w := writer{campaign: c, row: row}
	files := slices.Clone(d.Attachments)
	for _, image := range d.Inline {
		files = append(files, image.Attachment)
	}
	for _, f := range files {
		switch _, err := os.Stat(f.Path); {
		case errors.Is(err, fs.ErrNotExist):
			w.add("the folder is "+clean(c.folder), "there is no file %s", quote(c.name(f.Path)))
		case err == nil && !c.shared[f.Path] && c.leadsOut(f.Path):
			w.add("put the file itself there", "%s is a link that leads out of the folder", quote(c.name(f.Path)))
		}
	}
	for _, e := range c.maker.Check(d) {
		if !errors.Is(e, fs.ErrNotExist) { // said above, with the name that the template has
			w.add(e.Hint, "%s", e.Error())
		}
	}
	return w.problems
}

// name is how a path is called below the folder.
func (c *Campaign) name(path string) string {
	if name, err := filepath.Rel(c.folder, path); err == nil {
		return name
	}
	return path
}

// leadsOut tells a file that is not below the folder, though its name is.
func (c *Campaign) leadsOut(path string) bool {
	root, err := os.OpenRoot(c.folder)
	if err != nil {
		return true
	}
	defer root.Close()
	_, err = root.Stat(c.name(path))
	return err != nil
}
