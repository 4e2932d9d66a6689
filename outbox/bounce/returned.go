package bounce

import "strings"

// returnedMarks are lines behind which the message comes back, in lower case. A
// mark counts with dashes or the like around it, or with a header below it.
var returnedMarks = []string{
	"below this line is a copy of the message",     // qmail
	"below the next line is a copy of the message", // qmail of Russian providers
	"enclosed is a copy of the message",            // IndiMail
	"copy of the message, including",               // Exim
	"header of the original message",               // 1&1, GMX
	"original message header",                      // Exchange
	"original message follows",                     // IMail, dma, Yahoo
	"message headers follow",                       // dma
	"message header follows",                       // Sendmail 8, Gmail
	"unsent message follows",                       // Sendmail 5
	"message text follows",                         // PMDF
	"copy of the original message",                 // OpenSMTPD
	"header of the source mail",                    // JetMail
	"your message reads",                           // MDaemon's kin
	"original mail as follows",                     // fml

	// Those of no one server.
	"copy of the message's headers", "headers of the original message", "original message below this line", "original message as received",
	"returned message follows", "undelivered message follows", "lines of your original message follow", "original message text",
	"message contents follow", "start of returned message", "beginning of the original message", "contents of the original message",
	"the following is a copy of your message", "here is a copy of your message", "your original message",
	"unzustellbare nachricht folgt", "копия сообщения", "copie de votre message", "copia del messaggio", "copia de su mensaje",
	"元のメッセージ", "original-nachricht", "原文", "原邮件",
}

// wholeMarks are marks when nothing but dashes and the like stands around them.
var wholeMarks = []string{
	"original message", "returned message", "undelivered message", "message header", "message headers", "original mail",
	"original header", "original headers", "message follows", "returned mail follows", "old message",
}

// firstFields begin the header of a message that has been on its way: no report
// has them in its text, so they need no mark above.
var firstFields = []string{
	"received: from ", "received: by ", "received: (", "return-path: <", "dkim-signature: v=", "x-received: by ", "arc-seal: i=",
	"domainkey-signature: a=",
}

// shortestMark is the length of the shortest of these, in bytes.
const shortestMark = len("原文")

// cutReturned cuts text for people where the message comes back.
func cutReturned(text string) (said, returned string, marked bool) {
	offset := 0
	for line := range strings.Lines(text) {
		next := offset + len(line)
		if trimmed := strings.TrimSpace(line); len(trimmed) >= shortestMark && len(line) < 400 && trimmed[0] != '>' {
			lower := strings.ToLower(trimmed)
			switch {
			case startsAny(lower, firstFields):
				return text[:offset], text[offset:], true
			case isMark(lower, text[next:]):
				return text[:offset], text[next:], true
			}
		}
		offset = next
	}
	return text, "", false
}

func startsAny(s string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}

func containsAny(s string, phrases []string) bool {
	for _, phrase := range phrases {
		if strings.Contains(s, phrase) {
			return true
		}
	}
	return false
}

func endsAny(s string, suffixes []string) bool {
	for _, suffix := range suffixes {
		if strings.HasSuffix(s, suffix) {
			return true
		}
	}
	return false
}

// decoration stands around a mark.
const decoration = "-=_*#~+:.> \t"

func isMark(line, below string) bool {
	whole := strings.Trim(line, decoration)
	if whole == "" {
		return false
	}
	decorated := strings.IndexByte("-=_*#~+", line[0]) >= 0
	for _, mark := range wholeMarks {
		if whole == mark {
			return decorated || beginsHeader(below)
		}
	}
	return len(line) < 160 && containsAny(line, returnedMarks) && (decorated || beginsHeader(below))
}

// beginsHeader tells whether the next line with something in it is a field.
func beginsHeader(text string) bool {
	for line := range strings.Lines(text[:min(len(text), 2000)]) {
		if line = strings.Trim(line, "> \t\r\n"); line != "" && strings.Trim(line, decoration) != "" {
			_, _, ok := cutField([]byte(line))
			return ok || strings.HasPrefix(line, "From ")
		}
	}
	return false
}

// headerIn reads the header of a message that stands in text, perhaps with each
// line moved to the right or quoted.
func headerIn(text string) header {
	margin := ""
	offset := 0
	for line := range strings.Lines(text) {
		trimmed := strings.TrimLeft(line, "> \t")
		if _, _, ok := cutField([]byte(trimmed)); ok {
			margin = line[:len(line)-len(trimmed)]
			break
		}
		offset += len(line)
	}
	text = text[offset:min(len(text), offset+maxHeader)]
	if margin == "" {
		h, _ := splitHeader([]byte(text))
		return h
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimPrefix(line, margin))
	}
	h, _ := splitHeader([]byte(b.String()))
	return h
}
