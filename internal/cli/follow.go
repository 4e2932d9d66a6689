package cli

import (
	"context"
	"encoding/json"
	"io"
	"reflect"
	"time"

	"sendoff/outbox"
)

// followEvery is the least time between two lines of what goes on: a campaign of
// 100,000 writes some thousand of them.
const followEvery = time.Second

// passJSON is how far a pass is, one line of flush --json. Its names are a contract.
type passJSON struct {
	At        *time.Time     `json:"at"`
	Waiting   int            `json:"waiting"`   // messages in the outbox, and those that scheduled or held ones are not among
	Sending   int            `json:"sending"`   // messages on the wire
	Sent      int            `json:"sent"`      // messages, since the pass began
	Failed    int            `json:"failed"`    // messages that failed, bounced or failed in part, since then
	Uncertain int            `json:"uncertain"` // messages that may have arrived, since then
	Campaigns []campaignJSON `json:"campaigns"` // that have letters left, or had when the pass began
	Outcome   *outcomeJSON   `json:"outcome"`   // what it came to: in the last line alone
}

// outcomeJSON is what a pass came to, in recipients.
type outcomeJSON struct {
	Sent      int         `json:"sent"`
	Failed    int         `json:"failed"`
	Uncertain int         `json:"uncertain"`
	Waiting   int         `json:"waiting"`
	Paused    int         `json:"paused"`   // letters of campaigns that wait for a person
	Doubtful  []outbox.ID `json:"doubtful"` // messages with an uncertain recipient
}

// passFollower writes how far a pass is.
type passFollower struct {
	*program
	b        *outbox.Outbox
	policies func() []outbox.Policy
	before   map[outbox.State]int
	seen     map[outbox.CampaignID]bool // had letters left
}

// followPass writes a line whenever something has changed, at most once a second. The
// function it returns writes the last one, with the outcome.
func (p *program) followPass(ctx context.Context, b *outbox.Outbox, policies func() []outbox.Policy) (end func(context.Context, outbox.Outcome) error, err error) {
	f := &passFollower{program: p, b: b, policies: policies, seen: make(map[outbox.CampaignID]bool)}
	if f.before, err = b.Counts(ctx); err != nil {
		return nil, err
	}
	first, err := f.line(ctx) // before anything goes
	if err == nil {
		err = f.write(first)
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		done <- follow(ctx, b.Watch(ctx), &first, func() (passJSON, bool, error) {
			line, err := f.line(ctx)
			return line, false, err
		}, f.write)
	}()
	return func(ctx context.Context, o outbox.Outcome) error {
		cancel()
		if err := <-done; err != nil {
			return err
		}
		line, err := f.line(ctx)
		if err != nil {
			return err
		}
		line.Outcome = &outcomeJSON{o.Sent, o.Failed, o.Uncertain, o.Waiting, o.Paused, append([]outbox.ID{}, o.Doubtful...)}
		return f.write(line)
	}, nil
}

func (f *passFollower) write(line passJSON) error {
	line.At = timeJSON(time.Now())
	return writeLine(f.Out, line)
}

// line is how far the pass is, without the time.
func (f *passFollower) line(ctx context.Context) (passJSON, error) {
	j := passJSON{Campaigns: []campaignJSON{}}
	now, err := f.b.Counts(ctx)
	if err != nil {
		return j, err
	}
	since := func(states ...outbox.State) (n int) {
		for _, s := range states {
			n += now[s] - f.before[s]
		}
		return max(n, 0) // some may have been deleted meanwhile
	}
	j.Waiting, j.Sending = now[outbox.StateWaiting], now[outbox.StateSending]
	j.Sent, j.Uncertain = since(outbox.StateSent), since(outbox.StateUncertain)
	j.Failed = since(outbox.StateFailed, outbox.StateBounced, outbox.StatePartial)
	all, err := f.b.Campaigns(ctx)
	if err != nil {
		return j, err
	}
	for _, c := range all {
		if f.seen[c.ID] = f.seen[c.ID] || c.Counts.Open() > 0 && c.State != outbox.CampaignCancelled; !f.seen[c.ID] {
			continue
		}
		status, err := f.statusOf(ctx, f.b, c, f.policies(), time.Now())
		if err != nil {
			return j, err
		}
		j.Campaigns = append(j.Campaigns, status)
	}
	return j, nil
}

// follow writes what look sees: at once, unless that is written already, and whenever it
// is something else than before, at most once a second. It ends when look says so, or
// with ctx, which is no error.
func follow[T any](ctx context.Context, changed <-chan struct{}, written *T, look func() (line T, last bool, err error), write func(T) error) error {
	ticker := time.NewTicker(followEvery) // also for what changes with time alone
	defer ticker.Stop()
	for {
		line, last, err := look()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case written == nil || !reflect.DeepEqual(line, *written):
			if err := write(line); err != nil {
				return err
			}
			written = &line
		}
		if last {
			return nil
		}
		for _, news := range []<-chan struct{}{nil, changed} { // a second at least, and then until something is new
			select {
			case <-news:
			case <-ticker.C:
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// writeLine writes a value as one line of JSON.
func writeLine(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
