package ui

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// halfway is a transport that stops in the middle of the first message.
type halfway struct {
	reached, goOn chan struct{}
	at            outbox.Step // "" is in the body
	stubborn      bool        // it does not hear that it is to stop
	dialogue      string
	known         []outbox.Known
	said          atomic.Pointer[string] // so far
}

// say lets something have been said so far.
func (h *halfway) say(dialogue string) { h.said.Store(&dialogue) }

func (h *halfway) sayLines(lines ...string) { h.say(strings.Join(lines, "\n")) }

func (h *halfway) Deliver(ctx context.Context, d outbox.Delivery) outbox.Report {
	mark := sync.OnceValue(func() error { return d.Mark(ctx, nil) })
	if h.at == outbox.StepDot {
		_ = mark() // of which is told below
	}
	if h.at == "" {
		d.Progress(outbox.StepBody, d.Size/2+1)
	} else {
		d.Progress(h.at, 0)
	}
	said := func() string {
		if said := h.said.Load(); said != nil {
			return *said
		}
		return ""
	}
	d.Follow(outbox.Live{Said: said, Known: func() []outbox.Known { return h.known }})
	close(h.reached)
	select {
	case <-h.goOn:
	case <-ctx.Done(): // a test that has failed, or a person
		if h.stubborn {
			<-h.goOn
		}
	}
	if err := mark(); err != nil {
		return outbox.Report{Results: []outbox.Result{{Class: outbox.ClassNetwork, Text: err.Error()}}}
	}
	return outbox.Report{Server: "halfway:25", Began: true, Dialogue: h.dialogue, Results: []outbox.Result{outboxtest.Accepted()}}
}

// run runs a sender in this process; the function it returns ends it.
func (h *halfway) run(s *story) func() { return h.runFor(s, s.box) }

// runFor is run with an outbox as another process would have it.
func (h *halfway) runFor(s *story, b *outbox.Outbox) func() {
	policies := func() []outbox.Policy { return []outbox.Policy{{Account: "work", Connections: 1, Revision: "1"}} }
	sender := outbox.NewSender(b, h, policies, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- sender.Run(ctx) }()
	return func() {
		stop()
		if err := <-ended; err != nil {
			s.t.Error(err)
		}
	}
}
