package ui

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/outbox"
)

// reviewPane shows what will be sent, and sends it.
type reviewPane struct {
	*desk
	composer *composer
	draft    compose.Draft
	round    int // of checking; grows with every draft that is looked at
	checked  bool
	problems []compose.FieldError
	size     int64    // about, in octets
	cautions []string // what is known against the recipients
	refused  error    // why the outbox did not take it
	text     scroller

	sending bool          // Submit is under way
	written *atomic.Int64 // octets of the message so far; set by the command
}

type (
	// checkedDraft is what is wrong with the draft, and how large it is.
	checkedDraft struct {
		review   *reviewPane
		round    int
		problems []compose.FieldError
		size     int64
		cautions []string
	}
	// queued is a message that is in the outbox, or was not taken.
	queued struct {
		review    *reviewPane
		id        outbox.ID
		notBefore time.Time
		err       error
	}
	// queueing looks how far a large message has come.
	queueing struct{ review *reviewPane }
)

// review opens the review of what is written.
func (c *composer) review() tea.Cmd {
	c.touch()
	r := &reviewPane{desk: c.desk, composer: c, draft: c.last}
	c.push(r)
	return tea.Batch(r.check(), c.changed())
}

func (r *reviewPane) title() string { return "send " + r.composer.title() + "?" }

func (r *reviewPane) restyled() {}

// check looks at the draft and its files.
func (r *reviewPane) check() tea.Cmd {
	r.round++
	d, round, book := r.draft, r.round, r.people.book
	return r.do(func(context.Context) tea.Msg {
		cautions := slices.Concat(warnings(book, d.To), warnings(book, d.Cc), warnings(book, d.Bcc))
		return checkedDraft{r, round, d.Check(), compose.EstimateSize(d), cautions}
	})
}

// follow takes in what has changed in the form behind the review, such as a
// paste that was still being looked at: what is sent is what stands here. It
// tells whether there was something.
func (r *reviewPane) follow() (tea.Cmd, bool) {
	if reflect.DeepEqual(r.draft, r.composer.last) {
		return nil, false
	}
	r.draft, r.checked, r.problems, r.refused = r.composer.last, false, nil, nil
	return r.check(), true
}

func (r *reviewPane) handleChecked(msg checkedDraft) {
	r.checked, r.size, r.cautions = true, msg.size, msg.cautions
	r.problems = append(r.ownProblems(), msg.problems...)
}

// ownProblems are those that a draft cannot know of.
func (r *reviewPane) ownProblems() (problems []compose.FieldError) {
	account, ok := r.account(r.draft.Account)
	switch {
	case r.draft.Account == "":
		problems = append(problems, compose.FieldError{Field: "from", Problem: "no account is set up", Hint: r.keyed("it can be kept as a draft: {review.keep}")})
	case !ok:
		problems = append(problems, compose.FieldError{Field: "from", Problem: fmt.Sprintf("no account is named %q", clean(r.draft.Account)),
			Hint: "alt+n in the form takes another sender"})
	case r.draft.From != "" && !account.Allows(r.draft.From):
		problems = append(problems, compose.FieldError{Field: "from", Problem: clean(account.Name) + " may not send as " + clean(r.draft.From),
			Hint: "alt+n in the form takes another sender"})
	}
	if most := account.Limits.MaxSize; ok && most > 0 && r.size > most {
		problems = append(problems, compose.FieldError{Field: "size", Problem: fmt.Sprintf("it is about %s; %s takes %s", size(r.size), clean(account.Name), size(most)),
			Hint: "take an attachment off, or send a link instead"})
	}
	return problems
}

func (r *reviewPane) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case checkedDraft:
		if msg.review == r && msg.round == r.round {
			r.handleChecked(msg)
		}
	case queueing:
		if msg.review == r && r.sending {
			return r.watchQueueing()
		}
	case tea.KeyPressMsg:
		return r.press(msg)
	case tea.MouseWheelMsg:
		r.text.update(msg, moveKeys{}, r.paneHeight())
	default:
		if !r.sending { // the composer has heard it before
			cmd, _ := r.follow()
			return cmd
		}
	}
	return nil
}

func (r *reviewPane) press(msg tea.KeyPressMsg) tea.Cmd {
	if r.sending {
		return nil // until the outbox has it, or not
	}
	k := r.keys()
	switch {
	case key.Matches(msg, k.Send):
		return r.send()
	case key.Matches(msg, k.Edit):
		r.close(r)
	case key.Matches(msg, k.Keep):
		r.close(r)
		return r.composer.leave()
	case key.Matches(msg, k.Attach):
		r.close(r)
		return r.composer.openAttach()
	case key.Matches(msg, k.Help):
		r.push(newHelpPane(r.desk, r))
	default:
		r.text.update(msg, k.move, r.paneHeight())
	}
	return nil
}

// send queues the message. The form stays until that has happened.
func (r *reviewPane) send() tea.Cmd {
	r.composer.touch()
	if cmd, changed := r.follow(); changed {
		return tea.Batch(cmd, r.composer.changed(), r.say("The message has changed meanwhile: look again."))
	}
	r.sending, r.refused, r.written = true, nil, new(atomic.Int64)
	written, saver, draft, undo := r.written, r.composer.saver, r.draft, max(r.options.UndoWindow, 0)
	submit := r.do(func(ctx context.Context) tea.Msg {
		id, err := saver.submit(ctx, draft, outbox.SubmitOptions{Undo: undo, Progress: written.Store})
		return queued{r, id, r.undoUntil(time.Now()), err}
	})
	return tea.Batch(submit, r.watchQueueing())
}

// handleRefused keeps everything where it is, and says why.
func (r *reviewPane) handleRefused(err error) tea.Cmd {
	r.sending, r.refused = false, err
	if cmd, changed := r.follow(); changed {
		return cmd
	}
	var problems compose.Problems
	if errors.As(err, &problems) { // a file has changed since it was looked at
		return r.check()
	}
	return nil
}

// watchQueueing looks often enough that a large message is seen to move.
func (r *reviewPane) watchQueueing() tea.Cmd {
	return tea.Tick(progressEvery, func(time.Time) tea.Msg { return queueing{r} })
}

// reviewKeys are the keys of the review.
type reviewKeys struct {
	move                           moveKeys
	Send, Edit, Attach, Keep, Help key.Binding
}

func (r *reviewPane) keys() reviewKeys {
	idle := !r.sending
	return reviewKeys{
		move:   r.moveKeys(),
		Send:   when(idle && r.checked && len(r.problems) == 0, r.bound("send", "review.send")),
		Edit:   when(idle, r.bound("edit", "review.edit")),
		Attach: when(idle, r.bound("attach", "review.attach")),
		Keep:   when(idle, r.bound("keep as draft", "review.keep")),
		Help:   when(idle, r.bound("help", "everywhere.help")),
	}
}

func (r *reviewPane) bindings() bindings {
	k := r.keys()
	return bindings{
		footer: []key.Binding{k.Send, k.Edit, k.Attach, k.Keep},
		end:    []key.Binding{k.Help},
		help: []group{
			{"This message", []key.Binding{k.Send, k.Edit, k.Attach, k.Keep}},
			{"Moving", k.move.all()},
		},
	}
}

func (r *reviewPane) view(width, height int) ([]string, *tea.Cursor) {
	r.text.lines = r.lines(width - 2)
	var lines []string
	for n, line := range r.text.view(height) {
		if n == 0 {
			line = between(line, r.styles.dim.Render(r.text.more(height)), width-2)
		}
		lines = append(lines, " "+line)
	}
	return lines, nil
}

// lines are the questions a person asks before sending, answered in order.
func (r *reviewPane) lines(width int) []string {
	verdict := r.verdict(width)
	lines := []string{r.styles.bold.Render(cut("Send this?", width)), ""}
	if len(r.problems) > 0 { // they must not be missed on a low screen
		lines = append(append(lines, verdict...), "")
		verdict = nil
	}
	add := func(label, text string) { lines = append(lines, r.field(label, text, width)...) }
	add("from", r.fromText())
	add("to", addressesText(r.draft.To))
	add("cc", addressesText(r.draft.Cc))
	add("bcc", addressesText(r.draft.Bcc))
	add("reply to", addressesText(r.draft.ReplyTo))
	add("subject", orElse(clean(r.draft.Subject), "(none)"))
	for _, h := range r.draft.Headers {
		add("header", clean(h.Name+": "+h.Value))
	}
	add("files", r.filesText())
	add("size", r.sizeText())
	add("leaves", r.leavesText())
	return append(append(lines, ""), verdict...)
}

// field is a label and its text, wrapped; nothing if there is no text.
func (r *reviewPane) field(label, text string, width int) (lines []string) {
	const indent = 10
	if text == "" {
		return nil
	}
	for n, line := range wrap(text, max(width-indent-2, 1)) {
		if n > 0 {
			label = ""
		}
		lines = append(lines, "  "+r.styles.dim.Render(cell(label, indent))+line)
	}
	return lines
}

func (r *reviewPane) fromText() string {
	text := clean(r.draft.From)
	if a, ok := r.account(r.draft.Account); ok {
		text += fmt.Sprintf(" through %s (%s)", clean(a.Name), clean(a.SMTP.Host))
	}
	return text
}

// addressesText writes a list of addresses with dots between them.
func addressesText(text string) string {
	list, err := compose.ParseList(text)
	if err != nil {
		return clean(text)
	}
	var all []string
	for _, a := range list {
		all = append(all, clean(a.String()))
	}
	return strings.Join(all, " · ")
}

func (r *reviewPane) filesText() string {
	var all []string
	for _, a := range r.draft.Attachments {
		f := attachment{Attachment: a}
		for _, seen := range r.composer.files {
			if seen.Attachment == a {
				f = seen
			}
		}
		all = append(all, strings.TrimSpace(clean(f.name())+" "+f.note()))
	}
	return strings.Join(all, " · ")
}

func (r *reviewPane) sizeText() string {
	if !r.checked {
		return "…"
	}
	text := "about " + size(r.size)
	if a, ok := r.account(r.draft.Account); ok && a.Limits.MaxSize > 0 {
		text += " of the server's " + size(a.Limits.MaxSize)
	}
	return text
}

func (r *reviewPane) leavesText() string {
	text := "at once"
	if wait := r.options.UndoWindow; wait > 0 {
		text = "in " + duration(wait) + r.keyed(" ({outbox.undo} takes it back)")
	}
	if !r.options.Sending && r.status.counts != nil && !r.status.sender {
		text = "when something sends: `sendoff daemon` or `sendoff flush`"
	}
	if park, ok := r.parked(r.draft.Account); ok {
		text = "when " + clean(park.Account) + " goes on, which is parked: " + parkWords(park.Result)
		if !park.Until.IsZero() {
			text += "; it tries again " + onward(park.Until, r.now)
		}
	} else if q, ok := r.full(r.draft.Account); ok {
		text = "when " + clean(q.Account) + " may send again: its limit is " + quotaWords(q)
		if !q.From.IsZero() {
			text += "; it goes on " + onward(q.From, r.now)
		}
	}
	return text
}

// verdict is what stands in the way, or that nothing does.
func (r *reviewPane) verdict(width int) (lines []string) {
	switch {
	case r.sending:
		text := "queueing…"
		if n := r.written.Load(); n > 1<<20 {
			text = fmt.Sprintf("queueing %s of about %s", size(n), size(max(r.size, n)))
		}
		return []string{r.styles.accent.Render(cut(text, width))}
	case r.refused != nil && len(r.problems) == 0:
		for _, line := range wrap("It was not queued: "+mistake(r.refused), width) {
			lines = append(lines, r.styles.bad.Render(line))
		}
		return lines
	case !r.checked:
		return []string{r.styles.dim.Render(cut("checking…", width))}
	case len(r.problems) == 0:
		for _, caution := range r.cautions {
			for n, line := range wrap("! "+caution, width) {
				lines = append(lines, r.styles.wait.Render(spaces(min(n, 1)*2)+line))
			}
		}
		return append(lines, r.styles.good.Render("✓")+cut(" addresses, files and size are in order", width-1))
	}
	for _, e := range r.problems {
		for n, line := range wrap("✗ "+fieldName(e.Field)+": "+clean(e.Problem), width) {
			lines = append(lines, r.styles.bad.Render(spaces(min(n, 1)*2)+line))
		}
		if e.Hint != "" {
			lines = append(lines, indented(clean(e.Hint), width, r.styles.dim)...)
		}
	}
	return lines
}

// fieldName is the name of a draft's field for people.
func fieldName(json string) string {
	names := map[string]string{"reply_to": "Reply-To", "attachments": "Attachment", "headers": "Header", "body": "Text"}
	if name, ok := names[json]; ok {
		return name
	}
	if json == "" {
		return "Message"
	}
	return capital(json)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
