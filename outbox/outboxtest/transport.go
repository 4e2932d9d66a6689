// Package outboxtest has the scripted Transport that tests of the outbox and of
// what stands on it deliver through. It is for tests alone.
package outboxtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"sendoff/outbox"
)

// Transport answers from a script instead of a network, and keeps the promises
// that outbox.Transport asks for: it reads the whole message, and marks before
// it accepts.
type Transport struct {
	// Script answers for one recipient at its try-th attempt, counted from 1.
	// Nil accepts everything.
	Script func(recipient string, try int) outbox.Result
	// During, if set, is called inside each Deliver after the body was read and
	// before the mark; its error ends the attempt as a broken line does.
	During func(ctx context.Context, d outbox.Delivery) error
	// Dialogue is that of every report, and what is traced, and followed from the start.
	Dialogue string
	// Server is that of every report; "" is "scripted:25". TLS is its encryption.
	Server, TLS string

	mu     sync.Mutex
	tries  map[string]int
	copies map[Copy]int
	calls  int
	most   int // at once
	now    int
}

// Copy names what a server has accepted: one item for one recipient.
type Copy struct {
	Item      outbox.ID
	Recipient string
}

// Accepted is the answer of a server that took the message.
func Accepted() outbox.Result {
	return outbox.Result{Class: outbox.ClassAccepted, Code: 250, Enhanced: "2.0.0", Text: "2.0.0 ok"}
}

// Deliver is outbox.Transport's.
func (t *Transport) Deliver(ctx context.Context, d outbox.Delivery) outbox.Report {
	t.enter()
	defer t.leave()
	report := outbox.Report{Server: cmp.Or(t.Server, "scripted:25"), TLS: t.TLS, Dialogue: t.Dialogue}
	if d.Trace != nil && t.Dialogue != "" {
		for line := range strings.SplitSeq(t.Dialogue, "\n") {
			d.Trace(line)
		}
	}
	if d.Follow != nil {
		d.Follow(outbox.Live{Said: func() string { return t.Dialogue }})
	}
	d.Progress(outbox.StepBody, 0)
	if err := t.body(ctx, d); err != nil {
		report.Began = true
		if errors.Is(err, outbox.ErrDamaged) {
			return fill(report, d, outbox.Result{Class: outbox.ClassMessage, Text: err.Error()})
		}
		return fill(report, d, outbox.Result{Class: outbox.ClassNetwork, Text: err.Error()})
	}
	for _, recipient := range d.Recipients {
		r := t.answer(recipient)
		report.Results = append(report.Results, r)
		report.Began = report.Began || r.Class.Scope() != outbox.ScopeAccount && r.Class != outbox.ClassNetwork
	}
	if err := t.settle(ctx, d, report.Results); err != nil {
		return fill(report, d, outbox.Result{Class: outbox.ClassNetwork, Text: err.Error()})
	}
	return report
}

func (t *Transport) body(ctx context.Context, d outbox.Delivery) error {
	body, err := d.Open()
	if err != nil {
		return err
	}
	defer body.Close()
	n, err := io.Copy(io.Discard, body)
	if err == nil && n != d.Size {
		err = fmt.Errorf("the message has %d octets, not %d", n, d.Size)
	}
	if err == nil && t.During != nil {
		err = t.During(ctx, d)
	}
	d.Progress(outbox.StepDot, n)
	return err
}

// settle marks, and counts the copies the server has now.
func (t *Transport) settle(ctx context.Context, d outbox.Delivery, results []outbox.Result) error {
	marked := false
	for i, r := range results {
		if r.Class != outbox.ClassAccepted && r.Class != outbox.ClassUncertain {
			continue
		}
		if !marked {
			if err := d.Mark(ctx, nil); err != nil {
				return err
			}
			marked = true
		}
		if r.Class == outbox.ClassAccepted {
			t.mu.Lock()
			if t.copies == nil {
				t.copies = make(map[Copy]int)
			}
			t.copies[Copy{d.Item, d.Recipients[i]}]++
			t.mu.Unlock()
		}
	}
	return nil
}

func fill(report outbox.Report, d outbox.Delivery, r outbox.Result) outbox.Report {
	report.Results = nil
	for range d.Recipients {
		report.Results = append(report.Results, r)
	}
	return report
}

func (t *Transport) answer(recipient string) outbox.Result {
	t.mu.Lock()
	if t.tries == nil {
		t.tries = make(map[string]int)
	}
	t.tries[recipient]++
	try := t.tries[recipient]
	t.mu.Unlock()
	if t.Script == nil {
		return Accepted()
	}
	return t.Script(recipient, try)
}

func (t *Transport) enter() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls++
	t.now++
	t.most = max(t.most, t.now)
}

func (t *Transport) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now--
}

// Copies gives how often each item was accepted for each recipient.
func (t *Transport) Copies() map[Copy]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make(map[Copy]int, len(t.copies))
	for c, n := range t.copies {
		all[c] = n
	}
	return all
}

// Calls gives how many deliveries there were, and how many at once at most.
func (t *Transport) Calls() (all, atOnce int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.calls, t.most
}

// Tries gives how often a recipient was tried.
func (t *Transport) Tries(recipient string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tries[recipient]
}
