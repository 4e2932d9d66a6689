package bounce

import (
	"cmp"
	"strings"
)

// words is the text of a report by lines, to find what it says of a recipient.
type words struct {
	lines    []string
	mentions []mention
	entry    map[int]bool     // the lines that an entry begins
	places   map[string][]int // the lines that name an address, which is in lower case
	head     string
	subject  string
}

func newWords(m *mail) *words {
	w := &words{
		head: m.head(), subject: strings.ToLower(m.header.text("subject")),
		entry: make(map[int]bool), places: make(map[string][]int),
	}
	for line := range strings.Lines(m.text[:min(len(m.text), maxSaid)]) {
		line = strings.TrimRight(line, " \t\r\n")
		line = line[:min(len(line), maxWords)]
		for _, f := range addressesIn(line) {
			address, place := strings.ToLower(f.address), len(w.lines)
			if places := w.places[address]; len(places) == 0 || places[len(places)-1] != place {
				w.places[address] = append(places, place)
			}
		}
		w.lines = append(w.lines, line)
	}
	w.mentions = mentionsIn(w.lines)
	for _, m := range w.mentions {
		w.entry[m.line] = w.entry[m.line] || m.form == entry
	}
	return w
}

// names tells whether an address stands in the text.
func (w *words) names(address string) bool { return len(w.places[strings.ToLower(address)]) > 0 }

// typed is the address that a recipient stands for, by Postfix's words: "<box17@store.example.org>
// (expanded from <ana@example.org>): ...". "" if there are none.
func (w *words) typed(address string) string {
	for _, place := range w.places[strings.ToLower(address)] {
		_, behind, ok := strings.Cut(w.lines[place], address+"> (expanded from <")
		if typed, _, closed := strings.Cut(behind, ">"); ok && closed && isAddress(typed) {
			return typed
		}
	}
	return ""
}

// complete fills in what a recipient lacks from what the text says of it: why,
// and the address that was typed, where only the text knows it.
func (w *words) complete(r *Recipient, alone bool) {
	w.explain(r, alone)
	if r.Original == "" {
		r.Address = cmp.Or(w.typed(r.Address), r.Address)
	}
}

func (w *words) explain(r *Recipient, alone bool) {
	if found := codesIn(r.Diagnostic); found.at >= 0 {
		r.Code = found.code
		r.Status = surer(r.Status, found.status)
	}
	if r.Diagnostic != "" && r.Status != "" {
		r.Diagnostic = shorten(r.Diagnostic)
		return
	}
	for _, text := range w.about(r.Address, alone) {
		found := codesIn(text)
		if found.at < 0 {
			if r.Status != "" { // with a reason already; only what belongs to the address may add to it
				text = reply(text, codes{code: 1})
			}
			if r.Diagnostic == "" {
				r.Diagnostic = shorten(text)
			}
			continue
		}
		if r.Status == "" {
			r.Status = found.status
		}
		if r.Code == 0 {
			r.Code = found.code
		}
		if r.Diagnostic == "" {
			r.Diagnostic = shorten(reply(text, found))
		}
		return
	}
}

// surer is the status of a report, or that of the words it repeats where those
// tell more: a gateway that was told 550 5.1.1 often reports 5.0.0.
func surer(reported, said string) string {
	if reported == "" || said != "" && said[0] == reported[0] && reported[1:] == ".0.0" {
		return said
	}
	return reported
}

// about are the texts that may say why, the surest first: what stands below the
// address in a list, the lines that name it, and, for who is alone, all below
// it, and all.
func (w *words) about(address string, alone bool) []string {
	var below, naming strings.Builder
	places := w.places[strings.ToLower(address)]
	for i, place := range places {
		line := cmp.Or(behindAddress(w.lines[place], address), w.lines[place])
		for _, text := range []*strings.Builder{&below, &naming} {
			if text.Len() < maxWords {
				text.WriteString(line + "\n")
			}
		}
		next := len(w.lines) // that names it
		if i+1 < len(places) {
			next = places[i+1]
		}
		for at := place + 1; at < next && below.Len() < maxWords && !w.entry[at] && !isRule(w.lines[at]); at++ {
			below.WriteString(w.lines[at] + "\n")
		}
	}
	texts := []string{below.String(), naming.String()}
	if alone && len(places) > 0 {
		first := cmp.Or(behindAddress(w.lines[places[0]], address), w.lines[places[0]])
		texts = append(texts, first+"\n"+join(w.lines[places[0]+1:]))
	}
	if alone {
		texts = append(texts, join(w.lines))
	}
	return texts
}

// join makes a text of so many lines as may have to do with one recipient.
func join(lines []string) string { return strings.Join(lines[:min(len(lines), 200)], "\n") }

// isRule tells a line that parts one thing from the next.
func isRule(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, "---") || strings.HasPrefix(line, "===") || line != "" && strings.Trim(line, decoration) == ""
}

// behindAddress is what stands behind an address that begins a line, "" if it
// does not.
func behindAddress(line, address string) string {
	trimmed := strings.TrimLeft(strings.TrimLeft(line, bullets), opening)
	if len(trimmed) < len(address) || !strings.EqualFold(trimmed[:len(address)], address) {
		return ""
	}
	return " " + strings.TrimLeft(trimmed[len(address):], closing+":;,.")
}

// reply are the words around a code: from there to an empty line. A status alone
// stands in the middle of them or at their end.
func reply(text string, found codes) string {
	start := found.at
	if found.code == 0 {
		start = strings.LastIndex(text[:start], "\n\n") + 1
	}
	text = text[start:]
	if end := strings.Index(text[found.at-start:], "\n\n"); end >= 0 {
		text = text[:found.at-start+end]
	}
	return text
}

// shorten makes one line of text, of the length that is given.
func shorten(text string) string {
	var b strings.Builder
	for word := range strings.FieldsSeq(text) {
		if b.Len()+len(word) >= maxDiagnostic {
			break
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	return b.String()
}

// localName is a name without a domain that stands alone below the words that
// begin a list, as for the server's own users.
func (w *words) localName() string {
	listed := false
	for _, line := range w.lines {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" {
			continue
		}
		if name, _, _ := strings.Cut(strings.ReplaceAll(trimmed, "\t", "  "), "  "); listed && trimmed != line && isName(name) {
			return name
		}
		listed = strings.HasSuffix(trimmed, ":") || listed && trimmed == line
	}
	return ""
}

func isName(s string) bool {
	for i := range len(s) {
		if !isAlnum(s[i]) && strings.IndexByte("._-+", s[i]) < 0 {
			return false
		}
	}
	return len(s) <= 64
}
