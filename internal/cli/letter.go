package cli

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/compose"
)

// letter holds the flags that describe a message, for send and compose.
type letter struct {
	account, from, subject, bodyFile string
	to, cc, bcc, attach, headers     []string
}

func (l *letter) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&l.account, "account", "a", "", "send through this account (default: the one of the From address, $SENDOFF_ACCOUNT, the default account)")
	f.StringVar(&l.from, "from", "", "From address, one that an account may use")
	f.StringArrayVar(&l.to, "to", nil, "recipient, or several with commas; may be repeated")
	f.StringArrayVar(&l.cc, "cc", nil, "copy to")
	f.StringArrayVar(&l.bcc, "bcc", nil, "copy to, unseen by the others")
	f.StringVarP(&l.subject, "subject", "s", "", "subject")
	f.StringArrayVar(&l.attach, "attach", nil, "file to attach; may be repeated")
	f.StringArrayVar(&l.headers, "header", nil, "further header field, as 'Name: value'; may be repeated")
	f.StringVar(&l.bodyFile, "body-file", "", "file with the text")
}

// draft makes a draft of the flags and of arguments, which are recipients.
func (l *letter) draft(args []string) (compose.Draft, error) {
	d := compose.Draft{
		From: l.from, To: strings.Join(append(l.to, args...), ", "), Cc: strings.Join(l.cc, ", "),
		Bcc: strings.Join(l.bcc, ", "), Subject: l.subject,
	}
	for _, path := range l.attach {
		whole, err := filepath.Abs(path) // the draft is kept, and may be taken up again elsewhere
		if err != nil {
			return d, fmt.Errorf("attach %s: %w", path, err)
		}
		d.Attachments = append(d.Attachments, compose.Attachment{Path: whole})
	}
	for _, text := range l.headers {
		name, value, ok := strings.Cut(text, ":")
		if !ok {
			return d, hinted{usagef("--header %q has no colon", text), "write it as 'Reply-To: ana@example.org'"}
		}
		if value = strings.TrimSpace(value); strings.EqualFold(name, "Reply-To") {
			d.ReplyTo = value
			continue
		}
		d.Headers = append(d.Headers, compose.Header{Name: name, Value: value})
	}
	return d, nil
}

// address fills in who sends: the account, and its From address if none was
// given.
func address(d *compose.Draft, book *accounts.Book, accountName string) (accounts.Account, error) {
	account, err := chooseAccount(book, accountName, d.From)
	if err != nil {
		return account, err
	}
	if d.From == "" {
		d.From = account.From.String()
	}
	if !account.Allows(d.From) {
		return account, hinted{usageError{fmt.Errorf("account %s does not send as %s", account.Name, d.From)},
			"add the address to its identities in accounts.toml, or choose another account"}
	}
	d.Account = account.Name
	return account, nil
}
