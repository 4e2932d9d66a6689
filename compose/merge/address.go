package merge

import (
	"slices"
	"strings"
	"unicode/utf8"

	"sendoff/compose"
	"sendoff/internal/config"
)

// common are domains that half of most lists are at; one letter beside them is a
// slip of the finger, as of 2026.
var common = []string{
	"gmail.com", "googlemail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com", "web.de", "t-online.de", "orange.fr", "wanadoo.fr",
}

// genuine are domains that are near to one of those and exist.
var genuine = []string{"email.com", "mail.com", "ymail.com"}

// slips are ends of domains that there are not, and what was meant.
var slips = map[string]string{"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "vom": "com", "ogr": "org", "rog": "org", "nte": "net"}

// roles are mailboxes of a function that nobody has asked to be written to.
var roles = []string{"abuse", "mailer-daemon", "no-reply", "noreply", "postmaster"}

// lookAtAddress notes what is right for compose, and wrong in a list.
func lookAtAddress(w *writer, a compose.Address) {
	domain := strings.ToLower(a.Domain)
	end := domain[strings.LastIndexByte(domain, '.')+1:]
	switch {
	case !strings.Contains(domain, ".") && !strings.HasPrefix(domain, "["):
		w.add("", "%s: the domain has no dot", quote(a.Mailbox+"@"+a.Domain))
	case slips[end] != "":
		w.warn("did you mean "+quote(strings.TrimSuffix(a.Domain, end)+slips[end])+"?", "%s looks like a slip of the finger", quote(a.Domain))
	case slices.Contains(roles, strings.ToLower(a.Mailbox)):
		w.warn("", "%s is nobody's own mailbox", quote(a.Mailbox+"@"+a.Domain))
	case !slices.Contains(common, domain) && !slices.Contains(genuine, domain):
		letters := utf8.RuneCountInString(domain)
		if i := slices.IndexFunc(common, func(known string) bool { return len(known) >= 8 && oneSlip(domain, letters, known) }); i >= 0 {
			w.warn("did you mean "+quote(common[i])+"?", "%s looks like a slip of the finger", quote(a.Domain))
		}
	}
}

// oneSlip tells that a domain of so many letters has one other than a known one, all of
// whose are ASCII. This is asked for each letter of a campaign, and nearly all domains are
// longer or shorter by more.
func oneSlip(domain string, letters int, known string) bool {
	longer := letters - len(known)
	return -1 <= longer && longer <= 1 && config.Slips(domain, known) == 1
}

// addAddress notes a text that is no address, and what it was meant as if that is
// plain.
func (w *writer) addAddress(text string, wrong *compose.AddressError) {
	before, after, found := strings.Cut(text, ",")
	mended := before + "." + after
	if _, err := compose.ParseOne(mended); found && err == nil && strings.Contains(before, "@") && !strings.Contains(after, "@") {
		w.add("did you mean "+quote(mended)+"?", "%s is not an address", quote(text))
		return
	}
	w.add(wrong.Hint, "%s", wrong.Error())
}

// normal is an address as it is compared: nobody has two mailboxes that differ in
// case alone, though SMTP allows it (RFC 5321 §2.4).
func normal(a compose.Address) string {
	text, err := a.ASCII()
	if err != nil {
		text = a.String()
	}
	return strings.ToLower(text)
}
