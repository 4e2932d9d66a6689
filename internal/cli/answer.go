package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/mail"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/compose"
)

// answerFlags are for answering a message.
type answerFlags struct {
	to  string // a file with it, or "-"
	all bool
}

func (f *answerFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.to, "reply-to", "", "answer the message in this file, - for standard input: recipients, subject and thread come from it")
	cmd.Flags().BoolVar(&f.all, "all", false, "with --reply-to: answer also who else has got it")
}

func (f *answerFlags) check() error {
	if f.all && f.to == "" {
		return hinted{usagef("--all says whom an answer goes to"), "add --reply-to FILE"}
	}
	return nil
}

// begin adds to a draft what an answer takes from its original, which is given
// back. Without --reply-to nothing is done. account is the one that was asked for;
// book is nil without accounts.
func (f *answerFlags) begin(ctx context.Context, p *program, d *compose.Draft, book *accounts.Book, account string) (quoted string, err error) {
	if f.to == "" {
		return "", nil
	}
	original, err := f.read(ctx, p)
	if err != nil {
		return "", err
	}
	answer := original.Reply(compose.ReplyOptions{All: f.all, IsSelf: func(address string) bool { return isOwn(book, address) }})
	d.To, d.Cc = joinLists(answer.To, d.To), joinLists(answer.Cc, d.Cc)
	d.Subject = orElse(d.Subject, answer.Subject)
	d.Headers = append(answer.Headers, d.Headers...)
	if from := writtenTo(book, original); d.From == "" && sendsAs(book, account, from) {
		d.From = from
	}
	return answer.Body, nil
}

func (f *answerFlags) read(ctx context.Context, p *program) (compose.Original, error) {
	open := func() (io.ReadCloser, error) { return os.Open(f.to) }
	if f.to == "-" {
		open = func() (io.ReadCloser, error) { return io.NopCloser(p.In), nil }
	}
	original, err := await(ctx, func() (o compose.Original, err error) {
		r, err := open()
		if err != nil {
			return o, err
		}
		defer r.Close()
		return compose.ReadOriginal(r)
	})
	switch {
	case errors.Is(err, compose.ErrNotMessage):
		err = hinted{compose.FieldError{Field: "reply_to", Problem: "what --reply-to gives is not a message", Err: err}, "save the message as it came, with its header (in mutt: save-message or pipe-message, in Thunderbird: Save As .eml)"}
	case errors.Is(err, fs.ErrNotExist):
		err = hinted{err, "check the path that --reply-to gives"}
	}
	if err != nil {
		return original, fmt.Errorf("read the message to answer: %w", err)
	}
	return original, nil
}

// writtenTo is the address of ours that a message was written to, "" if it is none
// or if there are no accounts.
func writtenTo(book *accounts.Book, o compose.Original) string {
	if book == nil {
		return ""
	}
	for _, isOurs := range []func(string) bool{
		func(a string) bool { return isOwn(book, a) },
		func(a string) bool { _, err := book.ForFrom(a); return err == nil }, // of a domain that is ours
	} {
		for _, list := range [][]compose.Address{o.To, o.Cc, o.From} {
			for _, a := range list {
				if address := bare(a); isOurs(address) {
					return asWritten(book, address)
				}
			}
		}
	}
	return ""
}

// sendsAs tells that an account of a name, or any if it has none, may send as an
// address.
func sendsAs(book *accounts.Book, account, from string) bool {
	if from == "" || account == "" {
		return from != ""
	}
	a, err := book.Find(account)
	return err == nil && a.Allows(from)
}

func bare(a compose.Address) string {
	return compose.Address{Mailbox: a.Mailbox, Domain: a.Domain}.String()
}

// isOwn tells the addresses that accounts name. One that only belongs to a domain
// of theirs may be somebody else's.
func isOwn(book *accounts.Book, address string) bool {
	return book != nil && asNamed(book, address) != ""
}

// asWritten is an address with the name that an account gives it.
func asWritten(book *accounts.Book, address string) string {
	return orElse(asNamed(book, address), address)
}

// asNamed is the From or the identity that has an address; "" if none has.
func asNamed(book *accounts.Book, address string) string {
	for _, a := range book.Accounts {
		if strings.EqualFold(a.From.Address, address) {
			return a.From.String()
		}
		for _, identity := range a.Addresses() {
			if own, err := mail.ParseAddress(identity); err == nil && strings.EqualFold(own.Address, address) {
				return identity
			}
		}
	}
	return ""
}
