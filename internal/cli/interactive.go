package cli

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/compose/addressbook"
	"sendoff/compose/spell"
	"sendoff/compose/template"
	"sendoff/internal/campaign"
	"sendoff/internal/config"
	"sendoff/outbox"
	"sendoff/ui"
)

func (p *program) composeCommand() *cobra.Command {
	var l letter
	var name string
	cmd := &cobra.Command{
		Use:   "compose [flags] [ADDRESS…|mailto:…]",
		Short: "Open the interface with a new message",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := l.check(cmd); err != nil {
				return err
			}
			letter, err := namedTemplate(name)
			if err != nil {
				return err
			}
			d, err := composeDraft(cmd.Context(), p, &l, args)
			if err != nil {
				return err
			}
			if l.answer.to == "-" { // what was answered has come by standard input, and the keys do not
				terminal, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
				if err != nil {
					return hinted{usageError{fmt.Errorf("the interface needs a terminal: %w", err)}, "give the message as a file"}
				}
				defer terminal.Close()
				p.In = terminal
			}
			return p.interactive(cmd.Context(), opening{draft: &d, letter: letter, written: l.bodyFile != ""})
		},
	}
	l.flags(cmd)
	cmd.Flags().StringVar(&name, "template", "", "begin with this template, a file NAME.md in templates/ beside config.toml")
	return cmd
}

// namedTemplate reads the template of a name; nil for none.
func namedTemplate(name string) (*template.Template, error) {
	if name == "" {
		return nil, nil
	}
	where, err := userPlaces()
	if err != nil {
		return nil, err
	}
	t, hint, err := template.Find(templateFolder(where), name)
	if errors.Is(err, template.ErrNone) {
		return nil, hinted{usageError{fmt.Errorf("--template %s: %w", name, err)}, hint}
	}
	return &t, err
}

func templateFolder(where places) string {
	return filepath.Join(filepath.Dir(where.settings), "templates")
}

// composeDraft makes the draft that the composer opens with.
func composeDraft(ctx context.Context, p *program, l *letter, args []string) (compose.Draft, error) {
	var addresses []string
	var linked compose.Draft
	for _, arg := range args {
		if !strings.HasPrefix(strings.ToLower(arg), "mailto:") {
			addresses = append(addresses, arg)
			continue
		}
		linked = parseMailto(arg)
	}
	d, err := l.draft(addresses)
	if err != nil {
		return d, err
	}
	d.To, d.Cc, d.Bcc = joinLists(d.To, linked.To), joinLists(d.Cc, linked.Cc), joinLists(d.Bcc, linked.Bcc)
	d.Subject = orElse(d.Subject, linked.Subject)
	d.Headers = append(linked.Headers, d.Headers...)
	d.Body = linked.Body
	d.Account = l.account
	if err := p.beginAnswer(ctx, l, &d); err != nil {
		return d, err
	}
	if l.bodyFile != "" {
		if d.Body, err = p.readBody(ctx, l.bodyFile); err != nil {
			return d, err
		}
	}
	if l.bodyFile != "" || linked.Body != "" && l.answer.to == "" {
		if err := signGiven(l, &d); err != nil {
			return d, err
		}
	}
	return d, l.pictures(&d)
}

// signGiven puts the signature below a text that comes from elsewhere, unless it has one.
// The form does so below a text that begins there.
func signGiven(l *letter, d *compose.Draft) error {
	where, err := userPlaces()
	if err != nil {
		return err
	}
	book, err := accounts.Load(where.accounts)
	switch {
	case errors.Is(err, accounts.ErrNoAccounts) || compose.IsSigned(d.PlainBody()):
		return nil
	case err != nil:
		return err
	}
	account, err := book.Choose(l.account, d.From, usualAccount())
	if err != nil {
		return err
	}
	if d.From == "" { // whose signature it is must be who sends
		d.Account = account.Name
	}
	from := *d
	from.From = orElse(d.From, account.From.String())
	signed(&from, account)
	d.Body = from.Body
	return nil
}

// beginAnswer begins a draft with the message that it answers, in quotes, and the
// signature below.
func (p *program) beginAnswer(ctx context.Context, l *letter, d *compose.Draft) error {
	if l.answer.to == "" {
		return nil
	}
	where, err := userPlaces()
	if err != nil {
		return err
	}
	book, err := accounts.Load(where.accounts)
	if err != nil && !errors.Is(err, accounts.ErrNoAccounts) {
		return err
	}
	quoted, err := l.answer.begin(ctx, p, d, book, l.account)
	if err != nil {
		return err
	}
	if quoted != "" {
		quoted = "\n\n" + quoted // where writing begins
	}
	if d.Body = quoted; book == nil {
		return nil
	}
	account, err := book.Choose(l.account, d.From, usualAccount())
	if err != nil {
		return err
	}
	d.Account, d.Body = account.Name, compose.Sign(quoted, account.SignatureOf(d.From))
	return nil
}

func joinLists(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + ", " + b
}

// parseMailto reads a mailto URL (RFC 6068). It comes from a web page, so only
// the fields that are seen while composing are taken, and what puts an answer into
// its thread: one that could attach a file or set another header is left out. A plus
// is a plus there, not a space.
func parseMailto(link string) compose.Draft {
	var d compose.Draft
	rest, query, _ := strings.Cut(link[len("mailto:"):], "?")
	d.To = unescapeLink(rest)
	for _, field := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(field, "=")
		value = unescapeLink(value)
		switch strings.ToLower(name) {
		case "to":
			d.To = joinLists(d.To, value)
		case "cc":
			d.Cc = joinLists(d.Cc, value)
		case "bcc":
			d.Bcc = joinLists(d.Bcc, value)
		case "subject":
			d.Subject = value
		case "body":
			d.Body = strings.ReplaceAll(value, "\r\n", "\n")
		case "in-reply-to":
			d.Headers = compose.Thread(value)
		}
	}
	return d
}

// unescapeLink decodes what is encoded in a link. A percent sign that begins nothing is
// one: many pages write "100%" as it is, and the rest of the link is no worse for it.
func unescapeLink(text string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "%")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		text = after
		if c, err := hex.DecodeString(after[:min(2, len(after))]); err == nil && len(c) == 1 {
			b.Write(c)
			text = after[2:]
			continue
		}
		b.WriteByte('%')
	}
}

// opening is what the interface begins with: the zero value is the list.
type opening struct {
	draft   *compose.Draft     // to write on; nil: none
	letter  *template.Template // is put into that; nil: none
	written bool               // the text is somebody's own
}

// interactive is the interface on the user's outbox, with a sender beside it.
func (p *program) interactive(ctx context.Context, begin opening) error {
	if !isTerminal(p.In) || !isTerminal(p.Out) {
		return hinted{usagef("the interface needs a terminal"), "sendoff send, list, show and flush work without one"}
	}
	where, err := userPlaces()
	if err != nil {
		return err
	}
	settings, screen, err := screenSettings(where)
	err = withAccounts(where, err)
	if err != nil {
		return err
	}
	return withOutboxFor(ctx, where, habits(settings), func(b *outbox.Outbox, where places) error {
		log, closeLog := openLog(where.state)
		defer closeLog()
		source := &accountSource{path: where.accounts, tokens: tokensOf(where).Access, log: log}
		all, err := source.ordered()
		if err != nil {
			return err
		}
		prints, err := loadFingerprints(where)
		if err != nil {
			return err
		}
		o := screen
		o.Outbox, o.AccountsFile, o.State, o.Compose, o.UndoWindow = b, where.accounts, where.state, begin.draft, settings.UndoWindow
		o.Sending = true // also where no account is set up yet: one may be while it runs
		o.AddressFiles = addressbook.Files{Cards: settings.AddressBook.Files, Groups: settings.AddressBook.Groups}
		o.Lookup, o.Checks = addressbook.Lookup{Argv: settings.AddressBook.Command}, checksOf(settings)
		o.Accounts, o.AccountsNow, o.Policies = all, source.ordered, source.policies
		o.AccountsWrong, o.Environ = source.wrong, source.environ
		o.OpenPGP, o.OpenPGPAsks = p.keyrings(source)
		o.Setup, o.Daemon, o.InsteadOfDaemon = p.setup(b, where), installUnit, hintNoSystemd
		if own, err := os.Executable(); err == nil {
			o.Demo, o.Import = []string{own, "demo"}, []string{own, "account", "import"}
		}
		o.Campaigns = &ui.Campaigns{
			Book: source.current, Usual: usualAccount(), UnsubscribeKey: unsubscribeKey(where),
			Domains: func() *campaign.Domains { return campaign.NewDomains(p.world.Resolver) },
		}
		o.Clipboard = clips(where, source.environ)
		o.Spelling = spelling(settings, where)
		o.Template, o.Templates, o.Written = begin.letter, templateFolder(where), begin.written
		var input []tea.ProgramOption
		if p.In != os.Stdin {
			input = append(input, tea.WithInput(p.In))
		}
		e := newEngine(b, source, settings, prints, log)
		o.Alarms, o.AlarmBy = e.alarmTerminal(b, where.state)
		err = p.runInterface(ctx, e, o, input...)
		if errors.Is(err, ui.ErrStuck) {
			log.Warn("the terminal took nothing when the interface ended", "error", err)
			return err // there is nobody to tell more
		}
		return errors.Join(err, p.sayWhatStays(b, where))
	})
}

// screenSettings are the settings, and what they say of the screen, its keys and its
// editor, whatever outbox is on it; or all that is wrong with them.
func screenSettings(where places) (config.Settings, ui.Options, error) {
	settings, settingsError := config.LoadSettings(where.settings)
	keys, keysError := interfaceKeys(settings)
	o := ui.Options{
		Theme: string(settings.Theme), Glyphs: glyphs(settings.Glyphs, os.Getenv("TERM"), charactersOf(os.Getenv)),
		Mouse: settings.Mouse, Keys: keys, Editor: settings.Editor,
	}
	for _, filter := range settings.Filters {
		o.Filters = append(o.Filters, ui.Filter{Name: filter.Name, Query: filter.Query})
	}
	return settings, o, config.Join(settingsError, keysError)
}

// glyphs are those that a terminal can draw. The console of Linux has no ticks and
// crosses in its font, dumb ones tell nothing, and where the locale has other characters
// than those of Unicode a terminal may take them for several.
func glyphs(chosen config.Glyphs, terminal, locale string) string {
	lacks := terminal == "linux" || terminal == "dumb" || !hasUnicode(locale)
	if chosen == config.GlyphsASCII || chosen == config.GlyphsAuto && lacks {
		return ui.GlyphsASCII
	}
	return ""
}

// charactersOf is the locale that says which characters there are; "" where none is set.
func charactersOf(getenv func(string) string) string {
	return cmp.Or(getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG"))
}

// hasUnicode tells that the characters of a locale are those of Unicode. One that names
// none may have them, as many containers set no locale and many systems leave the set out.
func hasUnicode(locale string) bool {
	name, _, _ := strings.Cut(locale, "@")
	language, characters, named := strings.Cut(name, ".")
	if !named {
		return language != "C" && language != "POSIX"
	}
	return strings.EqualFold(characters, "UTF-8") || strings.EqualFold(characters, "UTF8")
}

// spelling is how texts are checked; nil where that is off.
func spelling(settings config.Settings, where places) *spell.Checker {
	checker := spell.Checker{Language: settings.Spell, OwnWords: filepath.Join(where.data, "words")}
	switch settings.Spell {
	case config.SpellOff:
		return nil
	case config.SpellAuto:
		checker.Language = ""
	}
	return &checker
}

// runInterface runs interface and sender side by side until the interface ends.
func (p *program) runInterface(ctx context.Context, e *engine, o ui.Options, options ...tea.ProgramOption) error {
	o.Lend = p.Interrupts.Lend
	show := func(ctx context.Context) error { return ui.Run(ctx, o, options...) }
	return errors.Join(sideBySide(ctx, show, e.keepSending, e.log, p.Err), e.transport.Close())
}

// sendAgainAfter is the pause after a sender has failed, as when the disk was full
// for so long that an outcome could not be recorded.
const sendAgainAfter = 30 * time.Second

// keepSending is run that begins again after a failure: the interface stands, and
// what it says of sending must stay true. It gives up where another try cannot
// help.
func (e *engine) keepSending(ctx context.Context) error {
	for {
		err := e.run(ctx)
		if err == nil || ctx.Err() != nil || errors.Is(err, outbox.ErrNewerSchema) {
			return err
		}
		e.log.Error("the sender has stopped, and starts again soon", "error", err)
		select {
		case <-time.After(sendAgainAfter):
		case <-ctx.Done():
			return err
		}
	}
}

// sideBySide runs show to its end, then stops send and waits for it. A sender
// that fails must not close the screen under the hands of someone who writes: it
// is logged at once, and reported when show has ended. What is waited for then is said on out.
func sideBySide(ctx context.Context, show, send func(context.Context) error, log *slog.Logger, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	sent := make(chan error, 1)
	go func() {
		err := send(ctx)
		if err != nil {
			log.Error("the sender has stopped", "error", err)
		}
		sent <- err
	}()
	shown := show(ctx)
	stop()
	if errors.Is(shown, ui.ErrStuck) { // saying so would wait for the terminal
		out = io.Discard
	}
	return errors.Join(shown, lastWord(sent, out))
}

// silentFor is how long nobody wonders why nothing happens.
const silentFor = 300 * time.Millisecond

// lastWord waits for the end of the sender, who gives a server a few seconds to say
// whether it has what was sent.
func lastWord(sent <-chan error, out io.Writer) error {
	limit := time.NewTimer(silentFor)
	defer limit.Stop()
	select {
	case err := <-sent:
		return err
	case <-limit.C:
	}
	fmt.Fprintln(out, "sendoff: waiting a few seconds for what is being sent")
	return <-sent
}

// sayWhatStays tells, when the interface is closed, that mail is left and nobody
// sends it.
func (p *program) sayWhatStays(b *outbox.Outbox, where places) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	counts, err := b.Counts(ctx)
	if err != nil {
		return err
	}
	campaigns, err := b.CampaignsLeft(ctx, nil)
	if err != nil {
		return err
	}
	left := toBeSent(counts, campaigns)
	s := b.Sender()
	if left == 0 || s.State == outbox.SenderMoves {
		return nil
	}
	p.say(fmt.Errorf("%d in the outbox, and %s", left, orElse(s.Words(), outbox.NobodySends)), sendsHint(s))
	return nil
}
