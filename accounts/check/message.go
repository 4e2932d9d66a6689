package check

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
)

// selfMessage is a message from an account to itself.
type selfMessage struct {
	envelope compose.Envelope
	text     []byte
	id       string // Message-ID, with angle brackets
	token    string // in the Subject, and nowhere else in the world
}

// newSelfMessage makes the message of a check. It is found again by a token in
// its Subject, since a server may change the Message-ID. Where the account has an
// address for bounces it goes from there and to there.
func newSelfMessage(account accounts.Account, now time.Time) (selfMessage, error) {
	from := account.From.String()
	stamp, err := compose.NewStamp(from, now)
	if err != nil {
		return selfMessage{}, err
	}
	token := strings.ToLower(rand.Text())
	var text bytes.Buffer
	envelope, err := compose.Build(&text, compose.Draft{
		From: from, To: from, Subject: "sendoff account check " + token,
		Body: fmt.Sprintf("This message was sent by `sendoff account check` from the account %q to itself, to see how it arrives.\nIt can be deleted.\n", account.Name),
	}, stamp)
	if err != nil {
		return selfMessage{}, err
	}
	if own := account.ReturnPath(token); own != "" { // bounces are to come back to it, and it must be let through as a sender
		envelope.From, envelope.Recipients = own, []string{own}
	}
	return selfMessage{envelope, text.Bytes(), stamp.MessageID, token}, nil
}
