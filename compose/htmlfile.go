package compose

import (
	"strings"

	"golang.org/x/net/html"
)

// writeHTML takes a text that is HTML as it stands, and makes the plain text of
// it for those who read that. Only the images that go with it are named anew.
func (p *parsed) writeHTML(source string) {
	p.text = textFromHTML(source)
	renameImages(source, func(name string) string { p.imageFor(name); return name })
	p.html = func(ids []string) string {
		return renameImages(source, func(name string) string {
			if i, found := p.imageFor(name); found {
				return "cid:" + ids[i]
			}
			return name
		})
	}
}

// renameImages gives the images of HTML the sources that rename makes of theirs.
// All else stays, byte for byte.
func renameImages(source string, rename func(src string) string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(source))
	for z.Next() != html.ErrorToken { // which is the end: a string gives no other error
		raw := string(z.Raw())
		token := z.Token()
		changed := false
		if (token.Type == html.StartTagToken || token.Type == html.SelfClosingTagToken) && token.Data == "img" {
			for i, a := range token.Attr {
				if a.Key != "src" {
					continue
				}
				token.Attr[i].Val = rename(a.Val)
				changed = changed || token.Attr[i].Val != a.Val
			}
		}
		if changed {
			raw = token.String()
		}
		b.WriteString(raw)
	}
	b.Write(z.Raw()) // a tag that does not end
	return b.String()
}
