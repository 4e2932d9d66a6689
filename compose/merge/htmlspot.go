package merge

import (
	"html"
	"slices"
	"strings"
)

// htmlState is where in HTML a place is.
type htmlState int

const (
	htmlText    htmlState = iota
	htmlTag               // behind "<" and a letter, outside of quotation marks
	htmlQuoted            // in quotation marks of an attribute
	htmlRaw               // in a script or a style
	htmlComment           // in <!-- -->
)

// htmlBefore follows what of a text in HTML stands before a place. It reads as
// browsers do, as far as what is written by hand needs it.
type htmlBefore struct {
	state     htmlState
	tag       string // its beginning, up to here
	quote     byte
	raw       string // the name of what ends htmlRaw
	attribute string
	value     string // of it, up to here
}

func (h *htmlBefore) add(source string) {
	for i := 0; i < len(source); i++ {
		rest := source[i:]
		switch h.state {
		case htmlText:
			switch {
			case strings.HasPrefix(rest, "<!--"):
				h.state = htmlComment
			case len(rest) > 1 && rest[0] == '<' && (isLetter(rest[1]) || rest[1] == '/' || rest[1] == '!'):
				h.state, h.tag = htmlTag, ""
			case rest == "<":
				h.state, h.tag = htmlTag, "" // a value would name the tag
			}
		case htmlComment:
			if strings.HasPrefix(rest, "-->") {
				h.state = htmlText
			}
		case htmlRaw:
			if end := "</" + h.raw; len(rest) >= len(end) && strings.EqualFold(rest[:len(end)], end) {
				h.state, h.tag = htmlTag, ""
			}
		case htmlQuoted:
			if source[i] == h.quote {
				h.state = htmlTag
				h.tag += `"`
			} else {
				h.value += source[i : i+1]
			}
		case htmlTag:
			h.addToTag(source[i])
		}
	}
}

// addToTag reads one octet outside of quotation marks.
func (h *htmlBefore) addToTag(c byte) {
	trimmed := strings.TrimRight(h.tag, " \t\r\n")
	switch {
	case c == '>':
		h.state = htmlText
		if name := tagName(h.tag); slices.Contains(raws, name) {
			h.state, h.raw = htmlRaw, name
		}
	case (c == '"' || c == '\'') && strings.HasSuffix(trimmed, "="):
		name := strings.TrimRight(strings.TrimSuffix(trimmed, "="), " \t\r\n")
		h.attribute = strings.ToLower(name[strings.LastIndexAny(name, " \t\r\n\"/")+1:])
		h.state, h.quote, h.value = htmlQuoted, c, ""
	default:
		h.tag += string(c)
	}
}

func tagName(tag string) string {
	name, _, _ := strings.Cut(strings.Map(func(r rune) rune {
		if r == '\t' || r == '\r' || r == '\n' || r == '/' {
			return ' '
		}
		return r
	}, tag), " ")
	return strings.ToLower(name)
}

// raws are the tags between which an entity is none, so that a value cannot be
// escaped there.
var raws = []string{"script", "style", "xmp", "iframe"}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// links are the attributes that name what is loaded or gone to.
var links = []string{"href", "src", "action", "formaction", "background", "poster", "cite", "data", "xlink:href"}

// spot is what stands around a value here; problem says why none can stand here.
func (h *htmlBefore) spot() (s spot, problem string) {
	isLink := slices.Contains(links, h.attribute)
	switch h.state {
	case htmlTag:
		return s, "a value in a tag needs quotation marks around it"
	case htmlRaw:
		return s, "a value cannot stand in <" + h.raw + ">"
	case htmlQuoted:
		if h.attribute == "style" || h.attribute == "srcset" || h.attribute == "srcdoc" || strings.HasPrefix(h.attribute, "on") {
			return s, "a value cannot stand in the attribute " + h.attribute
		}
		s.link = isLink && strings.TrimSpace(html.UnescapeString(h.value)) == ""
		s.part = isLink && !s.link
	}
	return s, ""
}

// schemes are those that a link may have which a cell writes.
var schemes = []string{"http", "https", "mailto", "tel"}

// isHarmless tells a link, or a name of a file, that does nothing but lead
// somewhere. Browsers pass over white space in "java script:".
func isHarmless(link string) bool {
	link = strings.ToLower(strings.Join(strings.Fields(link), ""))
	before, _, found := strings.Cut(link, ":")
	return !found || strings.ContainsAny(before, "/?#") || slices.Contains(schemes, before)
}
