package ui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// question is asked in the last lines, and takes the keys until it is answered.
type question struct {
	text    string // clean
	answers []answer
	keys    []key.Binding // of the answers
	no      key.Binding
	unsaved bool // it is that of askQuitUnsaved

	declined func() tea.Cmd // follows on no; nil: nothing does
	follow   func() tea.Cmd // follows whenever the outbox has changed; nil: what is asked stays true
}

// answer is what can be said to a question.
type answer struct {
	what   string // in a word or two, clean
	action string // whose keys say it; "": those are the number of the answer
	do     func() tea.Cmd
}

// ask puts a question. Whatever is not one of the answers or no is ignored, so
// that a key typed a moment too early does no harm.
func (d *desk) ask(text, no string, answers ...answer) {
	q := &question{text: text, no: d.bound(no, "question.no"), answers: answers}
	for i, a := range answers {
		if a.action == "" {
			q.keys = append(q.keys, numbered(a.what, i+1))
			continue
		}
		q.keys = append(q.keys, d.bound(a.what, a.action))
	}
	d.leave()
	d.question = q
}

// yes is the answer that most questions have.
func yes(what string, do func() tea.Cmd) answer { return answer{what, "question.yes", do} }

// answer handles a key while a question stands.
func (d *desk) answer(msg tea.KeyPressMsg) tea.Cmd {
	q := d.question
	for i, a := range q.answers {
		if key.Matches(msg, q.keys[i]) {
			d.question = nil
			return a.do()
		}
	}
	if key.Matches(msg, q.no) {
		d.question = nil
		if q.declined != nil {
			return q.declined()
		}
	}
	return nil
}

// followQuestion has the question that is asked look at what has changed.
func (d *desk) followQuestion() tea.Cmd {
	if d.question == nil || d.question.follow == nil {
		return nil
	}
	return d.question.follow()
}

// withdraw takes a question back that asks of something else than there is by now. Its
// keys are not given another meaning: they may be on their way already.
func (d *desk) withdraw(why string) tea.Cmd {
	d.question = nil
	return d.say(why)
}

// questionLines are the question as the screen has room for it.
func (d *desk) questionLines() []keyedLine {
	most := 1
	switch {
	case d.height >= twoLinesFrom:
		most = 4
	case d.height >= ruleFrom:
		most = 2
	}
	return d.question.lines(d.styles, max(d.width-2, 1), most, max(most, d.height/2))
}

// lines is the question with its answers, which stay whole: behind it, or below it where
// a line has no room for both. Where it needs more than most lines it has up to utmost.
func (q *question) lines(s *styles, width, most, utmost int) []keyedLine {
	keys := keyLines(append(slices.Clone(q.keys), q.no), width)
	room := width - keys[0].end() - 2
	switch {
	case len(keys) == 1 && ansi.StringWidth(q.text) <= room, most == 1 && len(keys) == 1 && room >= leastAsked:
		return []keyedLine{keys[0].behind(s.bold.Render(cut(q.text, room)) + "  ")}
	case len(keys) >= utmost:
		return q.shortest(s, width, utmost)
	}
	var lines []keyedLine
	for _, line := range upTo(wrap(q.text, width), utmost-len(keys), width) {
		lines = append(lines, keyedLine{text: s.bold.Render(line)})
	}
	return append(lines, keys...)
}

// leastAsked is the room in which a question can be told from another.
const leastAsked = 8

// shortest is the question with the keys alone, yes and no first, where there is no room to
// say what they do.
func (q *question) shortest(s *styles, width, most int) []keyedLine {
	var first, rest []key.Binding
	for i, a := range q.answers {
		if a.action == "question.yes" {
			first = append(first, q.keys[i])
			continue
		}
		rest = append(rest, q.keys[i])
	}
	all := shortened(inFooter(slices.Concat(first, []key.Binding{q.no}, rest)), func(string) string { return "" })
	text, _, long := strings.Cut(q.text, "? ")
	if long {
		text += "?"
	}
	keys := layKeys(all, 1, width)
	room := width - layKeys(all, 1, anyWidth).end() - 1
	switch {
	case ansi.StringWidth(text) <= room, most == 1 && room >= leastAsked:
		return []keyedLine{keys.behind(s.bold.Render(cut(text, room)) + " ")}
	case most == 1:
		text = cut(text, width-1) + " "
		return []keyedLine{layKeys(all, 1, width-ansi.StringWidth(text)).behind(s.bold.Render(text))}
	}
	return []keyedLine{{text: s.bold.Render(cut(text, width))}, keys}
}

// askQuitUnsaved is asked where quitting would lose what was written.
func (d *desk) askQuitUnsaved() tea.Cmd {
	d.ask("Quit and lose the text? It could not be saved.", "stay", yes("quit", func() tea.Cmd { return tea.Quit }))
	d.question.unsaved = true
	return nil
}
