package bounce

import (
	"bytes"
	"strings"
)

// mail is a mail taken apart, as far as a report is made of it.
type mail struct {
	header   header
	reported bool // Content-Type says that it is a report of a delivery
	statuses []string
	text     string // for people, without the message that comes back
	original header // of the message that comes back
	only     string // whom a report must be about; "" where that is not known
	returned bool   // the message came back as a part, or behind words that say so

	receipt, feedback bool // it has such a part
}

// readMail takes a mail apart.
func readMail(raw []byte) *mail {
	top := readPart(withoutEmptyLines(raw))
	m := &mail{header: top.header}
	typed := strings.EqualFold(top.params["report-type"], "delivery-status")
	m.reported = typed && top.mediaType == "multipart/report"
	w := walk{mail: m, wrapped: typed && !m.reported}
	w.part(top, 0)
	m.takeText(w.plain, w.html)
	return m
}

// walk goes through the parts of a mail in their order.
type walk struct {
	mail        *mail
	plain, html []string
	seen        int
	wrapped     bool // the report may be in a part that looks like the message
}

func (w *walk) part(p part, depth int) {
	if w.seen++; w.seen > maxParts || depth > maxDepth {
		return
	}
	switch {
	case depth > 0 && p.header.has("received"): // QUIRK: the message that comes back, without a type of its own
		w.returned(p.header)
	case strings.HasPrefix(p.mediaType, "multipart/"):
		parts := p.parts()
		if len(parts) == 0 { // cut off, or not what it says
			w.plain = append(w.plain, p.text())
		}
		for i := range parts {
			w.part(parts[i], depth+1)
		}
	case isStatus(p.mediaType):
		w.status(p)
	case isReturned(p.mediaType):
		w.original(p)
	case p.mediaType == "message/disposition-notification":
		w.mail.receipt = true
	case p.mediaType == "message/feedback-report":
		w.mail.feedback = true
	case isAttachment(p):
	case p.mediaType == "text/html":
		w.html = append(w.html, p.text())
	case strings.HasPrefix(p.mediaType, "text/") || !strings.Contains(p.mediaType, "/"):
		w.plain = append(w.plain, p.text())
	}
}

// isStatus also takes a name that only begins right: "message/delivery-status-notification".
func isStatus(mediaType string) bool {
	return strings.HasPrefix(mediaType, "message/delivery-status") || strings.HasPrefix(mediaType, "message/global-delivery-status")
}

func isReturned(mediaType string) bool {
	switch mediaType {
	case "message/rfc822", "message/global", "message/rfc822-headers", "text/rfc822-headers", "text/rfc822-header",
		"message/global-headers", "text/rfc822", "message/partial":
		return true
	}
	return false
}

func isAttachment(p part) bool {
	disposition := p.header.get("content-disposition")
	return len(disposition) >= 10 && strings.EqualFold(disposition[:10], "attachment")
}

// status reads a part for machines. QUIRK: some servers put an empty line below
// the part's header too much, or the fields into that header.
func (w *walk) status(p part) {
	text := p.text()
	if p.header.has("final-recipient") || p.header.has("original-recipient") {
		var b strings.Builder
		for _, f := range p.header {
			b.WriteString(f.name + ": " + f.value + "\n")
		}
		text = b.String() + "\n" + text
	}
	said, returned, marked := cutReturned(text) // the boundary below it is wrong
	w.mail.statuses = append(w.mail.statuses, said)
	if marked {
		w.returned(headerIn(returned))
	}
}

// original reads the header of the message that comes back. QUIRK: gateways that
// add something wrap the whole report, but keep its type: then it is inside.
func (w *walk) original(p part) {
	text := withoutEmptyLines([]byte(p.text()))
	if inner := readPart(text); w.wrapped && !w.mail.returned && inner.mediaType == "multipart/report" {
		w.wrapped = false
		w.part(inner, 0)
		return
	}
	h, _ := splitHeader(text)
	w.returned(h)
}

// returned is told the header of the message that comes back. A second one is
// inside another, or an attachment.
func (w *walk) returned(h header) {
	if !w.mail.returned {
		w.mail.returned, w.mail.original = true, h
	}
}

// withoutEmptyLines takes empty lines off that stand above a header.
func withoutEmptyLines(text []byte) []byte {
	for len(text) > 0 {
		line, rest := cutLine(text)
		if len(bytes.TrimSpace(line)) > 0 {
			break
		}
		text = rest
	}
	return text
}

// takeText joins the text for people and cuts off the message that comes back.
// HTML counts where there is no other text, or none that speaks of anybody.
func (m *mail) takeText(plain, html []string) {
	text := strings.Join(plain, "\n")
	if !strings.Contains(text, "@") {
		for _, page := range html {
			text += "\n" + plainOf(page)
		}
	}
	text = text[:min(len(text), maxText)]
	said, returned, marked := cutReturned(text)
	m.text = said
	if m.returned || !marked {
		return
	}
	m.returned = true
	m.original = headerIn(returned)
}
