package ui

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"sendoff/compose"
	"sendoff/compose/openpgp"
	"sendoff/internal/review"
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
	outline  compose.Outline
	size     int64 // about, in octets
	findings []review.Finding
	programs *task         // of Options.Checks; nil: they were not started
	early    bool          // y was typed before the first look was over
	looked   bool          // that is over
	asked    bool          // y was typed, and stands to be typed again since something is grave
	said     int           // the notice of that
	seen     compose.Draft // the draft with its files as the check has seen them
	misspelt int           // words that no dictionary knows
	foreign  []string      // pictures that somebody else may have named
	report   openpgp.Report
	refused  error // why the outbox did not take it
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
		outline  compose.Outline
		findings []review.Finding

		seen     compose.Draft
		files    []attachment
		pictures pictures
		report   openpgp.Report
	}
	// queued is a message that is in the outbox, or was not taken.
	queued struct {
		review *reviewPane
		id     outbox.ID
		err    error
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

// check looks at the draft and its files, and at what is known of its recipients.
func (r *reviewPane) check() tea.Cmd {
	r.round++
	r.programs.end()
	r.programs = nil
	d, round, now, all, saver := r.draft, r.round, r.now, r.accounts, r.composer.saver
	account, _ := r.account(d.Account)
	written, naming, files := r.composer.written(), r.composer.naming.copy(), slices.Clone(r.composer.files)
	check := r.do(func(ctx context.Context) tea.Msg {
		files := lookAll(files)
		seen, shown := seenNow(d, files), lookForPictures(written, naming)
		report := r.protectionOf(ctx, d, account)
		protected := r.options.Outbox.WithHabits(seen, now)
		report.Apply(&protected)
		outline, problems := protected.Outline()
		facts, err := review.Gather(ctx, r.options.Outbox, all, d, now)
		facts.Size, facts.Begun, facts.Leaves = outline.Size, saver.began(ctx), d.Leaves
		findings := append(review.Look(d, facts), warned(fileCautions(files), r.pictureCautions(shown))...)
		if err != nil { // it cannot be read, and can be written perhaps: the message is not to wait for that
			findings = append(findings, review.Finding{Severity: review.Note, Text: "What is known of the recipients cannot be read: " + mistake(err) + "."})
		}
		return checkedDraft{
			review: r, round: round, problems: problems, outline: outline, findings: findings,
			seen: seen, files: files, pictures: shown, report: report,
		}
	})
	return tea.Batch(check, r.countMisspelt())
}

// follow takes in what has changed in the form behind the review, such as a
// paste that was still being looked at: what is sent is what stands here. It
// tells whether there was something.
func (r *reviewPane) follow() (tea.Cmd, bool) {
	if reflect.DeepEqual(r.draft, r.composer.last) {
		return nil, false
	}
	var told tea.Cmd
	if r.early { // it was said of another text
		told = r.say("The message has changed meanwhile: look again.")
	}
	r.draft, r.checked, r.problems, r.refused, r.report = r.composer.last, false, nil, nil, openpgp.Report{}
	r.asked, r.early = false, false
	return tea.Batch(told, r.check()), true
}

func (r *reviewPane) handleChecked(msg checkedDraft) tea.Cmd {
	cmd, changed := r.takeSeen(msg)
	if changed { // it is being checked anew
		return cmd
	}
	r.seen, r.foreign = msg.seen, msg.pictures.foreign
	r.checked, r.size, r.outline, r.findings, r.report = true, msg.outline.Size, msg.outline, msg.findings, msg.report
	r.problems = slices.Concat(behind(r.ownProblems(), msg.problems), msg.report.Problems)
	return tea.Batch(cmd, r.runChecks(), r.answerEarly())
}

// looking tells that it is not known yet what there is to say of the message.
func (r *reviewPane) looking() bool {
	return !r.sending && (!r.checked || len(r.problems) == 0 && r.programs.running())
}

// answerLater keeps a yes that came before the first look was over. A message that is
// being looked at anew has changed, and its answer is for who has seen it.
func (r *reviewPane) answerLater() tea.Cmd {
	if r.early = !r.looked; r.early {
		return nil
	}
	return r.say("It is looked at again: answer when that is done.")
}

// earlyText says what becomes of a yes that came early.
func (r *reviewPane) earlyText() string {
	if r.early {
		return " it is sent if nothing is found"
	}
	return ""
}

// answerEarly sends what was said yes to before the look was over, if nothing was found.
func (r *reviewPane) answerEarly() tea.Cmd {
	if r.looking() {
		return nil
	}
	early := r.early
	r.early, r.looked = false, true
	if !early {
		return nil
	}
	switch {
	case len(r.problems) > 0:
		return r.say("It is not sent: look at what is wrong.")
	case r.top() != pane(r) || r.question != nil || len(r.findings) > 0 || r.report.Lack != "":
		return r.say(r.keyed("Look at what was found; {review.send} sends it."))
	}
	return r.send()
}

// behind puts problems of a draft behind those of its account, without what follows from
// them: whose account is none has no address of a sender either.
func behind(own, more []compose.FieldError) []compose.FieldError {
	ofSender := func(p compose.FieldError) bool { return p.Field == "from" }
	if slices.ContainsFunc(own, ofSender) {
		more = slices.DeleteFunc(slices.Clone(more), ofSender)
	}
	return slices.Concat(own, more)
}

// ownProblems are those that a draft cannot know of.
func (r *reviewPane) ownProblems() (problems []compose.FieldError) {
	account, ok := r.account(r.draft.Account)
	switch {
	case r.draft.Account == "":
		problems = append(problems, compose.FieldError{Field: "from", Problem: "no account is set up", Hint: r.keyed("{review.keep} keeps it as a draft; {list.add-account} in the list then adds an account")})
	case !ok:
		problems = append(problems, compose.FieldError{Field: "from", Problem: fmt.Sprintf("no account is named %q", clean(r.draft.Account)),
			Hint: r.keyed("{compose.next-from} in the form takes another sender")})
	case r.draft.From != "" && !account.Allows(r.draft.From):
		problems = append(problems, compose.FieldError{Field: "from", Problem: clean(account.Name) + " may not send as " + clean(r.draft.From),
			Hint: r.keyed("{compose.next-from} in the form takes another sender")})
	}
	if most := account.Limits.MaxSize; ok && most > 0 && r.size > most {
		problems = append(problems, compose.FieldError{Field: "size", Problem: fmt.Sprintf("it is about %s; %s takes %s", size(r.size), clean(account.Name), size(most)),
			Hint: "take an attachment off, or send a link instead"})
	}
	return problems
}

func (r *reviewPane) update(msg tea.Msg) tea.Cmd {
	if news, cmd := r.programs.hear(r.ctx, msg); news != nil || cmd != nil {
		return tea.Batch(r.handlePrograms(news), cmd)
	}
	switch msg := msg.(type) {
	case checkedDraft:
		if msg.review == r && msg.round == r.round {
			return r.handleChecked(msg)
		}
	case spellCounted:
		if msg.review == r && msg.round == r.round {
			r.misspelt = msg.words
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
	asked := r.asked
	r.asked, r.early = false, false // whatever else is typed is no answer
	if asked && r.notice.generation == r.said {
		r.clearNotice()
	}
	switch {
	case r.looking() && key.Matches(msg, r.bound("send", "review.send")):
		return r.answerLater()
	case key.Matches(msg, k.Send) && r.grave() && !asked:
		r.asked = true
		cmd := r.say(r.keyed("One more {review.send} sends it all the same."))
		r.said = r.notice.generation
		return cmd
	case key.Matches(msg, k.Send):
		return r.send()
	case key.Matches(msg, k.Fix):
		return r.fix(numberOf(msg) - 1)
	case key.Matches(msg, k.Later):
		r.openSchedule()
	case key.Matches(msg, k.Wishes):
		r.openWishes()
	case key.Matches(msg, k.Text):
		return r.openText()
	case key.Matches(msg, k.HTML):
		return r.openHTML()
	case key.Matches(msg, k.Source):
		return r.openSource()
	case key.Matches(msg, k.Edit):
		r.leave()
	case key.Matches(msg, k.Keep):
		r.leave()
		return r.composer.leaveKept()
	case key.Matches(msg, k.Attach):
		r.leave()
		return r.composer.openAttach()
	case key.Matches(msg, k.Show):
		return r.showPictures()
	case key.Matches(msg, k.Detach):
		return r.detach()
	case key.Matches(msg, k.Protect):
		r.composer.nextProtection()
		return r.changed()
	case key.Matches(msg, k.Sign):
		r.composer.toggleProtection(compose.Signed)
		return r.changed()
	case key.Matches(msg, k.Encrypt):
		r.composer.toggleProtection(compose.Encrypted)
		return r.changed()
	case key.Matches(msg, k.Help):
		r.push(newHelpPane(r.desk, r))
	case key.Matches(msg, r.bound("", "review.send", "review.text", "review.html", "review.source")):
		return r.say(r.whyNot(msg))
	default:
		r.text.update(msg, k.move, r.paneHeight())
	}
	return nil
}

// whyNot says why a key does nothing that shows or sends the message.
func (r *reviewPane) whyNot(msg tea.KeyPressMsg) string {
	switch {
	case !r.checked:
		return "It is still being looked at."
	case len(r.problems) == 0:
		return "The message has no HTML."
	case key.Matches(msg, r.bound("", "review.send")):
		return "It is not sent: look at what is wrong."
	}
	return "There is no message to show yet: look at what is wrong."
}

// changed looks again at what was changed here.
func (r *reviewPane) changed() tea.Cmd {
	r.composer.touch()
	cmd, _ := r.follow()
	return tea.Batch(cmd, r.composer.changed())
}

// detach takes the attachment off; among several the form lets one be chosen.
func (r *reviewPane) detach() tea.Cmd {
	c := r.composer
	if len(c.files) > 1 {
		r.leave()
		c.setFocus(fieldAttach)
		return r.say(r.keyed("{compose.take-off} takes the chosen one off."))
	}
	name := clean(c.files[0].name())
	c.chosen = 0
	c.takeOff()
	return tea.Batch(r.changed(), r.say("The file "+name+r.keyed(" is taken off; {review.attach} attaches another one.")))
}

// leave goes back to the form.
func (r *reviewPane) leave() {
	r.programs.end()
	r.close(r)
}

// send queues the message. The form stays until that has happened.
func (r *reviewPane) send() tea.Cmd {
	r.composer.touch()
	if cmd, changed := r.follow(); changed {
		return tea.Batch(cmd, r.composer.changed(), r.say("The message has changed meanwhile: look again."))
	}
	r.sending, r.refused, r.written = true, nil, new(atomic.Int64)
	return tea.Batch(r.do(r.submission(r.options.OpenPGP)), r.watchQueueing())
}

// handleRefused keeps everything where it is, and says why.
func (r *reviewPane) handleRefused(err error) tea.Cmd {
	if errors.Is(err, openpgp.ErrLocked) && r.options.OpenPGPAsks != nil {
		return r.ask()
	}
	r.sending, r.refused = false, err
	if cmd, changed := r.follow(); changed {
		return cmd
	}
	if errors.Is(err, compose.ErrFileChanged) { // what is there now was not looked at
		r.refused, r.checked = nil, false
		return tea.Batch(r.check(), r.say("A file has changed meanwhile: look again."))
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
