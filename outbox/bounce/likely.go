package bounce

import "strings"

// HeaderFields are the fields of a mail that [Likely] looks at, for who fetches
// no others.
func HeaderFields() []string {
	return []string{
		"From", "Subject", "Return-Path", "Content-Type", "Auto-Submitted", "X-Failed-Recipients", "X-MS-Exchange-Message-Is-Ndr",
	}
}

// likelySubjects are words, in lower case, that stand in the subject of a report
// beside those of which [Parse] thinks more.
var likelySubjects = []string{"deliver", "notification", "failure", "failed", "returned", "rejected", "undeliverable", "bounce", "warning", "ndr", "zugestellt"}

// Likely tells by the header of a mail, or a part of it, whether [Parse] may find a
// report in all of it. It errs on the side of yes, so that no more than the header
// has to be fetched of other mail. It is pure, takes time that grows with the
// number of bytes, and may be called from several goroutines.
func Likely(head []byte) bool {
	h, _ := splitHeader(withoutEmptyLines(head))
	m := &mail{header: h}
	subject := strings.ToLower(h.text("subject"))
	content := strings.ToLower(h.get("content-type"))
	local, _, _ := strings.Cut(strings.ToLower(bare(decodeWords(h.get("from")))), "@")
	switch {
	case h.has("x-failed-recipients"), h.has("x-ms-exchange-message-is-ndr"):
		return true
	case strings.Contains(content, "multipart/report"), strings.Contains(content, "delivery-status"), strings.Contains(content, "report-type"):
		return true
	case m.writer() > 0, endsAny(local, lists), startsAny(local, lists), !h.has("from"):
		return true
	}
	return m.unanswerable() || containsAny(subject, subjects) || containsAny(subject, likelySubjects)
}
