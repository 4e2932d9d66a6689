package importer

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// muttSetting is a variable of mutt and where it was set last.
type muttSetting struct {
	value muttValue
	at    Place
}

// muttHook is a command that mutt runs on an occasion.
type muttHook struct {
	kind, pattern, command string
	at                     Place
}

// muttState is what a muttrc has come to.
type muttState struct {
	reader *reader
	vars   map[string]muttSetting
	hooks  []muttHook
	notes  []Note
}

func readMutt(r *reader, paths []string) ([]Found, error) {
	path, text, err := r.single(paths)
	if err != nil {
		return nil, err
	}
	return parseMutt(r, path, text), nil
}

// parseMutt gives the account that a muttrc begins with, and those that its hooks
// go over to.
func parseMutt(r *reader, path, text string) []Found {
	s := &muttState{reader: r, vars: make(map[string]muttSetting)}
	s.file(path, text, 0)
	base := *s
	base.accountHooks()
	var found []Found
	if base.sends() {
		f := base.found(Place{path, 0})
		f.Default = true
		found = append(found, f)
	}
	for _, hook := range s.hooks {
		switch hook.kind {
		case "folder-hook", "send-hook", "send2-hook", "reply-hook", "startup-hook":
			if f, ok := s.hooked(hook, base); ok {
				found = append(found, f)
			}
		}
	}
	if len(found) > 0 {
		found[0].Notes = append(found[0].Notes, s.notes...)
	}
	return found
}

// hooked is the account that a hook goes over to, if it is another one.
func (s *muttState) hooked(hook muttHook, base muttState) (Found, bool) {
	then := muttState{reader: s.reader, vars: maps.Clone(s.vars), hooks: slices.Clone(s.hooks)}
	then.line(hook.at, hook.command, 1)
	then.accountHooks()
	if !then.sends() || then.same(base, "smtp_url") && then.same(base, "from") {
		return Found{}, false
	}
	f := then.found(hook.at)
	f.Notes = append(f.Notes, then.notes...)
	return f, true
}

// same tells that a variable is in both states what it is in the other.
func (s *muttState) same(other muttState, name string) bool {
	return slices.Equal(s.vars[name].value, other.vars[name].value)
}

func (s *muttState) sends() bool { return len(s.vars["smtp_url"].value) > 0 }

// file reads a file into the state.
func (s *muttState) file(path, text string, depth int) {
	text = strings.ReplaceAll(text, "\x00", "")
	muttLines(text, func(number int, line string) { s.line(Place{path, number}, line, depth) })
}

func (s *muttState) line(at Place, line string, depth int) {
	w := &muttWords{line: line, vars: s.lookup}
	for {
		if w.more() {
			command, _ := w.word("").plain(s.reader.machine)
			s.command(at, w, command, depth)
		}
		if !w.next() {
			return
		}
	}
}

func (s *muttState) note(at Place, text string) { s.notes = append(s.notes, Note{at, text}) }

// lookup gives what a variable holds; the environment goes first, as in mutt.
func (s *muttState) lookup(name string) (muttValue, bool) {
	if s.reader.machine.env(name) != "" {
		return nil, false
	}
	setting, ok := s.vars[name]
	return setting.value, ok
}

func (s *muttState) command(at Place, w *muttWords, command string, depth int) {
	switch command {
	case "set":
		for w.more() {
			s.set(at, w)
		}
	case "unset", "reset":
		for w.more() {
			name, _ := w.word("").plain(s.reader.machine)
			delete(s.vars, name)
			if command == "unset" && isSwitch(name) {
				s.vars[name] = muttSetting{muttValue{{muttText, "no"}}, at}
			}
		}
	case "source":
		for w.more() {
			s.source(at, w.word(""), depth)
		}
	case "folder-hook", "account-hook", "send-hook", "send2-hook", "reply-hook", "startup-hook":
		s.hook(at, w, command)
	case "macro":
		if i := strings.Index(w.line[w.at:], "source "); i >= 0 {
			s.note(at, "a macro reads another file, which is left out: for its account say sendoff account import FILE")
		}
	case "ifdef", "ifndef":
		if strings.Contains(w.line, "smtp_") {
			s.note(at, command+" is left out")
		}
	}
}

// set reads one "name=value", "name", "noname" or "invname".
func (s *muttState) set(at Place, w *muttWords) {
	m := s.reader.machine
	name, _ := w.word("=").plain(m)
	w.blanks()
	if w.at >= len(w.line) || w.line[w.at] != '=' {
		value := "yes"
		if positive, negated := strings.CutPrefix(name, "no"); negated && isSwitch(positive) {
			name, value = positive, "no"
		}
		if isSwitch(name) {
			s.vars[name] = muttSetting{muttValue{{muttText, value}}, at}
		}
		return
	}
	w.at++
	added := strings.HasSuffix(name, "+")
	name = strings.TrimSuffix(name, "+")
	value := w.word("")
	if added {
		value = append(slices.Clone(s.vars[name].value), value...)
	}
	size := 0
	for _, part := range value {
		size += len(part.text)
	}
	if name != "" && size <= maxMuttValue {
		s.vars[name] = muttSetting{value, at}
	}
}

// isSwitch tells the variables that are yes or no and that we look at.
func isSwitch(name string) bool {
	return slices.Contains([]string{"ssl_starttls", "ssl_force_tls", "ssl_verify_host", "ssl_verify_dates"}, name)
}

func (s *muttState) source(at Place, value muttValue, depth int) {
	path, ok := value.plain(s.reader.machine)
	switch {
	case !ok:
		s.note(at, "source is left out: a command says what it reads")
		return
	case strings.HasSuffix(strings.TrimSpace(path), "|"):
		s.note(at, "source is left out: it is the output of a command. If a password is set there, name a command that prints it: sendoff account secret NAME")
		return
	case path == "":
		return
	}
	path = s.reader.machine.expand(path, filepath.Dir(at.File))
	text, err := s.reader.read(path, depth+1)
	if err != nil {
		s.note(at, "source cannot be read: "+reason(err))
		return
	}
	s.file(path, text, depth+1)
}

// hook keeps "hook [!]pattern command".
func (s *muttState) hook(at Place, w *muttWords, kind string) {
	const most = 100 // each may go over to an account, and each is looked at for each
	m := s.reader.machine
	pattern, ok := "", true
	if kind != "startup-hook" {
		pattern, ok = w.word("").plain(m)
	}
	if pattern == "-noregex" {
		pattern, ok = w.word("").plain(m)
		pattern = regexp.QuoteMeta(pattern)
	}
	var words []string
	for w.more() {
		word, plain := w.word("").plain(m)
		ok = ok && plain
		words = append(words, word)
	}
	line := strings.Join(words, " ")
	switch {
	case !ok:
		s.note(at, kind+" is left out: a command is in it")
	case !strings.Contains(line, "set ") && !strings.Contains(line, "source "): // it changes nothing that is of use here
	case len(s.hooks) == most:
		s.note(at, "this hook and those behind it are left out: there are too many")
		s.hooks = append(s.hooks, muttHook{})
	case len(s.hooks) < most:
		s.hooks = append(s.hooks, muttHook{kind, pattern, line, at})
	}
}

// accountHooks does what mutt does when it reaches a server.
func (s *muttState) accountHooks() {
	s.vars = maps.Clone(s.vars)
	for _, hook := range s.hooks {
		if hook.kind != "account-hook" {
			continue
		}
		pattern, inverted := strings.CutPrefix(hook.pattern, "!")
		for _, name := range []string{"folder", "spoolfile", "smtp_url"} {
			url, _ := s.vars[name].value.plain(s.reader.machine)
			if strings.Contains(url, "://") && muttMatches(pattern, url) != inverted {
				s.line(hook.at, hook.command, 1)
				break
			}
		}
	}
}

// muttMatches tells that a pattern, as mutt has them, fits. Go's expressions need
// no more time than a line of text, whatever the pattern.
func muttMatches(pattern, text string) bool {
	compiled, err := regexp.Compile("(?i)" + pattern)
	if err != nil {
		return strings.Contains(text, pattern)
	}
	return compiled.MatchString(text)
}
