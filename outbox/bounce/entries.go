package bounce

import (
	"slices"
	"strings"
)

// mention is an address in the text of a report.
type mention struct {
	address string
	line    int
	form    form
}

// form is how an address stands in its line: the surer ones are the smaller. A
// report is read by the surest form that it has, and by no other.
type form uint8

const (
	entry    form = iota // the line begins with it, or has a label that says what it is
	answered             // it stands in a reply of a server
	known                // the message that comes back was addressed to it
	spoken               // in a sentence about a delivery
	passing              // anything else
)

// labelWords are in what stands before a colon and the address of a recipient, in
// lower case: "Invalid final delivery userid:", "Error-for:". otherLabels are in
// what stands before somebody else's.
var (
	labelWords = []string{
		"recipient", "user", "address", "mailbox", "account", "undeliver", "deliver", "failed", "failure", "invalid", "unknown", "reject", "refused",
		"rcpt to", "error-for", "error for", "attempts", "reach", "receive", "bounced", "retry timeout", "smtp error", "mail to", "message to",
		"empfänger", "empfaenger", "destinataire", "destinatario", "destinatário", "получател", "адрес", "宛先", "送信先", "アドレス", "收件人", "收信人",
	}
	otherLabels = []string{"from", "sender", "contact", "reply", "return", "originator", "help", "question", "administrator", "absender", "expéditeur"}
)

// bareLabels are all that stands before the address, without a colon.
var bareLabels = []string{
	"recipient", "unknown user", "user unknown", "invalid recipient", "undeliverable to", "unknown recipient", "failed recipient", "no such user",
	"unknown address", "invalid address", "user", "mailbox", "recipient address",
}

// deliveries end the words before an address in a sentence that says of whom the
// report is.
var deliveries = []string{
	"deliver your message to", "deliver message to", "deliver the message to", "delivering your mail to", "deliver your mail to", "not be delivered to",
	"did not reach", "mailing list", "mail system for", "was addressed",
}

// otherFields begin lines whose addresses are of somebody else, or are no addresses.
var otherFields = []string{
	"message-id", "message id", "from:", "from ", "date:", "sent:", "subject:", "reply-to", "sender:", "return-path", "references", "in-reply-to",
	"mail from", "ehlo", "helo", "<<< 220", "cc:", "envelope-from", "reporting-mta", "remote-mta", "original-envelope-id", "x-", "received",
	"contact ", "http:", "https:", "a message sent by", "(generated from", "(ultimately generated",
}

// speech are words that stand before a recipient in a sentence, in the languages
// in which reports have been seen.
var speech = []string{"to", "for", "recipient", "user", "address", "account", "mailbox", "deliver", "an", "empfänger", "à", "a", "para", "для"}

// mentionsIn finds the addresses in the text.
func mentionsIn(lines []string) []mention {
	var all []mention
	listed, above := false, "" // above is the last line with words
	for i, line := range lines {
		if len(all) >= 2*maxRecipients {
			break
		}
		trimmed := strings.TrimLeft(strings.TrimSpace(line), bullets)
		if quoted(line) {
			continue
		}
		lower := strings.ToLower(trimmed)
		if strings.IndexByte(trimmed, '@') < 0 {
			listed = listed && (trimmed == "" || line[0] == ' ' || line[0] == '\t') || beginsList(lower)
			if lower != "" {
				above = strings.TrimRight(lower, ": ")
			}
			continue
		}
		if startsAny(lower, otherFields) {
			continue
		}
		transcript := strings.HasPrefix(strings.TrimSpace(line), ">>>") // of what was said to the server
		for _, f := range addressesIn(trimmed) {
			how := formOf(trimmed, transcript, f)
			if how == entry && endsAny(above, invitations) {
				how = passing
			}
			if listed && strings.Trim(trimmed[:f.start], opening) == "" {
				how = entry
			}
			all = append(all, mention{f.address, i, how})
		}
	}
	return all
}

// beginsList tells the last line of the words before a list of recipients: in it
// an address at the beginning of a line is an entry whatever follows.
func beginsList(line string) bool {
	ends := strings.TrimRight(line, " -=*")
	return (strings.HasSuffix(ends, ":") || len(ends) < len(line)) && containsAny(line, []string{"following", "recipient", "address", "failed", "deliver", "users"})
}

// invitations end the words above somebody to write to.
var invitations = []string{"to the address", "contact", "write to", "mail to", "reply to", "ask"}

// bullets stand before an entry. ">>>" is Active!hunter's.
const bullets = "*-•·●|> \t"

// quoted tells a line of somebody else's mail, but not Sendmail's ">>> RCPT To:".
func quoted(line string) bool {
	return strings.HasPrefix(line, ">") && !strings.HasPrefix(line, ">>>")
}

// opening and closing stand around an address without changing its form.
const (
	opening = "<\"'([ \t"
	closing = ">\"')] \t"
)

func formOf(line string, transcript bool, f found) form {
	before := strings.TrimRight(line[:f.start], opening)
	before = strings.TrimRight(strings.TrimSuffix(before, "mailto:"), opening)
	after := strings.TrimLeft(line[f.end:], closing)
	if before == "" {
		return headForm(line, after, f)
	}
	if isLabel(strings.ToLower(before)) {
		if transcript {
			return answered
		}
		return entry
	}
	if strings.HasPrefix(after, "...") {
		return answered
	}
	if codesIn(before).at >= 0 && hasDot(f.address) {
		return answered
	}
	last := strings.TrimRight(strings.ToLower(before), ":, ")
	if slices.Contains(speech, last[strings.LastIndexByte(last, ' ')+1:]) && hasDot(f.address) {
		return spoken
	}
	return passing
}

// isLabel tells what stands before an address and says that it is a recipient's.
func isLabel(before string) bool {
	if slices.Contains(bareLabels, before) || strings.HasSuffix(before, "expanded from:") { // Sendmail's, of an alias
		return true
	}
	label, colon := strings.CutSuffix(before, ":")
	label = strings.TrimRight(label, ", ")
	for _, phrase := range deliveries {
		if strings.HasSuffix(label, phrase) {
			return true
		}
	}
	return colon && len(label) < 60 && containsAny(label, labelWords) && !containsAny(label, otherLabels)
}

// headForm tells an entry of a list from a sentence that begins with an address.
func headForm(line, after string, f found) form {
	switch {
	case after == "" || strings.IndexByte(":([-;=", after[0]) >= 0 || strings.HasPrefix(after, "...") || strings.HasPrefix(after, "…"):
		return entry
	case !hasDot(f.address):
		return passing
	case strings.IndexByte(",.", after[0]) >= 0 && len(after) < 3:
		return entry
	case f.end < len(line) && (line[f.end] == '>' || line[f.end] == '\t') && f.start > 0:
		return entry
	}
	if containsAny(strings.ToLower(after), phrases) || codesIn(after).at >= 0 {
		return entry
	}
	return spoken
}

// service are local parts that reports name as somebody to ask.
var service = []string{"postmaster", "mailer-daemon", "abuse", "support", "helpdesk", "hostmaster", "root", "noreply", "no-reply", "delist"}

// recipientsIn finds whom the text of a report is about.
func (m *mail) recipientsIn(said *words) []mention {
	all := slices.Clone(said.mentions)
	addressed := m.addressed()
	sender := m.senders()
	for i := range all {
		address := strings.ToLower(all[i].address)
		if all[i].form > known && addressed[address] {
			all[i].form = known
		}
		if sender[address] && !addressed[address] { // "A message sent by", but some write to themselves
			all[i].form = max(all[i].form, spoken)
		}
	}
	for wanted := entry; wanted < passing; wanted++ {
		if chosen := choose(all, wanted, sender); len(chosen) > 0 {
			return chosen
		}
	}
	return nil
}

// choose takes the mentions of one form. Somebody to ask is taken if nobody else
// is there, and so is a name inside the server, as ana@ims-daemon.
func choose(all []mention, wanted form, sender map[string]bool) []mention {
	var chosen, spare []mention
	for _, m := range all {
		switch local, _, _ := strings.Cut(strings.ToLower(m.address), "@"); {
		case m.form != wanted:
		case startsAny(local, service) && (wanted != entry || sender[strings.ToLower(m.address)]):
			spare = append(spare, m)
		default:
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 && wanted == entry {
		chosen = spare
	}
	if slices.ContainsFunc(chosen, func(m mention) bool { return hasDot(m.address) }) {
		chosen = slices.DeleteFunc(chosen, func(m mention) bool { return !hasDot(m.address) })
	}
	return chosen
}

// addressed are those whom the message that comes back was sent to, in lower case.
func (m *mail) addressed() map[string]bool {
	addresses := make(map[string]bool)
	for _, name := range []string{"to", "cc", "bcc", "x-original-to", "resent-to", "delivered-to", "envelope-to", "x-rcpt-to"} {
		for _, value := range m.original.all(name) {
			for _, f := range addressesIn(value) {
				addresses[strings.ToLower(f.address)] = true
			}
		}
	}
	return addresses
}

// senders are those who sent the message, in lower case.
func (m *mail) senders() map[string]bool {
	addresses := make(map[string]bool)
	add := func(h header, names ...string) {
		for _, name := range names {
			for _, f := range addressesIn(h.get(name)) {
				addresses[strings.ToLower(f.address)] = true
			}
		}
	}
	add(m.header, "to", "from", "sender", "reply-to", "x-envelope-to", "delivered-to")
	add(m.original, "from", "sender", "return-path", "reply-to", "x-envelope-from", "envelope-from")
	return addresses
}
