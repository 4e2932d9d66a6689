package compose

import (
	"fmt"
	"mime"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseList reads a list of addresses as people type and paste them: separated
// by commas, by semicolons (Outlook), or by new lines, with quoted names,
// comments, names encoded by RFC 2047, groups and IDN domains. Groups are
// flattened; an empty text or group is an empty list.
//
// The error is an *AddressError for the first piece that is wrong. There is no
// list then: half of one is not what was meant.
func ParseList(text string) ([]Address, error) {
	list, errs := parseList(text)
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return list, nil
}

// ParseOne reads a text that is exactly one address, as From is. The error is
// an *AddressError.
func ParseOne(text string) (Address, error) {
	list, err := ParseList(text)
	switch {
	case err != nil:
		return Address{}, err
	case len(list) == 0:
		return Address{}, &AddressError{Text: text, Problem: "an address is missing"}
	case len(list) > 1:
		return Address{}, &AddressError{Text: text, Problem: "only one address can stand here"}
	}
	return list[0], nil
}

// Addresses gives those of a list that are right, while somebody still types it.
func Addresses(text string) []Address {
	list, _ := parseList(text)
	return list
}

// parseList is ParseList that goes on after a piece that is wrong.
func parseList(text string) (list []Address, errs []*AddressError) {
	var nameless *AddressError // an error of the piece before: it had no @
	for piece := range pieces(text) {
		a, err := piece.address()
		if nameless != nil && piece.has('<') {
			nameless.Hint = `a name with a comma needs quotes: "Lovelace, Ada" <ada@example.org>`
		}
		nameless = nil
		if err == nil {
			list = append(list, a)
			continue
		}
		err.Text = piece.raw(text)
		errs = append(errs, err)
		if !piece.has('@') {
			nameless = err
		}
	}
	return list, errs
}

// piece is the tokens of one address.
type piece []token

func (p piece) has(kind rune) bool { return p.index(kind) >= 0 }

func (p piece) index(kind rune) int {
	for i, t := range p {
		if t.kind == kind {
			return i
		}
	}
	return -1
}

func (p piece) raw(text string) string { return text[p[0].start:p[len(p)-1].end] }

// blank tells that a piece holds nothing: white space and comments at most.
func (p piece) blank() bool {
	for _, t := range p {
		if t.kind != tokenSpace && t.kind != tokenComment {
			return false
		}
	}
	return true
}

// usualTokens is as many as most addresses have: name <local@domain> with three words before it.
const usualTokens = 12

// pieces gives the tokens between separators, without the blank ones. A piece is good until
// the next one.
//
// A new line separates only behind something with an @, because a folded field
// has its name on one line and its address on the next. A semicolon is a
// separator wherever it stands, so that one that ends a group is one too, and
// all that is left of a group is to drop its name.
func pieces(text string) func(yield func(piece) bool) {
	return func(yield func(piece) bool) {
		p := make(piece, 0, usualTokens)
		var blank, at, angle bool // nothing in p yet, an @, a <
		reset := func() { p, blank, at, angle = p[:0], true, false, false }
		reset()
		for t := range tokens(text) {
			switch {
			case t.kind == ',' || t.kind == ';' || t.kind == tokenNewline && at:
				if !blank && !yield(p) {
					return
				}
				reset()
				continue
			case t.kind == ':' && !blank && !at && !angle:
				reset()
				continue
			case t.kind == tokenNewline:
				t.kind, t.text = tokenSpace, " "
			}
			p = append(p, t)
			blank = blank && (t.kind == tokenSpace || t.kind == tokenComment)
			at = at || t.kind == '@'
			angle = angle || t.kind == '<'
		}
		if !blank {
			yield(p)
		}
	}
}

// address reads "name <local@domain>" or "local@domain (name)".
func (p piece) address() (Address, *AddressError) {
	if i := p.index(tokenUnclosed); i >= 0 {
		return Address{}, &AddressError{Problem: "the " + p[i].text + " is never closed"}
	}
	opened := p.index('<')
	closed := p.index('>')
	switch {
	case opened < 0 && closed < 0:
		return p.addrSpec(p.nameBehind())
	case opened < 0:
		return Address{}, &AddressError{Problem: "a < is missing before the >"}
	case closed < opened:
		return Address{}, &AddressError{Problem: "a > is missing after the <"}
	case !p[closed+1:].blank():
		return Address{}, &AddressError{Problem: "something stands behind the >", Hint: "put a comma between two addresses"}
	}
	return p[opened+1 : closed].addrSpec(p[:opened].name())
}

// nameBehind is the comment at the end, the way names were given before 1982.
func (p piece) nameBehind() string {
	for _, t := range slices.Backward(p) {
		switch t.kind {
		case tokenSpace:
		case tokenComment:
			return t.text
		default:
			return ""
		}
	}
	return ""
}

// addrSpec reads "local@domain".
func (p piece) addrSpec(name string) (Address, *AddressError) {
	p = p.trim()
	at := p.index('@')
	switch {
	case at < 0:
		return Address{}, &AddressError{Problem: "an address needs a domain, like " + p.example() + "@example.org"}
	case p[at+1:].has('@') && p.has(tokenSpace):
		return Address{}, &AddressError{Problem: "two addresses need a comma between them"}
	case p[at+1:].has('@'):
		return Address{}, &AddressError{Problem: "an address has only one @"}
	case p.has(tokenSpace):
		return Address{}, &AddressError{Problem: "an address has no space in it"}
	}
	local, err := p[:at].mailbox()
	if err != nil {
		return Address{}, err
	}
	domain := p[at+1:]
	if len(domain) > 1 || len(domain) == 1 && domain[0].kind != tokenText && domain[0].kind != tokenLiteral {
		return Address{}, &AddressError{Problem: "the domain is not a valid name"}
	}
	a := Address{Mailbox: local}
	if len(domain) == 1 {
		a.Domain = domain[0].text
	}
	if a.Name, err = cleanName(name); err != nil {
		return Address{}, err
	}
	if _, bad := a.ASCII(); bad != nil {
		return Address{}, bad.(*AddressError)
	}
	return a, nil
}

// mailbox reads a local part.
func (p piece) mailbox() (string, *AddressError) {
	switch {
	case len(p) == 0:
		return "", &AddressError{Problem: "nothing stands before the @"}
	case len(p) == 1 && p[0].kind == tokenQuoted:
		return p[0].text, nil
	case len(p) > 1 || p[0].kind != tokenText:
		return "", &AddressError{Problem: "the part before the @ is not a valid name"}
	}
	local := p[0].text
	if err := checkMailbox(local); err != nil {
		return "", err
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return "", &AddressError{
			Problem: "the part before the @ begins or ends with a dot, or has two in a row",
			Hint:    `if the address is really so, put that part in quotes: "a..b"@example.org`,
		}
	}
	for _, r := range local {
		if r < utf8.RuneSelf && r != '.' && !isAtext(r) {
			return "", badCharacter(r)
		}
	}
	return local, nil
}

// trim drops comments, and the white space at both ends.
func (p piece) trim() piece {
	if !p.has(tokenSpace) && !p.has(tokenComment) {
		return p
	}
	var kept piece
	for _, t := range p {
		if t.kind != tokenComment && (t.kind != tokenSpace || len(kept) > 0) {
			kept = append(kept, t)
		}
	}
	for len(kept) > 0 && kept[len(kept)-1].kind == tokenSpace {
		kept = kept[:len(kept)-1]
	}
	return kept
}

// example is a local part for a problem's "like …": the typed one if it is one.
func (p piece) example() string {
	if len(p) == 1 && p[0].kind == tokenText && len(p[0].text) <= 20 && isASCII(p[0].text) && isDotAtom(p[0].text) {
		return p[0].text
	}
	return "anna"
}

// name puts a display name together. RFC 2047 words are decoded outside quotes
// only: inside they are the text itself.
func (p piece) name() string {
	var name, run strings.Builder
	flush := func() {
		text := run.String()
		if strings.Contains(text, "=?") {
			decoded, err := new(mime.WordDecoder).DecodeHeader(text)
			if err == nil { // else a charset that Go does not know: keep what was typed
				text = decoded
			}
		}
		name.WriteString(text)
		run.Reset()
	}
	for _, t := range p {
		switch t.kind {
		case tokenQuoted:
			flush()
			name.WriteString(t.text)
		case tokenComment:
		default:
			run.WriteString(t.text)
		}
	}
	flush()
	return name.String()
}

// cleanName makes a name one line, with single spaces.
func cleanName(name string) (string, *AddressError) {
	name = strings.Join(strings.Fields(name), " ")
	if !utf8.ValidString(name) {
		return "", &AddressError{Problem: "the name is not UTF-8 text"}
	}
	if i := strings.IndexFunc(name, unicode.IsControl); i >= 0 {
		r, _ := utf8.DecodeRuneInString(name[i:])
		return "", &AddressError{Problem: fmt.Sprintf("the control character %q cannot stand in a name", r)}
	}
	return name, nil
}

// PieceAt gives where the address stands, in bytes, that somebody types at a
// place of a list, without the white space around it. Behind a quote that is
// still open it ends at that place: what follows belongs to other addresses.
func PieceAt(text string, at int) (start, end int) {
	end = len(text)
	open := false
	for t := range tokens(text) {
		switch {
		case !strings.ContainsRune(",;:\n", t.kind):
			open = open || t.kind == tokenUnclosed
		case t.end <= at:
			start, open = t.end, false
		default:
			end = t.start
		}
		if end < len(text) {
			break
		}
	}
	if open {
		end = at
	}
	piece := text[start:end]
	typed := strings.TrimSpace(piece)
	if typed == "" {
		return at, at
	}
	start += strings.Index(piece, typed)
	return start, start + len(typed)
}
