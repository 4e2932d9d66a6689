package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/config"
	"sendoff/outbox"
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
		d.Attachments = append(d.Attachments, compose.Attachment{Path: path})
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

// sendFlags are the flags of send alone.
type sendFlags struct {
	letter
	at, key            string
	hold, dryRun, wait bool
}

func (p *program) sendCommand() *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send [flags] [ADDRESS…]",
		Short: "Queue one message; the text is standard input",
		Long: "Queues one message durably and prints its ID. The text is read from standard input, or from --body-file.\n\n" +
			"It leaves when a sender runs: the interface, sendoff daemon, or sendoff flush. With --wait it is delivered now and the exit " +
			"code tells the outcome: sent 0, failed 69, waiting 75, uncertain 76.",
		Example: "echo 'The backup failed.' | sendoff send --to ops@example.org -s 'db2: backup'\n" +
			"sendoff send --to kim@example.com --attach invoice.pdf --key invoice-1043 --wait < letter.txt",
		RunE: func(cmd *cobra.Command, args []string) error { return p.send(cmd.Context(), &f, args) },
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&f.at, "at", "", "not before: '15:04', 'tomorrow 8:00', '2026-12-24 18:00', '+2h', RFC 3339")
	cmd.Flags().BoolVar(&f.hold, "hold", false, "keep it until sendoff release")
	cmd.Flags().StringVar(&f.key, "key", "", "queue once however often the command is repeated with this key")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "print the message and queue nothing")
	cmd.Flags().BoolVar(&f.wait, "wait", false, "deliver now and exit by the outcome")
	return cmd
}

func (p *program) send(ctx context.Context, f *sendFlags, args []string) error {
	if f.wait && (f.hold || f.at != "") {
		return usagef("--wait delivers now, --hold and --at do not")
	}
	d, err := f.draft(args)
	if err != nil {
		return err
	}
	notBefore, err := parseWhen(f.at, time.Now())
	if err != nil {
		return err
	}
	where, err := userPlaces()
	if err != nil {
		return err
	}
	book, err := accounts.Load(where.accounts)
	if err != nil {
		return err
	}
	account, err := address(&d, book, f.account)
	if err != nil {
		return err
	}
	if d.Body, err = p.readBody(f.bodyFile); err != nil {
		return err
	}
	if f.dryRun {
		return p.dryRun(d)
	}
	options := outbox.SubmitOptions{NotBefore: notBefore, Hold: f.hold, Key: f.key, MaxSize: account.Limits.MaxSize}
	if f.wait {
		return p.sendAndWait(ctx, d, options)
	}
	return withBriefOutbox(ctx, where, func(b *outbox.Outbox) error {
		id, err := b.Submit(ctx, d, options)
		if err != nil {
			return err
		}
		fmt.Fprintln(p.Out, id)
		if f.hold || b.SenderRunning() {
			return nil
		}
		return p.nobodySends(where)
	})
}

// readBody reads the text of a message.
func (p *program) readBody(path string) (string, error) {
	if path != "" && path != "-" {
		data, err := os.ReadFile(path)
		return string(data), err
	}
	if isTerminal(p.In) {
		fmt.Fprintln(p.Err, "Write the text; ctrl+d on a line of its own ends it.")
	}
	data, err := io.ReadAll(p.In)
	return string(data), err
}

// dryRun prints the message that would be queued.
func (p *program) dryRun(d compose.Draft) error {
	s, err := compose.NewStamp(d.From, time.Now())
	if err != nil {
		return err
	}
	_, err = compose.Build(p.Out, d, s)
	return err
}

// sendAndWait queues, delivers that one message and exits by its outcome.
func (p *program) sendAndWait(ctx context.Context, d compose.Draft, o outbox.SubmitOptions) error {
	return withEngine(ctx, func(b *outbox.Outbox, e *engine, _ places) error {
		id, err := b.Submit(ctx, d, o)
		if err != nil {
			return err
		}
		fmt.Fprintln(p.Out, id)
		stop := p.showProgress(ctx, b)
		_, err = e.sender.FlushItem(ctx, id)
		stop()
		if err != nil {
			return err
		}
		item, err := b.Get(context.WithoutCancel(ctx), id)
		if err != nil {
			return err
		}
		if item.State != outbox.StateSent {
			p.explain(item)
		}
		return byOutcome(itemExit(item))
	})
}

// itemExit is the exit code of one item's outcome; the least settled recipient
// decides, so that a script that repeats on 75 never doubles an uncertain one.
func itemExit(item outbox.Item) int {
	code := exitOK
	for _, r := range item.Recipients {
		switch r.State {
		case outbox.RecipientUncertain:
			return exitUncertain
		case outbox.RecipientWaiting, outbox.RecipientSending:
			code = exitTryLater
		case outbox.RecipientFailed, outbox.RecipientBounced, outbox.RecipientSkipped:
			if code == exitOK {
				code = exitRefused
			}
		}
	}
	return code
}

// explain says on standard error what became of the recipients that have no
// copy.
func (p *program) explain(item outbox.Item) {
	for _, r := range item.Recipients {
		if r.State != outbox.RecipientSent && r.State != outbox.RecipientConfirmed {
			fmt.Fprintf(p.Err, "sendoff: %s %s: %s\n", r.Address, r.State, orElse(answerText(r.Result), "not tried yet"))
		}
	}
}

const hintNobodySends = "sendoff flush sends once; sendoff daemon --install keeps a sender running"

// nobodySends tells that what was queued stays where it is, or starts a sender
// where config.toml says so.
func (p *program) nobodySends(where places) error {
	settings, err := loadSettings(where)
	if err != nil {
		return err
	}
	if settings.Deliver == config.DeliverAuto {
		return startDetached("flush")
	}
	fmt.Fprintln(p.Err, "sendoff: queued, but nothing is sending now")
	fmt.Fprintln(p.Err, "hint:", hintNobodySends)
	return nil
}

// startDetached starts this program in a session of its own, so that it
// outlives the terminal; what it has to say stands in the log and the outbox.
func startDetached(args ...string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("start a sender: %w", err)
	}
	cmd := exec.Command(self, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start a sender: %w", err)
	}
	return cmd.Process.Release()
}
