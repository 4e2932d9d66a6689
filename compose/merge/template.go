package merge

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/osteele/liquid/parser"

	"sendoff/compose"
	"sendoff/internal/cleantext"
	"sendoff/internal/config"
	"sendoff/outbox/pace"
)

// Template is a letter with places for what is in a list: a text, below a head
// with its subject and what else it has.
type Template struct {
	file        string
	source      string           // all of it
	fields      map[string]*text // subject, from, account, cc, bcc, reply_to
	attachments []*text
	headers     []header
	body        *text
	unsubscribe []*way
	listID      string // "" for none; as it stands in the header
	feedbackID  string
	hours       pace.Hours
	style       compose.Style
	warnings    Problems
}

// header is one further field.
type header struct {
	name  string
	line  int
	value *text
}

// maxTemplate bounds a template, in octets: it is written by hand.
const maxTemplate = 4 << 20

// ParseTemplate reads a template, Markdown below a head such as
//
//	---
//	subject: Your seat, {{ first_name }}
//	reply_to: office@example.org
//	attachments:
//	- programme.pdf
//	- tickets/{{ number }}.pdf
//	---
//
// file is its name in problems. The error is Problems: all that is wrong with it
// whatever list it is used with.
func ParseTemplate(file, source string) (*Template, error) {
	var problems Problems
	switch {
	case len(source) > maxTemplate:
		return nil, Problems{{File: file, Text: "it is longer than a letter can be"}}
	case !utf8.ValidString(source):
		return nil, Problems{{File: file, Text: "it is not UTF-8", Hint: "convert it first, for example with iconv -f latin1 -t utf-8"}}
	}
	source = strings.TrimPrefix(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source), "\ufeff")
	entries, body, line, problems := cutFrontMatter(file, source)
	t := &Template{file: file, source: source, fields: map[string]*text{}, style: compose.StyleMarkdown}
	for _, e := range entries {
		t.take(&problems, e)
	}
	places := map[compose.Style]place{compose.StylePlain: placePlain, compose.StyleMarkdown: placeMarkdown, compose.StyleHTML: placeHTML}
	parsed, wrong := parseText(file, line, "body", places[t.style], body)
	t.body, problems = parsed, append(problems, wrong...)
	t.checkBulk(&problems)
	if strings.TrimSpace(body) == "" && len(problems) == 0 {
		problems.add(file, line, "the text stands below the head", "there is no text")
	}
	if len(problems) > 0 {
		return nil, problems
	}
	t.lint(&t.warnings)
	return t, nil
}

// take reads an entry of the head.
func (t *Template) take(problems *Problems, e entry) {
	parse := func(p place, source string) *text {
		parsed, wrong := parseText(t.file, e.line, e.key, p, source)
		*problems = append(*problems, wrong...)
		return parsed
	}
	switch e.key {
	case "style":
		possible := []string{string(compose.StyleMarkdown), string(compose.StylePlain), string(compose.StyleHTML)}
		if t.style = compose.Style(e.value); !slices.Contains(possible, e.value) {
			problems.add(t.file, e.line, config.Suggest(e.value, possible), "%s is not a style of text", quote(e.value))
		}
	case "attachments":
		t.attachments = append(t.attachments, parse(placePath, e.value))
	case "headers":
		name, value, found := strings.Cut(e.value, ":")
		if !found || strings.Contains(name, "{") {
			problems.add(t.file, e.line, "write it as - Keywords: concert, summer", "%s is not a header field", quote(e.value))
			return
		}
		t.headers = append(t.headers, header{strings.TrimSpace(name), e.line, parse(placeHeader, strings.TrimSpace(value))})
	case "unsubscribe", "list_id", "feedback_id", "only":
		t.takeBulk(problems, e)
	case "from", "cc", "bcc", "reply_to":
		t.fields[e.key] = parse(placeAddress, e.value)
	default:
		t.fields[e.key] = parse(placeHeader, e.value)
	}
}

// texts are all texts of the template, the head first.
func (t *Template) texts() (all []*text) {
	for _, key := range keys {
		if field := t.fields[key]; field != nil {
			all = append(all, field)
		}
	}
	all = append(all, t.attachments...)
	for _, h := range t.headers {
		all = append(all, h.value)
	}
	for _, w := range t.unsubscribe {
		all = append(all, w.text)
	}
	return append(all, t.body)
}

// check is what is wrong with the template and these columns; also what only looks wrong.
func (t *Template) check(columns []Column) Problems {
	problems := slices.Clone(t.warnings)
	for _, text := range t.texts() {
		problems = append(problems, text.check(columns, t.given())...)
	}
	has := func(use Use) bool { return slices.ContainsFunc(columns, func(c Column) bool { return c.Use == use }) }
	if t.fields["subject"] == nil && !has(UseSubject) {
		problems.add(t.file, 1, "the template begins with a line ---, then subject: …, then another line ---", "there is no subject")
	}
	if line := t.promisesFile(); line > 0 && len(t.attachments) == 0 && !has(UseAttachments) {
		problems.warn(t.file, line, "attachments: in the head of the template names files", "the text speaks of an attachment, and there is none")
	}
	return problems
}

// foreign are the marks of other programs, and of people, for what is to be
// filled in.
var foreign = regexp.MustCompile(`(\*\|\w+\|\*|<<\s*\w[\w ]*>>|«[^»\n]{1,40}»|%%\w+%%|\$\{\w+\}|\[(?i:first|last|full|your|their)?[ _]?(?i:name|company|email)\])(?:[^(]|$)`)

// lint finds what looks like a mistake.
func (t *Template) lint(problems *Problems) {
	for _, text := range []*text{t.fields["subject"], t.body} {
		if text == nil {
			continue
		}
		for _, token := range text.tokens {
			if token.Type != parser.TextTokenType {
				continue
			}
			if at := foreign.FindStringSubmatchIndex(token.Source); at != nil {
				line := token.SourceLoc.LineNo + strings.Count(token.Source[:at[2]], "\n")
				problems.warn(t.file, line, "a value is written {{ first_name }}", "%s stays as it is", quote(token.Source[at[2]:at[3]]))
			}
		}
	}
}

// promises are words of letters that have a file with them.
var promises = regexp.MustCompile(`(?i)\b(attached|attachment|enclosed|anbei|angehängt|beigefügt|im anhang|ci-joint|pièce jointe|adjunto|allegato|załącznik)`)

// promisesFile is the line that speaks of an attachment; 0: none does.
func (t *Template) promisesFile() int {
	at := promises.FindStringIndex(t.body.source)
	if at == nil {
		return 0
	}
	return t.body.line + strings.Count(t.body.source[:at[0]], "\n")
}

// isLocal tells that a path leads below the folder it is relative to.
func isLocal(path string) bool { return filepath.IsLocal(path) }

// clean is text of a template or a list as it stands in a problem, unquoted.
func clean(text string) string { return cleantext.Line(text) }
