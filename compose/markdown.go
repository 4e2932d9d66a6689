package compose

import (
	"bytes"
	"html"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	htmlrenderer "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// What is more than this was not written by hand, and some of it would take the
// parser minutes: its time grows with the square of nested quotes, of links that do
// not end and of the places that links are explained in.
const (
	maxMarkdown = 1 << 20 // octets
	maxNesting  = 50      // marks that begin a line
	maxLinks    = 1000
)

// markdown is a text in Markdown that was parsed.
type markdown struct {
	source    []byte
	root      ast.Node
	signature string // what stands below the line "-- ", which means nothing in Markdown
	engine    goldmark.Markdown
}

// writeMarkdown makes HTML of a text in Markdown. In StyleAuto it does so if
// there is markup in it.
func (p *parsed) writeMarkdown(problems *Problems, d Draft) {
	asked := d.Style == StyleMarkdown
	switch {
	case !asked && !mayHaveMarkup(d.Body):
		return
	case !isModest(d.Body) && asked:
		problems.add("body", "attach it as a file, or send it as plain text", "the text is too much to be read as Markdown")
		return
	case !isModest(d.Body):
		return
	}
	m := p.maker.markdown.parse(d.Body)
	if !asked && !p.hasMarkup(m) {
		return
	}
	for _, image := range m.images() {
		i, found := p.imageFor(destination(image.Destination))
		if !found {
			continue
		}
		// The text goes out too, and is not to tell where files are on this machine.
		p.text = hidePath(p.text, string(image.Destination), p.images[i].name)
	}
	p.html = func(ids []string) string {
		m.resolve(func(name string) (string, bool) {
			i, found := p.imageFor(name)
			if !found {
				return "", false
			}
			return "cid:" + ids[i], true
		})
		return m.html()
	}
}

// hidePath puts a name in place of a path in the links of a text.
func hidePath(text, path, name string) string {
	if !strings.ContainsAny(destination([]byte(path)), `/\`) {
		return text
	}
	if strings.ContainsAny(name, " ()<>") {
		name = url.PathEscape(name)
	}
	for _, opening := range []string{"](", "](<", "]: ", "]: <"} {
		text = strings.ReplaceAll(text, opening+path, opening+name)
	}
	return text
}

// mayHaveMarkup tells quickly, for nearly every text, that it has none.
func mayHaveMarkup(text string) bool { return strings.ContainsAny(text, "*#[`~|") }

// isModest tells that a text can be parsed in a moment.
func isModest(text string) bool {
	if len(text) > maxMarkdown || strings.Count(text, "](")+strings.Count(text, "]:") > maxLinks {
		return false
	}
	for line := range lines(text) {
		if nesting(line) > maxNesting {
			return false
		}
	}
	return true
}

// nesting is how many quotes and list items may begin with a line.
func nesting(line string) (n int) {
	for i := range len(line) {
		switch c := line[i]; {
		case c == '>':
			n++
		case c == ' ' || c == '\t':
			if i > 0 && strings.IndexByte("-*+.)", line[i-1]) >= 0 {
				n++
			}
		case strings.IndexByte("-*+.)0123456789", c) < 0:
			return n
		}
	}
	return n
}

// markdownEngine parses and writes Markdown. It is made when it is first needed,
// and takes as long as many short texts.
type markdownEngine struct {
	once     sync.Once
	goldmark goldmark.Markdown
}

func (e *markdownEngine) parse(body string) *markdown {
	e.once.Do(func() { e.goldmark = newGoldmark() })
	written, signature := cutSignature(body)
	source := []byte(written)
	return &markdown{source, e.goldmark.Parser().Parse(text.NewReader(source)), signature, e.goldmark}
}

// newGoldmark is all of goldmark but raw HTML, which stays text: a message is not
// to hold a form or an image from elsewhere because somebody pasted one, and what is
// meant as text, like <name>, is to be read.
func newGoldmark() goldmark.Markdown {
	p := parser.NewParser(
		parser.WithBlockParsers(
			util.Prioritized(parser.NewSetextHeadingParser(), 100),
			util.Prioritized(parser.NewThematicBreakParser(), 200),
			util.Prioritized(parser.NewListParser(), 300),
			util.Prioritized(parser.NewListItemParser(), 400),
			util.Prioritized(parser.NewCodeBlockParser(), 500),
			util.Prioritized(parser.NewATXHeadingParser(), 600),
			util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
			util.Prioritized(parser.NewBlockquoteParser(), 800),
			util.Prioritized(parser.NewParagraphParser(), 1000),
		),
		parser.WithInlineParsers(
			util.Prioritized(parser.NewCodeSpanParser(), 100),
			util.Prioritized(parser.NewLinkParser(), 200),
			util.Prioritized(parser.NewAutoLinkParser(), 300),
			util.Prioritized(parser.NewEmphasisParser(), 500),
		),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)
	return goldmark.New(goldmark.WithParser(p), goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
		// A line end is one in HTML too: both readers see the same lines.
		goldmark.WithRendererOptions(htmlrenderer.WithHardWraps()))
}

// cutSignature splits a text, with "\n" for its line ends, at the last line
// "-- ". In Markdown that would make a heading of the line above.
func cutSignature(body string) (written, signature string) {
	all := slices.Collect(lines(body))
	for i, line := range slices.Backward(all) {
		if line == signatureSeparator {
			return joinLines(all[:i]), joinLines(all[i:])
		}
	}
	return joinLines(all), ""
}

func joinLines(all []string) string {
	if len(all) == 0 {
		return ""
	}
	return strings.Join(all, "\n") + "\n"
}

// walk visits the nodes, not those inside of one for which visit gives false.
func (m *markdown) walk(visit func(n ast.Node) (inside bool)) {
	// The error is visit's, and it has none.
	_ = ast.Walk(m.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && !visit(n) {
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
}

// hasMarkup tells that a text was meant as Markdown. Lists, quotes, lines under a
// title and single words in backticks or underscores do not count: they read
// well as plain text, and stand in logs and programs. Neither does what others
// have written, in quotes.
func (p *parsed) hasMarkup(m *markdown) (found bool) {
	m.walk(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Blockquote:
			return false
		case *ast.Heading:
			found = found || n.Lines().Len() > 0 && m.hasHashes(n.Lines().At(0).Start)
		case *ast.FencedCodeBlock, *extast.Table, *extast.Strikethrough:
			found = true
		case *ast.Emphasis:
			found = found || m.isEmphasized(n)
		case *ast.Link:
			found = found || isLinkTarget(destination(n.Destination))
		case *ast.Image:
			name := destination(n.Destination)
			_, ours := p.imageFor(name)
			found = found || ours || isLinkTarget(name)
		}
		return !found
	})
	return found
}

// hasHashes tells "# title" from a title with a line under it.
func (m *markdown) hasHashes(start int) bool {
	line := m.source[bytes.LastIndexByte(m.source[:start], '\n')+1 : start]
	return bytes.IndexByte(line, '#') >= 0
}

// isEmphasized tells *this* from 2*3*4, x**2 and __init__.
func (m *markdown) isEmphasized(n *ast.Emphasis) bool {
	first, last := ast.Node(n), ast.Node(n)
	for first.FirstChild() != nil {
		first = first.FirstChild()
	}
	for last.LastChild() != nil {
		last = last.LastChild()
	}
	begin, ok1 := first.(*ast.Text)
	end, ok2 := last.(*ast.Text)
	if !ok1 || !ok2 {
		return false
	}
	before := bytes.TrimRight(m.source[:begin.Segment.Start], "*_`~")
	after := bytes.TrimLeft(m.source[end.Segment.Stop:], "*_`~")
	if !bytes.Contains(m.source[len(before):begin.Segment.Start], []byte("*")) {
		return false
	}
	left, _ := utf8.DecodeLastRune(before)
	right, _ := utf8.DecodeRune(after)
	return !isASCIIWord(left) && !isASCIIWord(right)
}

// isASCIIWord tells what stands in names and formulas. Other letters do not
// count: Chinese and Japanese have no spaces around a word.
func isASCIIWord(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// images are those that the text shows.
func (m *markdown) images() (all []*ast.Image) {
	m.walk(func(n ast.Node) bool {
		if image, ok := n.(*ast.Image); ok {
			all = append(all, image)
		}
		return true
	})
	return all
}

// destination is where a link leads, as the person meant it.
func destination(d []byte) string {
	if name, err := url.PathUnescape(string(d)); err == nil && utf8.ValidString(name) {
		return name
	}
	return string(d)
}

// isLinkTarget tells what a link may lead to. Anything else is a file of this
// machine, or a program of the reader's.
func isLinkTarget(dest string) bool {
	scheme, rest, found := strings.Cut(dest, ":")
	return found && rest != "" && slices.Contains([]string{"http", "https", "mailto"}, strings.ToLower(scheme))
}

// resolve settles what links and images become, once: an image that travels with
// the message is shown, one from elsewhere is a link, so that reading the message
// loads nothing; what leads nowhere is text.
func (m *markdown) resolve(show func(name string) (src string, ok bool)) {
	var nodes []ast.Node
	m.walk(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Link, *ast.Image, *ast.AutoLink:
			nodes = append(nodes, n)
		case *ast.Blockquote:
			n.SetAttributeString("style", []byte("margin:0 0 0 0.5em;padding-left:0.7em;border-left:2px solid #ccc"))
		case *extast.TableCell:
			n.SetAttributeString("style", []byte("border:1px solid #ccc;padding:0.2em 0.6em"))
		}
		return true
	})
	for _, n := range nodes {
		switch n := n.(type) {
		case *ast.Link:
			if !isLinkTarget(destination(n.Destination)) {
				unwrap(n, "", "")
			}
		case *ast.AutoLink:
			if n.AutoLinkType != ast.AutoLinkEmail && !isLinkTarget(string(n.URL(m.source))) {
				n.Parent().ReplaceChild(n.Parent(), n, ast.NewString(n.Label(m.source)))
			}
		case *ast.Image:
			m.resolveImage(n, show)
		}
	}
}

func (m *markdown) resolveImage(n *ast.Image, show func(name string) (src string, ok bool)) {
	name := destination(n.Destination)
	src, ours := show(name)
	switch {
	case ours:
		n.Destination = []byte(src)
	case isLinkTarget(name) && isInside[*ast.Link](n.Parent()): // and a link in a link is none
		unwrap(n, "", "")
	case isLinkTarget(name):
		link := ast.NewLink()
		link.Destination = n.Destination
		if n.FirstChild() == nil {
			link.AppendChild(link, ast.NewString(n.Destination))
		}
		for child := n.FirstChild(); child != nil; child = n.FirstChild() {
			link.AppendChild(link, child)
		}
		n.Parent().ReplaceChild(n.Parent(), n, link)
	default:
		unwrap(n, "![", "]("+string(n.Destination)+")")
	}
}

// isInside tells that a node, or one around it, is of a kind.
func isInside[T ast.Node](n ast.Node) bool {
	for ; n != nil; n = n.Parent() {
		if _, is := n.(T); is {
			return true
		}
	}
	return false
}

// unwrap puts what is in a node in its place, between two texts.
func unwrap(n ast.Node, before, after string) {
	parent := n.Parent()
	parent.InsertBefore(parent, n, ast.NewString([]byte(before)))
	for child := n.FirstChild(); child != nil; child = n.FirstChild() {
		parent.InsertBefore(parent, n, child)
	}
	parent.ReplaceChild(parent, n, ast.NewString([]byte(after)))
}

// html is the whole document. Its style is in it and plain, since readers take
// the rest away.
func (m *markdown) html() string {
	var b bytes.Buffer
	b.WriteString("<!DOCTYPE html>\n<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\n</head>\n<body>\n")
	// It writes into memory, and only that could fail.
	_ = m.engine.Renderer().Render(&b, m.source, m.root)
	if m.signature != "" {
		b.WriteString("<div style=\"color:#666\">\n")
		for line := range lines(m.signature) {
			b.WriteString(html.EscapeString(line) + "<br>\n")
		}
		b.WriteString("</div>\n")
	}
	b.WriteString("</body>\n</html>\n")
	return b.String()
}
