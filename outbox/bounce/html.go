package bounce

import (
	"html"
	"strings"
)

// plainOf is the text of a page: what a person sees, a line a block.
func plainOf(page string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(page, '<')
		if open < 0 {
			break
		}
		b.WriteString(page[:open])
		page = page[open+1:]
		end := strings.IndexAny(page, "<>")
		if end < 0 || page[end] == '<' { // a "<" of the text
			b.WriteByte('<')
			continue
		}
		var tag string
		tag, page = page[:end], page[end+1:]
		switch name := tagName(tag); {
		case strings.Contains(tag, "@") && !strings.ContainsAny(tag, " ="): // <ana@example.org>, not escaped
			b.WriteString("<" + tag + ">")
		case hidden[name]:
			page = behind(page, name)
		case breaks[name]:
			b.WriteByte('\n')
		}
	}
	b.WriteString(page)
	return html.UnescapeString(b.String())
}

// hidden are the elements whose content nobody sees; breaks are those that begin
// or end a line.
var (
	hidden = map[string]bool{"style": true, "script": true, "title": true}
	breaks = map[string]bool{
		"br": true, "p": true, "div": true, "tr": true, "td": true, "th": true, "li": true, "h1": true, "h2": true, "h3": true,
		"h4": true, "table": true, "pre": true, "blockquote": true, "hr": true, "ul": true, "ol": true,
	}
)

func tagName(tag string) string {
	tag = strings.TrimPrefix(tag, "/")
	if end := strings.IndexAny(tag, " \t\r\n/"); end >= 0 {
		tag = tag[:end]
	}
	return strings.ToLower(tag)
}

// behind is what follows the end of an element. Without an end nothing does.
func behind(page, name string) string {
	for {
		end := strings.Index(page, "</")
		if end < 0 {
			return ""
		}
		page = page[end+2:]
		if len(page) >= len(name) && strings.EqualFold(page[:len(name)], name) {
			_, page, _ = strings.Cut(page, ">")
			return page
		}
	}
}
