package merge

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"sendoff/compose"
	"sendoff/compose/unsubscribe"
	"sendoff/outbox/pace"
)

// The fields of bulk mail: how to get no more of it (RFC 2369, 8058), which list it
// is of (RFC 2919), and that nobody has to answer it by a program. None of them
// tells when a letter is read: there is no tracking here.

// Names that a template can use if it says how to unsubscribe.
const (
	tokenName = "unsubscribe_token" // says who wants no more of what
	linkName  = "unsubscribe_link"  // where to say it
)

// way is one way to unsubscribe.
type way struct {
	text   *text
	byMail bool
}

// isPersonal tells that it differs from row to row.
func (w *way) isPersonal() bool { return w.text.root != nil }

// takeBulk reads an entry of the head that bulk mail has.
func (t *Template) takeBulk(problems *Problems, e entry) {
	switch e.key {
	case "unsubscribe":
		t.takeWay(problems, e)
	case "list_id":
		id, err := parseListID(e.value)
		if err != nil {
			problems.add(t.file, e.line, "write it as Concert news <news.example.org>", "%s %s", quote(e.value), err)
		}
		t.listID = id
	case "feedback_id":
		if !isFeedbackID(e.value) {
			problems.add(t.file, e.line, "up to four words with colons between them, the last one your own of 5 to 15 letters: spring:members:news:example",
				"%s is not a Feedback-ID", quote(e.value))
		}
		t.feedbackID = e.value
	case "only":
		hours, err := pace.ParseHours(e.value)
		if err != nil {
			problems.add(t.file, e.line, "", "only: %s", clean(err.Error()))
		}
		t.hours = hours
	}
}

// takeWay reads one way to unsubscribe, and looks at it as it will be for somebody.
func (t *Template) takeWay(problems *Problems, e entry) {
	w := &way{byMail: !strings.HasPrefix(strings.ToLower(e.value), "https:") && strings.Contains(e.value, "@")}
	value := e.value
	if lower := strings.ToLower(value); w.byMail && !strings.HasPrefix(lower, "mailto:") && !strings.Contains(lower, "://") {
		value = "mailto:" + value
	}
	isLiteral := !strings.Contains(value, "{")
	if isLiteral {
		if err := w.check(value); err != nil {
			problems.add(t.file, e.line, wayHint, "%s %s", quote(e.value), err)
			return
		}
		if w.byMail && !strings.Contains(value, "?") {
			value += "?subject=unsubscribe%20{{ " + tokenName + " }}"
		}
	}
	parsed, wrong := parseText(t.file, e.line, e.key, placeURL, value)
	*problems = append(*problems, wrong...)
	w.text = parsed
	same := slices.ContainsFunc(t.unsubscribe, func(other *way) bool { return other.byMail == w.byMail })
	switch {
	case len(wrong) > 0:
		return
	case same:
		problems.add(t.file, e.line, "one address and one link are enough", "there are two ways to unsubscribe of the same kind")
	case w.byMail && !w.isPersonal():
		problems.add(t.file, e.line, "leave out what begins with ?, or put {{ "+tokenName+" }} into it", "who writes to %s does not say who he is", quote(e.value))
	case !w.isPersonal():
		t.warnings.warn(t.file, e.line, "put {{ "+tokenName+" }} into it", "the link %s is the same for all, so that one click cannot do", quote(e.value))
	}
	t.unsubscribe = append(t.unsubscribe, w)
}

const wayHint = "write it as office@example.org or https://example.org/leave/{{ " + tokenName + " }}"

// maxLink is the most that a link may have, in octets: a line of a header has less
// than 998, and a link has no place where it can be folded.
const maxLink = 900 - len("<>,")

// check looks at a way as it is written for a row.
func (w *way) check(link string) error {
	u, err := url.Parse(link)
	switch {
	case err != nil || strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>\"\\", r) }) || strings.Contains(link, "=?"):
		return fmt.Errorf("is no link")
	case len(link) > maxLink:
		return fmt.Errorf("is longer than %d characters", maxLink)
	case w.byMail && u.Scheme == "mailto":
		return checkMailto(u)
	case u.Scheme != "https":
		return fmt.Errorf("begins neither with mailto: nor with https://")
	case !strings.Contains(u.Hostname(), ".") || u.User != nil || u.Fragment != "":
		return fmt.Errorf("is no link to a server")
	}
	return nil
}

// checkMailto looks at a mailto link for one address.
func checkMailto(u *url.URL) error {
	text, err := url.PathUnescape(u.Opaque)
	if err != nil {
		return fmt.Errorf("is no address")
	}
	if a, err := compose.ParseOne(text); err != nil || a.Name != "" || a.UTF8() {
		return fmt.Errorf("is no address that everybody can write to")
	}
	for name := range u.Query() {
		if !slices.Contains([]string{"subject", "body"}, strings.ToLower(name)) {
			return fmt.Errorf("sets more than subject and body")
		}
	}
	return nil
}

// checkBulk looks at what belongs together.
func (t *Template) checkBulk(problems *Problems) {
	var own []string
	if len(t.unsubscribe) > 0 {
		own = append(own, "List-Unsubscribe", "List-Unsubscribe-Post")
	}
	if t.listID != "" {
		own = append(own, "List-Id")
	}
	if t.feedbackID != "" {
		own = append(own, "Feedback-ID")
	}
	for _, h := range t.headers {
		if slices.ContainsFunc(own, func(name string) bool { return strings.EqualFold(name, h.name) }) {
			problems.add(t.file, h.line, "leave it out here", "%s is made of another line of the head", h.name)
		}
	}
	hasOwn := slices.ContainsFunc(t.headers, func(h header) bool { return strings.EqualFold(h.name, "List-Unsubscribe") })
	if t.listID != "" && len(t.unsubscribe) == 0 && !hasOwn {
		t.warnings.warn(t.file, 1, "unsubscribe: office@example.org", "it is of a list, and does not say how to leave it")
	}
}

// given are the names that a template can use besides columns.
func (t *Template) given() []string {
	if len(t.unsubscribe) == 0 {
		return nil
	}
	return []string{tokenName, linkName}
}

// Hours are when the letters may go, as the template says.
func (c *Campaign) Hours() pace.Hours { return c.template.hours }

// oneClick tells that who reads a letter can leave by one click (RFC 8058): the
// link alone says who it is.
func (t *Template) oneClick() bool {
	return slices.ContainsFunc(t.unsubscribe, func(w *way) bool { return !w.byMail && w.isPersonal() })
}

// Notes say what every letter has that its reader does not write to.
func (c *Campaign) Notes() (notes []string) {
	t := c.template
	var ways []string
	for _, w := range t.unsubscribe {
		switch {
		case w.byMail:
			ways = append(ways, "by mail")
		case w.isPersonal():
			ways = append(ways, "by one click")
		default:
			ways = append(ways, "on a page")
		}
	}
	if len(ways) > 0 {
		notes = append(notes, "who gets a letter can unsubscribe "+strings.Join(ways, " and "))
	}
	if t.listID != "" {
		notes = append(notes, "the letters are of the list "+clean(t.listID))
	}
	if text := t.hours.String(); text != "" {
		notes = append(notes, "the letters go only "+clean(text))
	}
	return notes
}

// CanBeLeft tells that its letters say how to get no more of them.
func (c *Campaign) CanBeLeft() bool { return len(c.template.unsubscribe) > 0 }

// SetTokens lets letters have tokens that mean something: tokens signs for an
// address, in lower case, that it wants no more. Without it they have such as no
// key has signed, which is right for letters that are only looked at.
func (c *Campaign) SetTokens(tokens func(address string) string) { c.tokens = tokens }

// token is what says that somebody wants no more.
func (c *Campaign) token(to compose.Address) string {
	if to.Domain == "" {
		return ""
	}
	if c.tokens == nil {
		return unsubscribe.Key{}.Token(unsubscribe.Wish{Campaign: "preview", Address: normal(to)})
	}
	return c.tokens(normal(to))
}

// unsubscribe binds the names for unsubscribing and gives the links, as they are
// for a row.
func (w *writer) unsubscribe(to compose.Address) (links []string) {
	if len(w.campaign.template.unsubscribe) == 0 {
		return nil
	}
	token := w.campaign.token(to)
	if token == "" && to.Domain != "" {
		w.add("", "there can be no token for %s to unsubscribe with", quote(to.String()))
	}
	w.bind(tokenName, token)
	for _, way := range w.campaign.template.unsubscribe {
		before := len(w.problems)
		link := strings.TrimSpace(w.render(way.text))
		switch err := way.check(link); {
		case err == nil || len(w.problems) > before || to.Domain == "":
		case link == "":
			w.add("", "there is no link to unsubscribe with")
		case way.byMail:
			w.add("an address has at most 64 characters before its @: without {{ "+tokenName+" }} in it, the subject has that", "unsubscribe: %s %s", quote(link), err)
		default:
			w.add("", "unsubscribe: %s %s", quote(link), err)
		}
		if way.byMail {
			links = append(links, link)
		} else {
			links = slices.Insert(links, 0, link) // where there is a choice, readers take the first
		}
	}
	w.bind(linkName, links[0])
	return links
}

// bind gives a name a value unless a column has that name.
func (w *writer) bind(name, value string) {
	if _, taken := w.vars[name]; !taken {
		w.vars[name] = cell(value)
	}
}

// bulkHeaders are the fields of bulk mail that a letter has.
//
// Auto-Submitted is not among them: it says that no person has written this (RFC
// 3834 §5), and mailboxes of desks throw away what says so. Precedence is no
// standard, but the only thing that old programs which answer for somebody on
// holiday look at; a letter that says nothing of a list is one of a person to a
// person, who may want to know.
func (t *Template) bulkHeaders(links []string) (all []compose.Header) {
	add := func(name, value string) { all = append(all, compose.Header{Name: name, Value: value}) }
	if len(links) > 0 {
		add("List-Unsubscribe", "<"+strings.Join(links, ">, <")+">")
	}
	if t.oneClick() {
		add("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	if t.listID != "" {
		add("List-Id", t.listID)
	}
	if t.feedbackID != "" {
		add("Feedback-ID", t.feedbackID)
	}
	isOwn := func(h header) bool { return strings.EqualFold(h.name, "Precedence") }
	if (len(links) > 0 || t.listID != "") && !slices.ContainsFunc(t.headers, isOwn) {
		add("Precedence", "bulk")
	}
	return all
}

// parseListID reads "Concert news <news.example.org>", or what is in the brackets.
func parseListID(text string) (string, error) {
	name, rest, found := strings.Cut(text, "<")
	id, closed := strings.CutSuffix(rest, ">")
	if !found {
		name, id, closed = "", text, true
	}
	name = strings.TrimSpace(name)
	if inner, quoted := strings.CutPrefix(name, `"`); quoted {
		name = strings.TrimSuffix(inner, `"`)
	}
	isAtom := func(r rune) bool { return r > ' ' && r < 0x7f && !strings.ContainsRune("()<>[]:;@\\,.\"", r) }
	labels := strings.Split(id, ".")
	switch {
	case !closed || len(labels) < 2 || len(id) > 255 || strings.Contains(id, "=?"): // RFC 2919 §2 and §3
		return "", fmt.Errorf("is not the ID of a list")
	case slices.ContainsFunc(labels, func(l string) bool {
		return l == "" || strings.ContainsFunc(l, func(r rune) bool { return !isAtom(r) })
	}):
		return "", fmt.Errorf("is not the ID of a list")
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r >= 0x7f || strings.ContainsRune("\"\\<>", r) }) || strings.Contains(name, "=?"):
		return "", fmt.Errorf("has a name with more than plain letters")
	case name == "":
		return "<" + id + ">", nil
	case strings.ContainsFunc(name, func(r rune) bool { return r != ' ' && !isAtom(r) }):
		name = `"` + name + `"`
	}
	return name + " <" + id + ">", nil
}

// isFeedbackID tells what Google counts complaints by: words with colons between
// them, of which the last is the sender's own.
func isFeedbackID(text string) bool {
	words := strings.Split(text, ":")
	sender := words[len(words)-1]
	return len(words) <= 4 && len(sender) >= 5 && len(sender) <= 15 && len(text) <= 200 &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>{}\"", r) })
}
