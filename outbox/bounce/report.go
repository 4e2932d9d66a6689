package bounce

import (
	"slices"
	"strings"

	"sendoff/internal/cleantext"
)

// report makes the result of what was taken apart.
func (m *mail) report() Report {
	if m.feedback {
		return Report{Mail: Feedback}
	}
	if r, ok := notification(m.text); ok {
		return r.cleaned()
	}
	var status statusReport
	for _, text := range m.statuses {
		status.add(readStatus(text))
	}
	certain := (len(status.groups) > 0 || m.header.has("x-failed-recipients")) && (m.reported || !m.sentOn())
	switch {
	case certain || m.reported && !m.receipt:
	case m.isReport():
	case m.receipt:
		return Report{Mail: Receipt}
	case m.isAutoReply():
		return Report{Mail: AutoReply}
	default:
		return Report{}
	}
	if len(status.groups) == 0 {
		status.add(readStatus(statusOf(m.text)))
	}
	r := Report{Mail: Delivery, Subject: m.original.text("subject"), EnvelopeID: fromXtext(status.envelopeID)}
	r.MessageID, r.References = m.messageIDs(status)
	r.Recipients = m.recipients(status)
	if !certain && !m.reported && !m.returned && m.only == "" && m.toReader(r.Recipients) {
		return Report{}
	}
	return r.cleaned()
}

// sentOn tells a report that a person has sent on, or answers: of it only the
// parts may be left.
func (m *mail) sentOn() bool {
	return m.writer() == 0 && startsAny(strings.ToLower(m.header.text("subject")), repeated)
}

// toReader tells a server's letter about something else, as about the mailbox of
// who reads it: it names no recipient, or its own.
func (m *mail) toReader(recipients []Recipient) bool {
	to := addressesIn(m.header.get("to"))
	for _, r := range recipients {
		if !slices.ContainsFunc(to, func(f found) bool { return strings.EqualFold(f.address, r.Address) }) {
			return false
		}
	}
	return true
}

func (r *statusReport) add(more statusReport) {
	r.groups = append(r.groups, more.groups...)
	if r.envelopeID == "" {
		r.envelopeID = more.envelopeID
	}
	if r.messageID == "" {
		r.messageID = more.messageID
	}
}

// recipients takes them from where they are surest: the part for machines, the
// field of Exim and Gmail, the text.
func (m *mail) recipients(status statusReport) []Recipient {
	said := newWords(m)
	var list roll
	for i := range status.groups {
		if r, ok := status.groups[i].recipient(); ok {
			if !isAddress(r.Address) {
				r.Address = m.completed(r.Address, said)
			}
			list.add(r)
		}
	}
	if len(list) == 0 {
		list = m.failedRecipients(said)
	}
	if len(list) == 0 {
		for _, found := range m.recipientsIn(said) {
			list.add(Recipient{Address: found.address})
		}
	}
	if len(list) == 0 {
		list.add(Recipient{Address: m.lastResort(said)})
	}
	if len(list) == 1 && len(status.groups) > 0 {
		list[0] = status.withAddress(list[0])
	}
	for i := range list {
		said.complete(&list[i], len(list) == 1)
		list[i].judge(said)
	}
	return list
}

// failedRecipients are those of the field of Exim and Gmail. One that nothing else
// in the report knows gives way to those that stand in its text and that the
// message was sent to.
func (m *mail) failedRecipients(said *words) roll {
	var list roll
	sure := false
	addressed := m.addressed()
	for _, value := range m.header.all("x-failed-recipients") {
		for _, f := range addressesIn(value) {
			list.add(Recipient{Address: f.address})
			sure = sure || addressed[strings.ToLower(f.address)] || said.names(f.address)
		}
	}
	if sure {
		return list
	}
	var better roll
	for _, found := range said.mentions {
		if found.form == entry && addressed[strings.ToLower(found.address)] {
			better.add(Recipient{Address: found.address})
		}
	}
	if len(list) > 0 && len(better) > 0 {
		return better
	}
	return list
}

// completed is the address of a name without a domain: with it the message was
// sent, or it stands in the text. "" if there is none.
func (m *mail) completed(name string, said *words) string {
	if name == "" || !isName(name) {
		return ""
	}
	wanted := strings.ToLower(name) + "@"
	for _, field := range []string{"to", "cc"} {
		for _, f := range addressesIn(m.original.get(field)) {
			if strings.HasPrefix(strings.ToLower(f.address), wanted) {
				return f.address
			}
		}
	}
	for _, found := range said.mentions {
		if strings.HasPrefix(strings.ToLower(found.address), wanted) {
			return found.address
		}
	}
	return ""
}

// roll is a list of recipients in which each stands once.
type roll []Recipient

func (l *roll) add(r Recipient) {
	if r.Address == "" || len(*l) == maxRecipients {
		return
	}
	for i := range *l {
		if strings.EqualFold((*l)[i].Address, r.Address) {
			return
		}
	}
	*l = append(*l, r)
}

// withAddress gives what a group without an address says to the one recipient
// that was found elsewhere.
func (r *statusReport) withAddress(found Recipient) Recipient {
	if found.Action != "" || found.Status != "" { // it is of a group
		return found
	}
	for i := range r.groups {
		group, named := r.groups[i].recipient()
		if named || group.Action != "" {
			group.Address, group.Original = found.Address, ""
			return group
		}
	}
	return found
}

// lastResort is for reports that name nobody: the only one whom the message was
// sent to, a name in the server's own domain, the only address there is.
func (m *mail) lastResort(said *words) string {
	if m.only != "" {
		return m.only
	}
	if to := m.addressed(); len(to) == 1 {
		for _, f := range addressesIn(m.original.get("to")) {
			return f.address
		}
	}
	if name := said.localName(); name != "" {
		if from := bare(m.header.get("from")); isAddress(from) {
			return name + from[strings.LastIndexByte(from, '@'):]
		}
	}
	return m.onlyOther(said)
}

// onlyOther is the only address in the text that is of neither the sender nor
// somebody to ask, "" if there are several.
func (m *mail) onlyOther(said *words) string {
	sender, only := m.senders(), ""
	for _, found := range said.mentions {
		address := strings.ToLower(found.address)
		switch {
		case sender[address] || startsAny(address, service) || !hasDot(address) || strings.EqualFold(only, address):
		case only != "":
			return ""
		default:
			only = found.address
		}
	}
	return only
}

// messageIDs finds the message that was sent, and what the report answers to.
func (m *mail) messageIDs(status statusReport) (string, []string) {
	var references []string
	for _, name := range []string{"in-reply-to", "references", "x-original-message-id"} {
		for _, value := range m.header.all(name) {
			for _, id := range idsIn(value) {
				if len(references) < maxReferences && !slices.Contains(references, id) {
					references = append(references, id)
				}
			}
		}
	}
	id := firstID(m.original.get("message-id"))
	if id == "" {
		id = firstID(status.messageID)
	}
	if id == "" {
		id = idInText(m.text)
	}
	if id == "" && len(references) == 1 {
		id = references[0]
	}
	return id, references
}

// idsIn are the Message-IDs of a field.
func idsIn(value string) []string {
	var ids []string
	for {
		_, rest, ok := strings.Cut(value, "<")
		if !ok {
			return ids
		}
		id, rest, ok := strings.Cut(rest, ">")
		if !ok {
			return ids
		}
		if id = strings.TrimSpace(id); id != "" && len(id) < 998 {
			ids = append(ids, id)
		}
		value = rest
	}
}

// firstID also takes an ID that has no < and > around.
func firstID(value string) string {
	if ids := idsIn(value); len(ids) > 0 {
		return ids[0]
	}
	value = strings.Trim(strings.TrimSpace(value), "<>")
	if strings.ContainsAny(value, " \t") || len(value) >= 998 {
		return ""
	}
	return value
}

// idInText is for reports that only tell the ID of the message.
func idInText(text string) string {
	for line := range strings.Lines(text) {
		lower := strings.ToLower(line)
		for _, label := range []string{"message-id:", "message id:", "messageid:"} {
			if at := strings.Index(lower, label); at >= 0 && len(lower) == len(line) {
				if ids := idsIn(line[at:]); len(ids) > 0 {
					return ids[0]
				}
			}
		}
	}
	return ""
}

// cleaned makes all texts safe to show.
func (r Report) cleaned() Report {
	clean := func(s *string) { *s = strings.TrimSpace(cleantext.Line(*s)) }
	clean(&r.MessageID)
	clean(&r.EnvelopeID)
	clean(&r.Subject)
	for i := range r.References {
		clean(&r.References[i])
	}
	for i := range r.Recipients {
		p := &r.Recipients[i]
		clean(&p.Address)
		clean(&p.Original)
		clean(&p.Diagnostic)
		clean(&p.Reason)
	}
	return r
}
