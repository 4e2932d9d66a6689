package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/config"
	"sendoff/outbox"
)

// sendFlags are the flags of send alone.
type sendFlags struct {
	letter
	at, key            string
	hold, dryRun, wait bool
	trace, requireTLS  bool
	signature, look    bool
	protect            protectFlags
}

func (p *program) sendCommand() *cobra.Command {
	var f sendFlags
	cmd := &cobra.Command{
		Use:   "send [flags] [ADDRESS…]",
		Short: "Queue one message; the text is standard input",
		Long: "Queues one message durably and prints its ID. The text is read from standard input, or from --body-file.\n\n" +
			"It leaves when a sender runs: the interface, sendoff daemon, or sendoff flush. With --wait it is delivered now and the exit " +
			"code tells the outcome: sent 0, failed 69, waiting 75, uncertain 76.\n\n" +
			"A text with Markdown in it, such as **bold**, # a title or [a link](https://example.org), goes out as it is with HTML beside it, " +
			"unless markdown in config.toml says otherwise. For a text that others have written use --plain.\n\n" +
			"With --sign and --encrypt gpg signs and encrypts it, with your keys and its own trust in those of others. The subject stays readable.",
		Example: "echo 'The backup failed.' | sendoff send --to ops@example.org -s 'db2: backup'\n" +
			"sendoff send --to kim@example.com --attach invoice.pdf --key invoice-1043 --wait < letter.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			return p.send(cmd.Context(), &f, args)
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&f.at, "at", "", "not before: '15:04', 'tomorrow', 'tomorrow 8:00', 'mon 9:00', '2026-12-24 18:00', '+2h', 'in 3 days', RFC 3339")
	cmd.Flags().BoolVar(&f.hold, "hold", false, "keep it until sendoff release")
	cmd.Flags().BoolVar(&f.requireTLS, "require-tls", false, "only over TLS, all the way to the recipients: refused where a server cannot promise that")
	cmd.Flags().BoolVar(&f.signature, "signature", false, "end the text with the signature of the From address")
	f.protect.flags(cmd)
	cmd.Flags().StringVar(&f.key, "key", "", "queue once however often the command is repeated with this key")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "print the message and queue nothing")
	cmd.Flags().BoolVar(&f.look, "check", false, "look at it as the review of the interface does, and queue nothing if something needs a second look")
	cmd.Flags().BoolVar(&f.wait, "wait", false, "deliver now and exit by the outcome")
	traceFlag(cmd, &f.trace)
	return cmd
}

// check refuses what contradicts itself.
func (f *sendFlags) check(cmd *cobra.Command) error {
	if err := f.letter.check(cmd); err != nil {
		return err
	}
	if err := f.protect.check(cmd); err != nil {
		return err
	}
	if f.answer.to == "-" && (f.bodyFile == "" || f.bodyFile == "-") {
		return hinted{usagef("standard input is the text, and cannot be the message to answer too"), "give one of them as a file"}
	}
	for _, pair := range [][]string{{"wait", "hold"}, {"wait", "at"}, {"dry-run", "wait"}, {"dry-run", "hold"}, {"dry-run", "key"}} {
		if err := atMostOne(cmd, pair...); err != nil {
			return err
		}
	}
	if f.trace && !f.wait {
		return hinted{usagef("--trace shows what --wait does"), "add --wait, or look at sendoff show ID --log afterwards"}
	}
	return nil
}

func (p *program) send(ctx context.Context, f *sendFlags, args []string) error {
	where, err := userPlaces()
	if err != nil {
		return err
	}
	settings, err := loadSettings(where) // now, since after Submit it would be too late to fail
	if err != nil {
		return err
	}
	d, options, err := p.message(ctx, f, args, where)
	if err != nil {
		return err
	}
	if err := p.secondLook(ctx, f, d, options.NotBefore, where, settings); err != nil {
		return err
	}
	switch {
	case f.dryRun:
		return p.dryRun(ctx, d.With(habits(settings), time.Now()), options)
	case f.wait:
		return p.sendAndWait(ctx, f, d, options, settings)
	}
	return p.queue(ctx, d, options, where, settings)
}

// message is the draft that flags, arguments and standard input make, and how
// it is to be queued.
func (p *program) message(ctx context.Context, f *sendFlags, args []string, where places) (compose.Draft, outbox.SubmitOptions, error) {
	o := outbox.SubmitOptions{Hold: f.hold, Key: f.key}
	d, err := f.draft(args)
	if err != nil {
		return d, o, err
	}
	d.RequireTLS = f.requireTLS
	if o.NotBefore, err = parseWhen(f.at, time.Now()); err != nil {
		return d, o, err
	}
	book, err := accounts.Load(where.accounts)
	if err != nil {
		return d, o, err
	}
	// The text is what was written, so nothing is quoted: whom a program answers
	// knows what they wrote.
	if _, err := f.answer.begin(ctx, p, &d, book, f.account); err != nil {
		return d, o, err
	}
	account, err := address(&d, book, f.account)
	if err != nil {
		return d, o, err
	}
	o.MaxSize = account.Limits.MaxSize
	if d.Body, err = p.readBody(ctx, f.bodyFile); err != nil {
		return d, o, err
	}
	if f.signature {
		signed(&d, account)
	}
	if err := f.pictures(&d); err != nil {
		return d, o, err
	}
	return d, o, p.protect(ctx, f.protect, &d, &o, account, where)
}

// signed ends the text of a draft with the signature of its From address.
func signed(d *compose.Draft, account accounts.Account) {
	signature := account.SignatureOf(d.From)
	if d.Style == compose.StyleHTML {
		d.Body = compose.SignHTML(d.Body, signature)
		return
	}
	d.Body = compose.Sign(endLine(d.Body), signature)
}

// endLine ends the last line of a text that has one.
func endLine(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}

// dryRun prints the message that would be queued.
func (p *program) dryRun(ctx context.Context, d compose.Draft, o outbox.SubmitOptions) error {
	s, err := compose.NewStamp(d.From, time.Now())
	if err != nil {
		return err
	}
	_, err = compose.BuildProtected(ctx, p.Out, d, s, o.Protector)
	return err
}

// queue submits the message and prints its ID. Once it is queued nothing may end
// the command with an error: a script would queue it again.
func (p *program) queue(ctx context.Context, d compose.Draft, o outbox.SubmitOptions, where places, settings config.Settings) error {
	var id outbox.ID
	var sender outbox.SenderSeen
	err := withBriefOutbox(ctx, where, habits(settings), func(b *outbox.Outbox) (err error) {
		if id, err = b.Submit(ctx, d, o); err != nil {
			return err
		}
		p.saySuppressed(ctx, b, id)
		sender = b.Sender()
		return nil
	})
	if id == 0 {
		return err
	}
	p.printID(id)
	if err != nil {
		p.say(err, "")
	}
	if !o.Hold {
		p.sayUnsent(sender, settings)
	}
	return nil
}

// printID says what a message is queued as: in another way, if standard output
// does not take it. (Main makes an exit code of that.)
func (p *program) printID(id outbox.ID) {
	if _, err := fmt.Fprintln(p.Out, id); err != nil {
		fmt.Fprintf(p.Err, "sendoff: queued as %s\n", id)
	}
}

// sendAndWait queues, delivers that one message and exits by its outcome alone.
func (p *program) sendAndWait(ctx context.Context, f *sendFlags, d compose.Draft, o outbox.SubmitOptions, settings config.Settings) error {
	var id outbox.ID
	code, others, alone, senderHelps := exitUncertain, false, false, false // what holds if the outcome cannot even be read
	err := withEngine(ctx, func(b *outbox.Outbox, e *engine, _ places) (err error) {
		if id, err = b.Submit(ctx, d, o); err != nil {
			return err
		}
		p.printID(id)
		p.saySuppressed(ctx, b, id)
		if f.trace {
			p.trace(e)
		}
		stop := p.follow(ctx, b, e)
		_, err = e.sender.FlushItem(ctx, id)
		stop()
		if err != nil {
			p.say(err, "")
		}
		late := context.WithoutCancel(ctx) // what became of it is told after a ctrl+c, too
		item, err := b.Get(late, id)
		if err != nil {
			return err
		}
		alone = !b.SenderRunning()
		if code = itemExit(item); item.State != outbox.StateSent {
			senderHelps = p.explain(late, b, e, item, alone)
		}
		others, err = somethingDue(late, b, id)
		return err
	})
	if id == 0 {
		return err
	}
	if err != nil {
		p.say(err, "")
	}
	switch {
	case ctx.Err() != nil || !alone:
	case settings.Deliver == config.DeliverAuto && others:
		p.startFlush()
	case code == exitTryLater && senderHelps:
		fmt.Fprintf(p.Err, "sendoff: %s waits, and nothing is sending now\nhint: %s\n", id, hintNobodySends)
	}
	return byOutcome(code)
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

// explain says on standard error what became of the recipients that have no copy,
// why their account stands still, if it does, and what can be done. alone tells
// that no sender runs. It tells whether one would help.
func (p *program) explain(ctx context.Context, b *outbox.Outbox, e *engine, item outbox.Item, alone bool) (senderHelps bool) {
	park, parked, err := parkOf(ctx, b, e.accounts.policies(), item.Account)
	if err != nil {
		p.say(err, "")
	}
	why := new(causes)
	for _, r := range item.Recipients {
		if r.State != outbox.RecipientSent && r.State != outbox.RecipientConfirmed {
			why.add(item.Account, r)
		}
	}
	p.sayCauses(why, func(c *cause) string {
		plain := c.explained()
		switch {
		case c.state == outbox.RecipientUncertain:
			return hintUncertain(item.ID.String())
		case parked && c.words == park.Answer(): // its hint is the account's
			return ""
		case c.state == outbox.RecipientWaiting && alone && plain.Otherwise != "":
			return "if trying again does not help, " + plain.Otherwise
		case c.state == outbox.RecipientWaiting && alone:
			return ""
		}
		return plain.Hint
	})
	waits := func(r outbox.Recipient) bool { return r.State == outbox.RecipientWaiting }
	if parked && slices.ContainsFunc(item.Recipients, waits) {
		if why.told(park.Result) {
			fmt.Fprintf(p.Err, "sendoff: so account %s %s\n", park.Account, parkUntil(park))
		} else {
			p.sayPark(park)
		}
		fmt.Fprintln(p.Err, "hint:", parkHint(park, e.accounts, item.ID.String()))
	}
	return !parked || !onlyYou(park)
}
