package notify

import (
	"cmp"
	"fmt"
	"strings"

	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// How long the parts of a notice are, in characters: a notification has two or
// three lines.
const (
	maxSubject = 60
	maxBody    = 240
)

// Notice is what a person is told. Both are one cleaned line, and begin with a
// letter or a quotation mark.
type Notice struct{ Title, Body string }

// NoticeOf is the notice about some recipients, of whom there is at least one. It is
// pure.
func NoticeOf(all []outbox.Undelivered) Notice {
	var subjects []string
	var items []outbox.ID
	seen := make(map[outbox.ID]bool)
	for _, u := range all {
		if !seen[u.Item] {
			seen[u.Item] = true
			items = append(items, u.Item)
			subjects = append(subjects, quoted(u.Subject))
		}
	}
	if len(items) > 1 {
		return Notice{fmt.Sprintf("Not delivered: %d messages", len(items)), bounded(few(subjects), maxBody)}
	}
	title := "Not delivered: " + subjects[0]
	if len(all) == 1 {
		return Notice{title, bounded("To "+cleantext.Line(all[0].Address)+". "+why(all[0]), maxBody)}
	}
	var addresses []string
	for _, u := range all {
		addresses = append(addresses, cleantext.Line(u.Address))
	}
	return Notice{title, bounded("To "+few(addresses), maxBody)}
}

// why says what went wrong, in plain words.
func why(u outbox.Undelivered) string {
	return cleantext.Line(cmp.Or(u.Report, outbox.Explain(u.Result, u.Account, u.Address).What, u.Text))
}

func quoted(subject string) string {
	if subject = strings.TrimSpace(cleantext.Line(subject)); subject == "" {
		return "(no subject)"
	}
	return "“" + bounded(subject, maxSubject) + "”"
}

// few names the first ones and counts the rest.
func few(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// bounded cuts a text, and says so.
func bounded(text string, most int) string {
	all := []rune(text)
	if len(all) <= most {
		return text
	}
	return string(all[:most-1]) + "…"
}
