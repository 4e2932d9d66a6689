// Package template reads letters and snippets that are written once and used often,
// with fields that a person fills in each time.
//
// It is not for mail to a list, which [sendoff/compose/merge] does and which knows
// conditions and columns: here a person reads what comes of it before it is sent.
//
// Its one hard rule: what is filled in is text. It makes no field, no further header
// and no attachment.
package template

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"sendoff/compose"
	"sendoff/internal/config"
)

const (
	extension = ".md"

	maxFiles = 1000 // of a folder; more are not listed
)

// Template is one file.
type Template struct {
	Name   string // of the file, without its end
	Fields []Field
	draft  compose.Draft // as it is written, fields and all
}

// Field is what is asked for, in the order in which it is first named.
type Field struct {
	Name    string
	Default string
}

// field is "{{ name }}" or "{{ name | default: "friend" }}".
var field = regexp.MustCompile(`\{\{\s*([\pL_][\pL\pN_ -]*?)\s*(?:\|\s*default:\s*"([^"\n]*)"\s*)?\}\}`)

// Parse reads the text of a file. It may begin with a head between two lines "---":
// To, Cc, Bcc, Reply-To, From, Subject and Attach, as in a message. The error is a
// [*config.Error].
func Parse(path, text string) (Template, error) {
	t := Template{Name: strings.TrimSuffix(filepath.Base(path), extension)}
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	if err := checkFields(path, text); err != nil {
		return t, err
	}
	body, at := text, 1
	if rest, found := strings.CutPrefix(text, "---\n"); found {
		head, after, closed := cutHead(rest)
		if !closed {
			return t, &config.Error{File: path, Line: 1, Problem: "the head has no end", Hint: `a line "---" ends it`}
		}
		for line := range strings.SplitSeq(head, "\n") {
			at++
			if err := t.take(line, filepath.Dir(path)); err != nil {
				err.File, err.Line = path, at
				return t, err
			}
		}
		body = strings.TrimPrefix(after, "\n")
	}
	t.draft.Body = strings.TrimRight(body, "\n")
	if t.draft.Body != "" {
		t.draft.Body += "\n"
	}
	t.Fields = fieldsOf(text)
	return t, nil
}

// cutHead takes the lines before a line "---".
func cutHead(text string) (head, after string, closed bool) {
	if after, found := strings.CutPrefix(text, "---\n"); found {
		return "", after, true
	}
	head, after, closed = strings.Cut(text+"\n", "\n---\n")
	return head, strings.TrimSuffix(after, "\n"), closed
}

// keys are those of the head.
var keys = []string{"To", "Cc", "Bcc", "Reply-To", "From", "Subject", "Attach"}

// take takes in a line of the head.
func (t *Template) take(line, folder string) *config.Error {
	if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	key, value, found := strings.Cut(line, ":")
	if !found {
		return &config.Error{Problem: "a line of the head has no colon", Hint: "write it as in Subject: Hello"}
	}
	value = strings.TrimSpace(value)
	d := &t.draft
	lists := map[string]*string{"to": &d.To, "cc": &d.Cc, "bcc": &d.Bcc, "reply-to": &d.ReplyTo, "from": &d.From, "subject": &d.Subject}
	key = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(key)), "_", "-")
	switch into := lists[key]; {
	case into != nil && *into != "" && key != "subject" && key != "from":
		*into += ", " + value
	case into != nil:
		*into = value
	case key == "attach" && field.MatchString(value):
		return &config.Error{Key: "attach", Problem: "a file is named by the template alone", Hint: "attach what differs in the form"}
	case key == "attach":
		d.Attachments = append(d.Attachments, compose.Attachment{Path: whole(value, folder)})
	default:
		return &config.Error{Key: key, Problem: "unknown key", Hint: config.Suggest(key, keys)}
	}
	return nil
}

// whole is a path of a template: "~/" is the home directory, and a relative one
// begins at its folder.
func whole(path, folder string) string {
	if rest, found := strings.CutPrefix(path, "~/"); found {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(folder, path)
}

// checkFields refuses what looks like a field and is none: it would be sent as it
// stands.
func checkFields(path, text string) error {
	at := 0
	for _, place := range append(field.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
		if open := strings.Index(text[at:place[0]], "{{"); open >= 0 {
			line := strings.Count(text[:at+open], "\n") + 1
			return &config.Error{File: path, Line: line, Problem: "what stands behind {{ is no field", Hint: `write it as {{ name }} or {{ name | default: "friend" }}`}
		}
		at = place[1]
	}
	return nil
}

func fieldsOf(text string) (all []Field) {
	for _, found := range field.FindAllStringSubmatch(text, -1) {
		i := slices.IndexFunc(all, func(f Field) bool { return f.Name == found[1] })
		if i < 0 {
			all = append(all, Field{Name: found[1]})
			i = len(all) - 1
		}
		if all[i].Default == "" {
			all[i].Default = found[2]
		}
	}
	return all
}

// Today fills in what nobody needs to type: the field "date" is the day.
func (t Template) Today(now time.Time) Template {
	t.Fields = slices.Clone(t.Fields)
	for i, f := range t.Fields {
		if f.Name == "date" && f.Default == "" {
			t.Fields[i].Default = now.Format(time.DateOnly)
		}
	}
	return t
}

// Fill is the draft with values of the fields in their places. In a line of the head
// a value is one line. In a line of addresses it is one name or one address, and adds no
// other, unless the field is all there is in that line: then it is the list that somebody
// has typed.
func (t Template) Fill(values map[string]string) compose.Draft {
	d := t.draft
	for _, list := range []*string{&d.To, &d.Cc, &d.Bcc, &d.ReplyTo, &d.From} {
		*list = oneLine(fillList(*list, values))
	}
	d.Subject = oneLine(fill(d.Subject, values))
	d.Body, d.Attachments = fill(d.Body, values), slices.Clone(d.Attachments)
	return d
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// fill puts values in as they are.
func fill(text string, values map[string]string) string {
	return field.ReplaceAllStringFunc(text, func(found string) string { return values[nameOf(found)] })
}

func nameOf(found string) string { return field.FindStringSubmatch(found)[1] }

// fillList puts values into a list of addresses.
func fillList(text string, values map[string]string) string {
	if at := field.FindStringIndex(text); at == nil || at[0] == 0 && at[1] == len(text) {
		return fill(text, values)
	}
	var b strings.Builder
	done := 0
	for _, at := range field.FindAllStringIndex(text, -1) {
		b.WriteString(text[done:at[0]])
		value := oneLine(values[nameOf(text[at[0]:at[1]])])
		if strings.Count(text[:at[0]], `"`)%2 == 1 { // the template has the quotation marks
			value = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)
		} else {
			value = compose.QuoteValue(value)
		}
		b.WriteString(value)
		done = at[1]
	}
	return b.String() + text[done:]
}

// Summary is how it begins, for who chooses among several.
func (t Template) Summary() string {
	if t.draft.Subject != "" {
		return t.draft.Subject
	}
	line, _, _ := strings.Cut(strings.TrimSpace(t.draft.Body), "\n")
	return line
}

// Load reads the templates of a folder, by name. What cannot be read is an error
// beside the others; a folder that does not exist is empty.
func Load(folder string) (all []Template, err error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != extension || strings.HasPrefix(e.Name(), ".") || len(all) == maxFiles {
			continue
		}
		t, failed := read(filepath.Join(folder, e.Name()))
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		all = append(all, t)
	}
	return all, err
}

func read(path string) (Template, error) {
	data, _, err := config.Read(path)
	if err != nil {
		return Template{}, err
	}
	return Parse(path, string(data))
}

// ErrNone is wrapped where no template has a name.
var ErrNone = errors.New("no template has that name")

// Find reads the template of a name. The hint is which there are.
func Find(folder, name string) (t Template, hint string, err error) {
	if name != "" && !strings.ContainsAny(name, `/\`) {
		t, err = read(filepath.Join(folder, strings.TrimSuffix(name, extension)+extension))
		if !errors.Is(err, fs.ErrNotExist) {
			return t, "", err
		}
	}
	all, _ := Load(folder) // what cannot be read has another name
	if len(all) == 0 {
		return t, fmt.Sprintf("write one into %s", filepath.Join(folder, "NAME"+extension)), ErrNone
	}
	var names []string
	for _, other := range all {
		names = append(names, other.Name)
	}
	return t, config.Suggest(name, names), ErrNone
}
