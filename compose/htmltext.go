package compose

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"sendoff/internal/cleantext"
)

// htmlColumn is where the text of HTML is wrapped.
const htmlColumn = 72

// textFromHTML is HTML as a person would have typed it: paragraphs, lists, quotes
// and the targets of links. It has no control characters but line ends and tabs.
func textFromHTML(source string) string {
	m := textMaker{}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end: a string gives no other error
			m.end()
			return m.out.String()
		case html.TextToken:
			m.text(z.Token().Data)
		case html.StartTagToken:
			m.start(z.Token())
		case html.SelfClosingTagToken:
			t := z.Token()
			m.start(t)
			if !isVoid(t.DataAtom) {
				m.stop(t.DataAtom)
			}
		case html.EndTagToken:
			m.stop(z.Token().DataAtom)
		}
	}
}

// textMaker makes text of HTML from one tag to the next.
type textMaker struct {
	out    strings.Builder
	line   strings.Builder // the paragraph that is being read
	gap    int             // line ends that are due before the next
	hidden int             // elements around that are not shown
	pre    int
	quotes int
	lists  []int  // of each list around: the number of its last item; negative: it has no numbers
	marker string // of a list item, for the next line
	link   string // where the text leads from linkAt on
	linkAt int
}

// hiddenElements hold nothing to read.
var hiddenElements = []atom.Atom{atom.Head, atom.Style, atom.Script, atom.Template, atom.Title, atom.Noscript, atom.Select, atom.Textarea}

// paragraphs have an empty line around them, lineElements a line to themselves.
var (
	paragraphs   = []atom.Atom{atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Dl, atom.Figure, atom.Hr}
	lineElements = []atom.Atom{
		atom.Div, atom.Tr, atom.Li, atom.Dt, atom.Dd, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Nav,
		atom.Address, atom.Form, atom.Figcaption, atom.Caption, atom.Body, atom.Html, atom.Center, atom.Fieldset,
	}
)

// isVoid tells the elements that have no end tag.
func isVoid(a atom.Atom) bool {
	return slices.Contains([]atom.Atom{atom.Br, atom.Hr, atom.Img, atom.Meta, atom.Link, atom.Input, atom.Col, atom.Wbr, atom.Area, atom.Base, atom.Embed, atom.Source, atom.Track}, a)
}

func (m *textMaker) start(t html.Token) {
	a := t.DataAtom
	switch {
	case slices.Contains(hiddenElements, a):
		m.hidden++
	case m.hidden > 0:
	case a == atom.Br:
		m.lineBreak()
	case a == atom.Hr:
		m.block(2)
		m.line.WriteString("----------")
		m.block(2)
	case a == atom.Img:
		if alt := strings.TrimSpace(attribute(t, "alt")); alt != "" {
			m.text("[" + alt + "]")
		}
	case a == atom.A:
		m.endLink()
		m.link, m.linkAt = attribute(t, "href"), m.line.Len()
	case a == atom.Td || a == atom.Th:
		if strings.TrimSpace(m.line.String()) != "" {
			m.line.WriteString(" | ")
		}
	case a == atom.Blockquote:
		m.block(2)
		m.quotes++
	case a == atom.Pre:
		m.block(2)
		m.pre++
	case a == atom.Ul || a == atom.Ol:
		m.startList(a)
	case a == atom.Li:
		m.startItem()
	case slices.Contains(paragraphs, a):
		m.block(2)
	case slices.Contains(lineElements, a):
		m.block(1)
	}
}

func (m *textMaker) stop(a atom.Atom) {
	switch {
	case slices.Contains(hiddenElements, a):
		m.hidden = max(m.hidden-1, 0)
	case a == atom.Body || a == atom.Html:
		m.hidden = 0 // a head that did not end
		m.block(1)
	case m.hidden > 0:
	case a == atom.A:
		m.endLink()
	case a == atom.Blockquote:
		m.block(2)
		m.quotes = max(m.quotes-1, 0)
	case a == atom.Pre:
		m.block(2)
		m.pre = max(m.pre-1, 0)
	case a == atom.Ul || a == atom.Ol:
		m.block(1)
		if len(m.lists) > 0 {
			m.lists = m.lists[:len(m.lists)-1]
		}
		if len(m.lists) == 0 {
			m.block(2)
		}
	case slices.Contains(paragraphs, a):
		m.block(2)
	case slices.Contains(lineElements, a):
		m.block(1)
	}
}

func (m *textMaker) startList(a atom.Atom) {
	gap := 2
	if len(m.lists) > 0 {
		gap = 1
	}
	m.block(gap)
	first := -1
	if a == atom.Ol {
		first = 0
	}
	m.lists = append(m.lists, first)
}

func (m *textMaker) startItem() {
	m.block(1)
	m.marker = "- "
	if n := len(m.lists); n > 0 && m.lists[n-1] >= 0 {
		m.lists[n-1]++
		m.marker = fmt.Sprintf("%d. ", m.lists[n-1])
	}
}

// text adds what is to be read. White space is one space, but for what is
// preformatted.
func (m *textMaker) text(s string) {
	if m.hidden > 0 || s == "" {
		return
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r == '\f' || r == '\u00a0' || r == '\u2028' || r == '\u2029':
			return ' '
		case cleantext.Unsafe(r):
			return -1
		}
		return r
	}, s)
	if m.pre > 0 {
		m.line.WriteString(s)
		return
	}
	words := strings.Fields(s)
	if len(words) == 0 || s[0] == ' ' || s[0] == '\n' || s[0] == '\t' {
		m.space()
	}
	m.line.WriteString(strings.Join(words, " "))
	if len(words) > 0 && strings.ContainsAny(s[len(s)-1:], " \n\t") {
		m.space()
	}
}

// space adds one, if there is none.
func (m *textMaker) space() {
	if s := m.line.String(); s != "" && !strings.HasSuffix(s, " ") && !strings.HasSuffix(s, "\n") {
		m.line.WriteByte(' ')
	}
}

// endLink says where a link leads, unless it says so itself.
func (m *textMaker) endLink() {
	link, label := m.link, ""
	if m.linkAt <= m.line.Len() {
		label = strings.TrimSpace(m.line.String()[m.linkAt:])
	}
	m.link = ""
	bare := func(s string) string {
		for _, prefix := range []string{"mailto:", "https://", "http://", "www."} {
			s = strings.TrimPrefix(s, prefix)
		}
		return strings.TrimSuffix(s, "/")
	}
	if !isLinkTarget(link) || strings.ContainsFunc(link, unicode.IsSpace) || bare(label) == bare(link) {
		return
	}
	m.space()
	m.text("<" + link + ">")
}

// lineBreak ends a line of a paragraph; it is kept for write.
func (m *textMaker) lineBreak() {
	if m.line.Len() == 0 && m.out.Len() > 0 {
		m.gap = min(m.gap+1, 3)
		return
	}
	m.line.WriteByte('\n')
}

// block ends the paragraph, and asks for line ends before the next.
func (m *textMaker) block(gap int) {
	if m.link != "" {
		m.linkAt = min(m.linkAt, m.line.Len())
	}
	text := strings.TrimRight(m.line.String(), " \n\t")
	if m.pre == 0 {
		text = strings.TrimLeft(text, " \n")
	}
	m.line.Reset()
	m.linkAt = 0
	if text != "" {
		m.write(text)
	}
	if m.out.Len() > 0 {
		m.gap = max(m.gap, gap)
	}
}

// write puts a paragraph out, in quotes, lists and lines of some width.
func (m *textMaker) write(text string) {
	const deepest = 10 // what is deeper leaves no room for a text
	quote := strings.Repeat("> ", min(m.quotes, deepest))
	indent := strings.Repeat("  ", min(max(len(m.lists)-1, 0), deepest))
	first, rest := quote+indent+m.marker, quote+indent+strings.Repeat(" ", len(m.marker))
	if m.marker == "" && len(m.lists) > 0 { // another paragraph of an item
		first, rest = first+"  ", rest+"  "
	}
	m.marker = ""
	for range m.gap {
		m.out.WriteString("\n")
	}
	m.gap = 1
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			m.out.WriteString("\n")
		}
		pieces := []string{line}
		if m.pre == 0 {
			pieces = wrap(strings.TrimSpace(line), htmlColumn-len(first))
		}
		for j, piece := range pieces {
			if j > 0 {
				m.out.WriteString("\n")
			}
			written := strings.TrimRight(first+piece, " ")
			if written == "--" && m.pre == 0 { // its space is what makes a signature of it, and HTML has dropped that
				written = signatureSeparator
			}
			m.out.WriteString(written)
			first = rest
		}
	}
}

func (m *textMaker) end() {
	m.endLink()
	m.block(0)
	if m.out.Len() > 0 {
		m.out.WriteString("\n")
	}
}

// wrap breaks a line at spaces to keep within a number of characters. A word
// that is longer stays whole: it may be the address of a page.
func wrap(line string, width int) (pieces []string) {
	piece, length := "", 0
	for word := range strings.SplitSeq(line, " ") {
		n := utf8.RuneCountInString(word)
		if piece != "" && length+1+n > width {
			pieces, piece, length = append(pieces, piece), "", 0
		}
		if piece != "" {
			piece, length = piece+" ", length+1
		}
		piece, length = piece+word, length+n
	}
	return append(pieces, piece)
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
