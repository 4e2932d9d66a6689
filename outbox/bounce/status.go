package bounce

import "strings"

// statusGroup are the fields about one recipient (RFC 3464 §2.3).
type statusGroup struct {
	final, original, actual, action, status, diagnostic, display string
}

// statusReport is a part for machines: what it says of the message, and of each
// recipient.
type statusReport struct {
	envelopeID, messageID string
	groups                []statusGroup
}

// readStatus reads the fields of a report in whatever form they came: an empty
// line should stand between two recipients, and where it is missing a field that
// comes again begins the next one. What is no field is passed over.
func readStatus(text string) statusReport {
	var report statusReport
	var group statusGroup
	finish := func() {
		if group != (statusGroup{}) && len(report.groups) < maxRecipients {
			report.groups = append(report.groups, group)
		}
		group = statusGroup{}
	}
	var last *string // what a folded line continues
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		trimmed := strings.TrimLeft(line, " \t")
		switch {
		case trimmed == "":
			if group.final != "" || group.original != "" {
				finish()
			}
			last = nil
			continue
		case trimmed != line && last != nil && !isStatusField(trimmed):
			if len(*last) < maxWords {
				*last += " " + trimmed
			}
			continue
		}
		last = nil
		name, value, ok := cutField([]byte(trimmed))
		if !ok {
			continue
		}
		target := report.target(&group, name)
		if target == nil {
			continue
		}
		if *target != "" && group.has(target) {
			if name == "diagnostic-code" || name == "status" && group.final == "" && group.original == "" {
				continue // a second one tells nothing about somebody else
			}
			finish()
			target = report.target(&group, name)
		}
		if *target == "" {
			*target = string(value)
		}
		last = target
	}
	finish()
	return report
}

// target is where the value of a field goes, nil for a field that nobody reads.
func (r *statusReport) target(group *statusGroup, name string) *string {
	switch name {
	case "original-envelope-id", "x-original-envelope-id":
		return &r.envelopeID
	case "original-message-id", "x-original-message-id":
		return &r.messageID
	case "final-recipient":
		return &group.final
	case "original-recipient":
		return &group.original
	case "x-actual-recipient":
		return &group.actual
	case "action":
		return &group.action
	case "status":
		return &group.status
	case "diagnostic-code":
		return &group.diagnostic
	case "x-display-name":
		return &group.display
	}
	return nil
}

// has tells whether a value is of the group, and not of the whole message.
func (g *statusGroup) has(value *string) bool {
	switch value {
	case &g.final, &g.original, &g.actual, &g.action, &g.status, &g.diagnostic, &g.display:
		return true
	}
	return false
}

// isStatusField tells an indented field, as in a report that was pasted into
// text, from a line that continues the one above.
func isStatusField(line string) bool {
	name, _, ok := cutField([]byte(line))
	if !ok {
		return false
	}
	var r statusReport
	var g statusGroup
	return r.target(&g, name) != nil
}

// recipient is what a group says.
func (g *statusGroup) recipient() (Recipient, bool) {
	final, original := recipientOf(g.final), fromXtext(recipientOf(g.original))
	r := Recipient{Address: final, Action: actionOf(g.action), Status: statusIn(g.status)}
	if isAddress(original) {
		r.Address, r.Original = original, original
	}
	for _, instead := range []string{recipientOf(g.actual), bare(g.display)} {
		if !isAddress(r.Address) && isAddress(instead) {
			r.Address = instead
		}
	}
	r.Diagnostic = withoutType(g.diagnostic)
	return r, g.final != "" || g.original != ""
}

// actionOf reads an action: QUIRK: some put a comment behind it, and some write
// "delivery failed".
func actionOf(value string) Action {
	value = strings.ToLower(value)
	for _, action := range []Action{Failed, Delayed, Delivered, Relayed, Expanded} {
		if strings.Contains(value, string(action)) {
			return action
		}
	}
	if strings.Contains(value, "fail") {
		return Failed
	}
	return ""
}

// statusOf finds a report for machines that was pasted into the text for people,
// as some providers do. It is "" if there is none.
func statusOf(text string) string {
	start := -1
	offset := 0
	for line := range strings.Lines(text) {
		if isStatusField(strings.TrimSpace(line)) {
			name, _, _ := cutField([]byte(strings.TrimSpace(line)))
			if start < 0 {
				start = offset
			}
			if name == "final-recipient" || name == "original-recipient" {
				return text[start:]
			}
		}
		offset += len(line)
	}
	return ""
}
