package bounce

import (
	"encoding/json"
	"strings"
)

// sesNotification is what Amazon SES sends by SNS: of its documentation "Amazon
// SNS notification contents" what matters here.
type sesNotification struct {
	Message          string // of SNS: the notification, as text
	NotificationType string
	EventType        string
	Bounce           struct {
		BounceType        string
		BouncedRecipients []struct {
			EmailAddress, Action, Status, DiagnosticCode string
		}
	}
	Delivery struct {
		Recipients   []string
		SMTPResponse string
	}
	DeliveryDelay struct {
		DelayedRecipients []struct {
			EmailAddress, Status, DiagnosticCode string
		}
	}
	Mail struct {
		CommonHeaders struct {
			MessageID, Subject string
		}
		Headers []struct {
			Name, Value string
		}
	}
}

// notification reads a notification of SES; not ok is text that is none.
func notification(text string) (Report, bool) {
	text = strings.TrimSpace(text)
	if !strings.HasPrefix(text, "{") || !strings.Contains(text, "ecipients") {
		return Report{}, false
	}
	n, ok := decodeNotification(text)
	if ok && n.Message != "" {
		n, ok = decodeNotification(n.Message)
	}
	if !ok {
		return Report{}, false
	}
	var list roll
	switch n.NotificationType + n.EventType {
	case "Complaint":
		return Report{Mail: Feedback}, true
	case "Bounce":
		for _, b := range n.Bounce.BouncedRecipients {
			r := Recipient{Address: bare(b.EmailAddress), Action: actionOf(b.Action), Status: statusIn(b.Status), Diagnostic: withoutType(b.DiagnosticCode)}
			if n.Bounce.BounceType == "Transient" {
				r.Kind = Soft
			}
			list.add(r)
		}
	case "DeliveryDelay":
		for _, d := range n.DeliveryDelay.DelayedRecipients {
			list.add(Recipient{Address: bare(d.EmailAddress), Action: Delayed, Status: statusIn(d.Status), Diagnostic: withoutType(d.DiagnosticCode)})
		}
	case "Delivery":
		for _, address := range n.Delivery.Recipients {
			list.add(Recipient{Address: bare(address), Action: Delivered, Diagnostic: n.Delivery.SMTPResponse})
		}
	default:
		return Report{}, false
	}
	none := &words{}
	for i := range list {
		none.complete(&list[i], false)
		list[i].judge(none)
	}
	return Report{Mail: Delivery, Recipients: list, MessageID: n.messageID(), Subject: n.Mail.CommonHeaders.Subject}, true
}

// decodeNotification reads the first value of text. QUIRK: gateways break the
// long lines, in the middle of a string too.
func decodeNotification(text string) (sesNotification, bool) {
	var n sesNotification
	text = strings.NewReplacer("\r\n ", "", "\n ", "", "\r", "", "\n", "").Replace(text)
	err := json.NewDecoder(strings.NewReader(text)).Decode(&n)
	return n, err == nil
}

// withoutType are the words of a diagnostic code that has its type before it (RFC
// 3464 §2.3.6), as in "smtp; 550 no".
func withoutType(diagnostic string) string {
	if kind, words, ok := strings.Cut(diagnostic, ";"); ok && !strings.Contains(strings.TrimSpace(kind), " ") {
		return strings.TrimSpace(words)
	}
	return diagnostic
}

func (n *sesNotification) messageID() string {
	for _, h := range n.Mail.Headers {
		if strings.EqualFold(h.Name, "Message-ID") {
			return firstID(h.Value)
		}
	}
	return firstID(n.Mail.CommonHeaders.MessageID)
}
