package check

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"
	"time"

	"sendoff/accounts"
	"sendoff/outbox"
	"sendoff/outbox/mailbox"
)

// loopback sends one message from the account to itself, through the transport
// that will send, and looks how it arrives. It is the only proof there is: much
// is said only of a message that is really sent, or never said.
func (r *run) loopback(ctx context.Context, allWell bool) Step {
	s := Step{Name: StepLoopback, State: Skipped, Cause: CauseNotReached}
	switch {
	case !allWell:
		return s
	case r.account.Mailbox.IsZero():
		s.Cause, s.Found = CauseNotNeeded, "the account has no mailbox to look into: nothing was sent"
		return s
	}
	began := time.Now()
	message, err := newSelfMessage(r.account, began)
	if err != nil {
		return failedStep(StepLoopback, verdict{CauseNotSent, "the message could not be made: " + err.Error(), "check the From address of the account"}, "", began)
	}
	sent := r.send(ctx, message)
	if sent.Class != outbox.ClassAccepted && sent.Class != outbox.ClassUncertain {
		e := outbox.Explain(sent, r.account.Name, message.envelope.Recipients[0])
		return failedStep(StepLoopback, verdict{CauseNotSent, strings.TrimSuffix(e.What, "."), e.Hint}, quoted(sent), began)
	}
	header, err := r.await(ctx, message.token)
	took := time.Since(began)
	switch {
	case err != nil && !errors.Is(err, mailbox.ErrNotFound):
		return failedStep(StepLoopback, verdict{CauseNotArrived, "the message was sent, and the mailbox could not be looked into: " + err.Error(), "check again in some minutes"}, quoted(sent), began)
	case err != nil:
		return failedStep(StepLoopback, verdict{CauseNotArrived, fmt.Sprintf("the server took the message, and it is not in %s after %d s", folderOf(r.account.Mailbox), int(took.Seconds())),
			lostHint(r.account)}, quoted(sent), began)
	}
	v := judgeArrival(r.account.From.Address, message.id, took, readArrival(header))
	s = Step{Name: StepLoopback, State: OK, Took: took, Cause: v.cause, Found: v.found, Hint: v.hint, Server: quoted(sent)}
	if v.cause != "" {
		s.State = Advice
	}
	return s
}

func lostHint(a accounts.Account) string {
	if a.BounceAddress != "" { // which is where it was sent
		return "it went to an address like " + a.BounceAddress + ", where bounces arrive: the provider has to put such mail into this mailbox; look into the spam folder, too"
	}
	return "look for \"sendoff account check\" in the spam folder and the others; some providers file what one sends to oneself elsewhere"
}

func failedStep(name string, v verdict, server string, began time.Time) Step {
	return Step{Name: name, State: Fail, Took: time.Since(began), Cause: v.cause, Found: v.found, Hint: v.hint, Server: server}
}

func folderOf(m accounts.Mailbox) string {
	if m.Folder == "" {
		return "the mailbox"
	}
	return m.Folder
}

// send hands the message to the transport, as the outbox would.
func (r *run) send(ctx context.Context, m selfMessage) outbox.Result {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	report := r.transport.Deliver(ctx, outbox.Delivery{
		Account: r.account.Name, From: m.envelope.From, Recipients: m.envelope.Recipients, Size: int64(len(m.text)),
		EightBit: m.envelope.EightBit, UTF8: m.envelope.UTF8,
		Open:     func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(m.text)), nil },
		Mark:     func(context.Context, []outbox.Result) error { return nil }, // no record hangs on it: it is never sent again
		Progress: func(outbox.Step, int64) {},
		Trace:    r.options.Trace,
	})
	return report.Results[0]
}

// pollEvery is how long is waited between looks: little at first, and then not
// so often that a server minds the logins of POP3.
var pollEvery = []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second}

// await looks for the message until it is there, and gives its header.
func (r *run) await(ctx context.Context, token string) (header []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, arriveLimit)
	defer cancel()
	var s *mailbox.Session
	defer func() { s.Close() }()
	for n := 0; ; n++ {
		err = nil
		if s == nil || r.account.Mailbox.Protocol == accounts.POP3 { // which shows what was there at the login
			s.Close()
			s = mailbox.New(r.account.Mailbox, r.mailboxOptions())
			err = r.openMailbox(ctx, s)
		}
		if err == nil {
			header, err = s.Find(ctx, token)
		}
		if err == nil || !errors.Is(err, mailbox.ErrNotFound) {
			return header, err
		}
		timer := time.NewTimer(pollEvery[min(n, len(pollEvery)-1)])
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, err
		}
	}
}

func (r *run) openMailbox(ctx context.Context, s *mailbox.Session) error {
	for _, step := range []func(context.Context) error{s.Resolve, s.Dial, s.Secure, s.Login} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	_, err := s.Examine(ctx)
	return err
}

// arrival is what the header of a message says of its way.
type arrival struct {
	from    string // the address
	id      string // Message-ID
	results map[string]string
}

// proofs are what a receiver looks at, as Authentication-Results names them
// (RFC 8601 §2.7).
var proofs = []string{"spf", "dkim", "dmarc"}

// readArrival reads a header that anybody may have written into. Of several
// Authentication-Results the first counts: the receiver puts its own on top.
func readArrival(header []byte) arrival {
	a := arrival{results: make(map[string]string)}
	m, err := mail.ReadMessage(bytes.NewReader(append(bytes.TrimRight(header, "\r\n"), "\r\n\r\n"...)))
	if err != nil {
		return a
	}
	if from, err := mail.ParseAddress(m.Header.Get("From")); err == nil {
		a.from = from.Address
	}
	a.id = strings.TrimSpace(m.Header.Get("Message-Id"))
	_, results, _ := strings.Cut(m.Header.Get("Authentication-Results"), ";")
	for result := range strings.SplitSeq(results, ";") {
		method, value, _ := strings.Cut(strings.TrimSpace(result), "=")
		method = strings.ToLower(strings.TrimSpace(method))
		words := strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == '\t' || r == '(' })
		if slices.Contains(proofs, method) && len(words) > 0 && a.results[method] != "pass" { // any signature that holds will do
			a.results[method] = strings.ToLower(words[0])
		}
	}
	return a
}

// judgeArrival says what became of a message on its way. It is pure.
func judgeArrival(from, id string, took time.Duration, a arrival) verdict {
	found := fmt.Sprintf("arrived in %d s; From and Message-ID are as they were sent", max(int(took.Round(time.Second).Seconds()), 1))
	var failed, told []string
	for _, proof := range proofs {
		if result := a.results[proof]; result != "" {
			told = append(told, proof+"="+result)
			if result != "pass" && result != "none" {
				failed = append(failed, proof)
			}
		}
	}
	proven := "; the receiver says nothing of SPF, DKIM and DMARC"
	if len(told) > 0 {
		proven = "; " + strings.Join(told, " ")
	}
	switch {
	case a.from != "" && !strings.EqualFold(a.from, from):
		return verdict{CauseRewritten, fmt.Sprintf("the message arrived, but from %s: the server changes From", a.from) + proven,
			"add " + from + " as an alias at the provider, or set from to the address that it makes of it"}
	case len(failed) > 0:
		return verdict{CauseNotProven, "the message arrived, but the receiver found it not proven" + proven, "see the hints for " + strings.Join(failed, ", ") + " of the domain, or ask the provider"}
	case a.id != id:
		return verdict{found: "arrived; the server gives messages another Message-ID, so answers and bounces are harder to match" + proven}
	}
	return verdict{found: found + proven}
}
