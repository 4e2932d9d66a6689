package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"time"

	"sendoff/outbox"
)

// itemJSON is an item as scripts see it. Its names are a contract.
type itemJSON struct {
	ID          outbox.ID       `json:"id"`
	MessageID   string          `json:"message_id"`
	Account     string          `json:"account"`
	From        string          `json:"from"`
	To          []string        `json:"to"`
	Cc          []string        `json:"cc"`
	Bcc         []string        `json:"bcc"`
	Subject     string          `json:"subject"`
	State       string          `json:"state"`
	Size        int64           `json:"size"`
	Created     *time.Time      `json:"created"`
	NotBefore   *time.Time      `json:"not_before"`
	NextAttempt *time.Time      `json:"next_attempt"`
	Attempts    int             `json:"attempts"`
	Campaign    *string         `json:"campaign"` // its name; null for none
	MeantFor    string          `json:"meant_for,omitempty"`
	SentCopy    *copyJSON       `json:"sent_copy,omitempty"`
	Recipients  []recipientJSON `json:"recipients"`
}

// copyJSON is what became of the copy for the Sent folder.
type copyJSON struct {
	State       string     `json:"state"` // waiting, filed, failed
	Text        string     `json:"text"`  // the folder, or what went wrong last
	NextAttempt *time.Time `json:"next_attempt"`
}

type recipientJSON struct {
	Address     string     `json:"address"`
	State       string     `json:"state"`
	Attempts    int        `json:"attempts"`
	NextAttempt *time.Time `json:"next_attempt"`
	Code        int        `json:"code"`
	Enhanced    string     `json:"enhanced"`
	Text        string     `json:"text"`
	Class       string     `json:"class"`
	At          *time.Time `json:"at"`
}

func toJSON(item outbox.Item) itemJSON {
	j := itemJSON{
		ID: item.ID, MessageID: item.MessageID, Account: item.Account, From: item.From, To: item.To, Cc: item.Cc, Bcc: item.Bcc,
		Subject: item.Subject, State: item.State.String(), Size: item.Size, Created: timeJSON(item.Created),
		NotBefore: timeJSON(item.NotBefore), NextAttempt: timeJSON(item.NextAttempt), Attempts: item.Attempts,
		MeantFor:   item.MeantFor,
		Recipients: []recipientJSON{},
	}
	if item.Campaign != "" {
		j.Campaign = &item.Campaign
	}
	if item.Copy.State != outbox.CopyNone {
		j.SentCopy = &copyJSON{item.Copy.State.String(), item.Copy.Text, timeJSON(item.Copy.Next)}
	}
	for _, r := range item.Recipients {
		rj := recipientJSON{
			Address: r.Address, State: r.State.String(), Attempts: r.Attempts,
			Code: r.Code, Enhanced: r.Enhanced, Text: r.Text, Class: r.Class.String(), At: timeJSON(r.At),
		}
		if r.State == outbox.RecipientWaiting {
			rj.NextAttempt = timeJSON(r.NextAttempt)
		}
		j.Recipients = append(j.Recipients, rj)
	}
	return j
}

// timeJSON is nil, so null, for no time. Times are RFC 3339 in UTC.
func timeJSON(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Millisecond)
	return &t
}

// writeItemsJSON writes an array of items, each as it comes, in the form that
// writeJSON would give all of them.
func writeItemsJSON(out io.Writer, items iter.Seq2[outbox.Item, error]) error {
	w := bufio.NewWriter(out)
	w.WriteString("[") // a bufio.Writer keeps its error
	separator := "\n  "
	for item, err := range items {
		if err != nil {
			return errors.Join(err, w.Flush())
		}
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		e.SetIndent("  ", "  ")
		if err := e.Encode(toJSON(item)); err != nil {
			return err
		}
		w.WriteString(separator)
		if _, err := w.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n"))); err != nil {
			return err
		}
		separator = ",\n  "
	}
	if separator[0] == ',' {
		w.WriteString("\n")
	}
	w.WriteString("]\n")
	return w.Flush()
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
