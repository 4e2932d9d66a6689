package check

import (
	"bytes"
	"fmt"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
)

// selfMessage is a message from an account to itself.
type selfMessage struct {
	envelope compose.Envelope
	text     []byte
	id       string // Message-ID, with angle brackets
	from     string // as in its header
}

// newSelfMessage makes the message of a check. By its Message-ID, which nobody
// can guess, it is found again.
func newSelfMessage(account accounts.Account, now time.Time) (selfMessage, error) {
	from := account.From.String()
	stamp, err := compose.NewStamp(from, now)
	if err != nil {
		return selfMessage{}, err
	}
	var text bytes.Buffer
	envelope, err := compose.Build(&text, compose.Draft{
		From: from, To: from, Subject: "sendoff account check",
		Body: fmt.Sprintf("This message was sent by `sendoff account check` from the account %q to itself, to see how it arrives.\nIt can be deleted.\n", account.Name),
	}, stamp)
	if err != nil {
		return selfMessage{}, err
	}
	return selfMessage{envelope, text.Bytes(), stamp.MessageID, account.From.Address}, nil
}
