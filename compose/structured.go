package compose

import (
	"slices"
	"strings"
)

// shape is what stands in a further field, and so how it is written. In a field that
// programs read, an encoded word in the wrong place is no address and no ID any more
// (RFC 2047 §5).
type shape int

const (
	shapeText      shape = iota // anything (RFC 5322 §3.6.5)
	shapeAddresses              // a list of addresses: only their names are encoded
	shapeIDs                    // message IDs (RFC 5322 §3.6.4), which are ASCII
	shapeList                   // links in angle brackets (RFC 2369), which are ASCII
	shapeListID                 // a name, which may be encoded, and an ID (RFC 2919)
)

var (
	addressFields = []string{
		"Disposition-Notification-To", "Return-Receipt-To", "X-Confirm-Reading-To", "Errors-To",
		"Mail-Followup-To", "Mail-Reply-To", "X-Reply-To", "Abuse-Reports-To",
	}
	idFields   = []string{"In-Reply-To", "References", "Supersedes", "Obsoletes", "Original-Message-ID"}
	linkFields = []string{"List-Archive", "List-Help", "List-Owner", "List-Post", "List-Subscribe", "List-Unsubscribe"}
)

// shapeOf is what stands in a field of a name.
func shapeOf(name string) shape {
	switch {
	case containsFold(addressFields, name):
		return shapeAddresses
	case containsFold(idFields, name):
		return shapeIDs
	case containsFold(linkFields, name):
		return shapeList
	case strings.EqualFold(name, "List-Id"):
		return shapeListID
	}
	return shapeText
}

// checkShape refuses a value that its field cannot hold, since encoded it would be
// something else.
func checkShape(problems *Problems, h Header) {
	words, is := strings.Fields(h.Value), shapeOf(h.Name)
	if len(words) == 0 && is != shapeText {
		problems.add("headers", "leave it out, or write what belongs there", "%s is empty", h.Name)
		return
	}
	switch is {
	case shapeAddresses:
		list, errs := parseList(h.Value)
		for _, err := range errs {
			problems.add("headers", err.Hint, "%s: %s", h.Name, err.Error())
		}
		switch {
		case len(list)+len(errs) == 0:
			problems.add("headers", "", "%s has no address", h.Name)
		case slices.ContainsFunc(list, Address.UTF8):
			problems.add("headers", "", "%s takes addresses in ASCII alone", h.Name)
		}
	case shapeIDs:
		if i := slices.IndexFunc(words, notMessageID); i >= 0 {
			problems.add("headers", "it takes message IDs, as in <1234@example.org>", "%s: %s is not a message ID", h.Name, quote(words[i]))
		}
	case shapeList:
		if slices.ContainsFunc(words, notPlainWord) {
			problems.add("headers", "it takes links in ASCII, of up to 900 characters, as in <https://example.org/leave>; %XX stands for others", "%s is not ASCII, or too long", h.Name)
		}
	case shapeListID:
		if _, id, ok := cutListID(h.Value); !ok || notPlainWord(id) {
			problems.add("headers", "it takes a name and an ID, as in Gardeners <garden.example.org>", "%s: %s has no ID in angle brackets at its end", h.Name, quote(h.Value))
		}
	}
}

// notPlainWord tells a word that cannot stand in a header as it is.
func notPlainWord(word string) bool { return !isPrintable(word) || len(word) > maxPlainWord }

func notMessageID(word string) bool {
	inner, opened := strings.CutPrefix(word, "<")
	inner, closed := strings.CutSuffix(inner, ">")
	return !opened || !closed || inner == "" || strings.ContainsAny(inner, "<>") || notPlainWord(word)
}

// cutListID splits a List-Id into its name, without quotes, and the ID with its angle
// brackets.
func cutListID(value string) (name, id string, ok bool) {
	at := strings.LastIndexByte(value, '<')
	if at < 0 {
		return "", "", false
	}
	name, id = strings.Join(strings.Fields(value[:at]), " "), value[at:]
	if inner, quoted := strings.CutPrefix(name, `"`); quoted && len(inner) > 0 && strings.HasSuffix(inner, `"`) {
		name = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(inner[:len(inner)-1])
	}
	return name, id, len(id) > 2 && strings.HasSuffix(id, ">") && !strings.ContainsAny(id, " \t")
}

// furtherField writes a field that checkShape has let pass.
func furtherField(h Header) []byte {
	switch shapeOf(h.Name) {
	case shapeAddresses:
		list, _ := parseList(h.Value)
		return addressField(h.Name, list)
	case shapeIDs, shapeList:
		f := newField(h.Name)
		for _, word := range strings.Fields(h.Value) { // white space between them means nothing
			f.token(word)
		}
		return f.bytes()
	case shapeListID:
		name, id, _ := cutListID(h.Value)
		f := newField(h.Name)
		if name == "" {
			f.token(id)
		} else {
			f.mailbox(name, strings.Trim(id, "<>"), "")
		}
		return f.bytes()
	}
	return textField(h.Name, h.Value)
}
