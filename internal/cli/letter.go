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

	markdown, plain, html bool
	inline                []string

	receipt, report bool
	priority        string

	answer answerFlags
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
	f.StringArrayVar(&l.inline, "inline", nil, "picture that the text shows, as ![](NAME) in Markdown or <img src=\"NAME\">; may be repeated")
	f.BoolVar(&l.markdown, "markdown", false, "read the text as Markdown, and send HTML beside it; pictures that it names are files here")
	f.BoolVar(&l.plain, "plain", false, "send the text as plain text, whatever is in it")
	f.BoolVar(&l.html, "html", false, "the text is HTML; plain text is made of it and sent beside it")
	f.StringArrayVar(&l.headers, "header", nil, "further header field, as 'Name: value'; may be repeated")
	f.BoolVar(&l.receipt, "receipt", false, "ask for a receipt when it is read; programs ask their reader first, or send none")
	f.BoolVar(&l.report, "report", false, "ask for a report of delivery too, where the servers make them to order; of failure and delay they are asked anyway")
	f.StringVar(&l.priority, "priority", "", "high or low")
	l.answer.flags(cmd)
	f.StringVar(&l.bodyFile, "body-file", "", "file with the text")
}

// draft makes a draft of the flags and of arguments, which are recipients.
func (l *letter) draft(args []string) (compose.Draft, error) {
	d := compose.Draft{
		Style: l.style(),
		From:  l.from, To: strings.Join(append(l.to, args...), ", "), Cc: strings.Join(l.cc, ", "),
		Bcc: strings.Join(l.bcc, ", "), Subject: l.subject,
		Wishes: compose.Wishes{Priority: compose.Priority(l.priority), Receipt: l.receipt, Report: l.report},
	}
	for _, path := range l.attach {
		whole, err := filepath.Abs(path) // the draft is kept, and may be taken up again elsewhere
		if err != nil {
			return d, fmt.Errorf("attach %s: %w", path, err)
		}
		d.Attachments = append(d.Attachments, compose.Attachment{Path: whole})
	}
	for _, name := range l.inline {
		whole, err := filepath.Abs(name)
		if err != nil {
			return d, fmt.Errorf("inline %s: %w", name, err)
		}
		d.Inline = append(d.Inline, compose.Image{Attachment: compose.Attachment{Path: whole}, Source: name})
	}
	for _, text := range l.headers {
		name, value, ok := strings.Cut(text, ":")
		if !ok {
			return d, hinted{usagef("--header %q has no colon", text), "write it as 'Reply-To: ana@example.org'"}
		}
		if value = strings.TrimSpace(value); strings.EqualFold(name, "Reply-To") {
			d.ReplyTo = joinLists(d.ReplyTo, value) // it is a list of addresses like To
			continue
		}
		d.Headers = append(d.Headers, compose.Header{Name: name, Value: value})
	}
	return d, nil
}

// style is what the flags say of the text; "" if they say nothing.
func (l *letter) style() compose.Style {
	switch {
	case l.markdown:
		return compose.StyleMarkdown
	case l.plain:
		return compose.StylePlain
	case l.html:
		return compose.StyleHTML
	}
	return ""
}

// pictures adds to a draft the files that its text shows. That is done only for
// who has said what the text is: one that comes from elsewhere must not fetch the
// pictures of this machine. A path is relative to where the text stands.
func (l *letter) pictures(d *compose.Draft) error {
	if l.style() == "" {
		return nil
	}
	dir := ""
	if l.bodyFile != "-" {
		dir = filepath.Dir(l.bodyFile)
	}
	for _, name := range d.NamedImages() {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		whole, err := filepath.Abs(path)
		if err != nil {
			return fmt.Errorf("picture %s: %w", name, err)
		}
		d.Inline = append(d.Inline, compose.Image{Attachment: compose.Attachment{Path: whole}, Source: name})
	}
	return nil
}

// check refuses what contradicts itself.
func (l *letter) check(cmd *cobra.Command) error {
	if err := l.answer.check(); err != nil {
		return err
	}
	if l.priority != "" && l.priority != string(compose.PriorityHigh) && l.priority != string(compose.PriorityLow) {
		return hinted{usagef("--priority %q is no priority", l.priority), "it is high or low"}
	}
	return atMostOne(cmd, "markdown", "plain", "html")
}

// address fills in who sends: the account, and its From address if none was
// given.
func address(d *compose.Draft, book *accounts.Book, accountName string) (accounts.Account, error) {
	account, from, err := book.Sender(accountName, d.From, usualAccount())
	if err == nil {
		d.Account, d.From = account.Name, withName(from, account)
	}
	return account, err
}

// withName gives a bare From address the name that it has in the account, as the
// form does.
func withName(from string, account accounts.Account) string {
	sought, err := compose.ParseOne(from)
	if err != nil || sought.Name != "" {
		return from
	}
	for _, own := range append([]string{account.From.String()}, account.Addresses()...) {
		a, err := compose.ParseOne(own)
		if err == nil && strings.EqualFold(a.Mailbox+"@"+a.Domain, sought.Mailbox+"@"+sought.Domain) {
			return own
		}
	}
	return from
}
