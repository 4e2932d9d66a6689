package compose

import (
	"slices"
	"strings"
)

// ReplyOptions say how a message is answered.
type ReplyOptions struct {
	All    bool                      // also to who else has got it
	IsSelf func(address string) bool // tells the addresses of who answers; nil for none
}

// Reply begins an answer: recipients, subject, what threads it, and the text in
// quotes. From and the account are left open, and so is the signature.
func (o Original) Reply(r ReplyOptions) Draft {
	if r.IsSelf == nil {
		r.IsSelf = func(string) bool { return false }
	}
	to, cc := o.answered(r)
	return Draft{
		To: addressLine(to), Cc: addressLine(cc), Subject: replySubject(o.Subject), Headers: o.thread(),
		Body: o.quoted(),
	}
}

// answered is who gets the answer. An answer to what oneself has written goes to
// those who got that.
func (o Original) answered(r ReplyOptions) (to, cc []Address) {
	to, others := o.ReplyTo, slices.Concat(o.To, o.Cc)
	if len(to) == 0 {
		to = o.From
	}
	isSelf := func(a Address) bool { return r.IsSelf(bareAddress(a)) }
	if len(to) > 0 && !slices.ContainsFunc(to, func(a Address) bool { return !isSelf(a) }) && len(o.To) > 0 {
		to, others = o.To, o.Cc
	}
	to = distinct(to, nil)
	if r.All {
		cc = slices.DeleteFunc(distinct(others, to), isSelf)
	}
	return to, cc
}

// distinct gives each address of a list once, without those of another.
func distinct(list, without []Address) (out []Address) {
	seen := make(map[string]bool)
	for _, a := range without {
		seen[strings.ToLower(bareAddress(a))] = true
	}
	for _, a := range list {
		if key := strings.ToLower(bareAddress(a)); !seen[key] {
			seen[key] = true
			out = append(out, a)
		}
	}
	return out
}

func bareAddress(a Address) string {
	a.Name = ""
	return a.String()
}

func addressLine(list []Address) string {
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = a.String()
	}
	return strings.Join(texts, ", ")
}

// replyMarks are what mail programs of some languages put in front of the subject
// of an answer.
var replyMarks = []string{"re", "aw", "antw", "sv", "vs", "odp", "ynt", "rif", "res", "回复", "答复", "回覆"}

// forwardMarks are the same for what is passed on.
var forwardMarks = []string{"fwd", "fw", "wg", "tr", "rv", "enc", "i", "doorst", "pd", "vl", "vb", "转发", "轉寄"}

// cutMark splits a subject into the mark before its first colon and the rest.
func cutMark(subject string) (mark, rest string, found bool) {
	mark, rest, found = strings.Cut(strings.Replace(subject, "：", ":", 1), ":")
	mark, _, _ = strings.Cut(mark, "[") // "Re[2]:"
	return strings.TrimSpace(mark), strings.TrimSpace(rest), found
}

// IsOthers tells a subject that is most likely in the words of somebody else: that of an
// answer, or of what is passed on.
func IsOthers(subject string) bool {
	mark, _, found := cutMark(subject)
	return found && (containsFold(replyMarks, mark) || containsFold(forwardMarks, mark))
}

// replySubject marks a subject as that of an answer, once.
func replySubject(subject string) string {
	for {
		mark, rest, found := cutMark(subject)
		if !found || !containsFold(replyMarks, mark) {
			return strings.TrimSpace("Re: " + subject)
		}
		subject = rest
	}
}

// thread is what puts an answer under its original (RFC 5322 §3.6.4). Of a long
// thread the first message and the last ones are named.
func (o Original) thread() []Header {
	if o.MessageID == "" {
		return nil
	}
	all := append(slices.Clone(o.References), o.MessageID)
	if n := len(all); n > maxReferences {
		all = append(all[:1], all[n-maxReferences+1:]...)
	}
	return []Header{{"In-Reply-To", o.MessageID}, {"References", strings.Join(all, " ")}}
}

// Thread puts an answer under the message of an ID that somebody else has given; what is
// no ID puts it nowhere.
func Thread(id string) []Header {
	ids := messageIDs(id)
	if len(ids) != 1 {
		return nil
	}
	return Original{MessageID: ids[0]}.thread()
}

// quoteColumn is where quoted lines are wrapped that are longer than lines are.
const quoteColumn = 72

// quoted is the text in quotes, below a line that says whose it is, and an empty
// line for the answer.
func (o Original) quoted() string {
	if strings.TrimSpace(o.Text) == "" {
		return ""
	}
	var b strings.Builder
	if !o.Date.IsZero() {
		b.WriteString("On " + o.Date.Format("2 Jan 2006 at 15:04") + ", ")
	}
	b.WriteString(o.person() + " wrote:\n")
	text := strings.Trim(o.Text, "\n") + "\n"
	for line := range lines(text) {
		depth, content := quoteDepth(strings.TrimRight(line, " "))
		pieces := []string{content}
		if isLonger(content, textColumn) {
			pieces = wrap(content, quoteColumn)
		}
		for _, piece := range pieces {
			b.WriteString(strings.TrimRight(strings.Repeat(">", depth+1)+" "+piece, " ") + "\n")
		}
	}
	return b.String() + "\n"
}
