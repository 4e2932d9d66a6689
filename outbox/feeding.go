package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"sendoff/outbox/pace"
)

const (
	// feedBatch is how many rows become items in one operation of the writer: some 10 ms.
	feedBatch = 100
	// feedPause is the least time from one look at what campaigns need to the next.
	feedPause = 20 * time.Millisecond
)

// feeding turns rows of campaigns into items, some ahead of what leaves. It runs in
// a goroutine of its own while serve delivers; serve itself asks it once more before
// it takes a pass for over.
type feeding struct {
	*Sender
	hungry chan struct{}                                         // a token: something has changed
	commit func(context.Context, func(*tx, refills) error) error // of a change that may be run twice
	ahead  *follower                                             // nil: nobody sends what is made

	mu     sync.Mutex // guards what follows: one round at a time
	judged map[CampaignID]int
	unfit  map[CampaignID]unfitRow
	stocks map[string]stock // by account
}

func (s *Sender) newFeeding() *feeding {
	alone := func(ctx context.Context, change func(*tx, refills) error) error {
		return s.outbox.writer.doTwice(ctx, func(t *tx) error { return change(t, nil) })
	}
	return &feeding{Sender: s, hungry: make(chan struct{}, 1), commit: alone, judged: make(map[CampaignID]int), unfit: make(map[CampaignID]unfitRow),
		stocks: make(map[string]stock)}
}

// run feeds until ctx ends.
func (f *feeding) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	trouble := ""
	for ctx.Err() == nil {
		wait, began := longestSleep, time.Now()
		fed, next, err := f.round(ctx)
		if err != nil && ctx.Err() == nil && err.Error() != trouble {
			trouble = err.Error()
			f.log.Error("cannot make letters of a campaign", "error", err)
		}
		switch {
		case fed > 0: // there may be more to make
			wait = feedPause - time.Since(began)
		case err != nil:
			wait = claimPause
		case !next.IsZero():
			wait = min(max(time.Until(next), feedPause), longestSleep)
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
			continue
		case <-f.hungry:
		case <-ctx.Done():
			return
		}
		timer.Reset(feedPause - time.Since(began))
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}

// openCampaign is one that may need something.
type openCampaign struct {
	Campaign
	seed    []byte
	canary  int
	watched time.Time
	strays  int // items that wait, and are not held
	halted  int // that are held
}

// round looks at every open campaign once, and tells how many rows have become
// items, and when the next begins; the zero time: none does by itself.
func (f *feeding) round(ctx context.Context) (fed int, next time.Time, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	open, err := f.outbox.openCampaigns(ctx)
	if err == nil {
		f.forgetOver(open)
	}
	running, wrong := f.haltPaused(ctx, open) // first: whatever is wrong with others, nothing of these leaves
	if err = errors.Join(err, wrong); len(running) == 0 {
		return 0, next, err
	}
	budgets, full, wrong := f.budgets(ctx, running, time.Now())
	if wrong == nil {
		wrong = f.unbind(ctx, running, budgets, full)
	}
	if wrong != nil {
		return 0, next, errors.Join(err, wrong)
	}
	for i, c := range running {
		n, at, wrong := f.tend(ctx, c, share(budgets, len(running)-i), time.Now())
		if wrong != nil { // the others go on
			err = errors.Join(err, fmt.Errorf("campaign %s: %w", c.Name, wrong))
		}
		for account, used := range n {
			budgets[account] -= used
			f.stocks[account] = f.stocks[account].and(used)
			fed += used
		}
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return fed, next, err
}

// forgetOver forgets what is known of campaigns that need nothing any more. One that goes
// on is judged anew.
func (f *feeding) forgetOver(open []openCampaign) {
	over := func(id CampaignID) bool {
		return !slices.ContainsFunc(open, func(c openCampaign) bool { return c.ID == id })
	}
	maps.DeleteFunc(f.judged, func(id CampaignID, _ int) bool { return over(id) })
	maps.DeleteFunc(f.unfit, func(id CampaignID, _ unfitRow) bool { return over(id) })
}

// haltPaused holds what still waits of campaigns that are paused, or of which nobody can
// tell when it may leave, and gives the others.
func (f *feeding) haltPaused(ctx context.Context, open []openCampaign) (running []openCampaign, err error) {
	for _, c := range open {
		if c.State != CampaignPaused && c.Damage == "" {
			running = append(running, c)
			continue
		}
		wrong := f.outbox.inCampaign(ctx, func(t *tx) (int64, error) { return t.halt(c.ID, c.State, time.Now()) })
		if wrong != nil {
			err = errors.Join(err, fmt.Errorf("campaign %s: %w", c.Name, wrong))
		}
	}
	return running, err
}

// share is what one of several campaigns may take of budgets. It is pure.
func share(budgets map[string]int, campaigns int) map[string]int {
	part := make(map[string]int, len(budgets))
	for account, n := range budgets {
		part[account] = (n + campaigns - 1) / campaigns
	}
	return part
}

// openCampaigns are those that run, and paused ones of which something waits. An error
// stands beside those that are damaged.
func (b *Outbox) openCampaigns(ctx context.Context) ([]openCampaign, error) {
	return b.campaignsThat(ctx, func(c openCampaign) bool { return c.State == CampaignRunning || c.strays > 0 })
}

// campaignsThat are the running and paused ones that are wanted, and the damaged ones that
// run, which an error stands beside.
func (b *Outbox) campaignsThat(ctx context.Context, wanted func(openCampaign) bool) (all []openCampaign, err error) {
	rows, err := b.read.alwaysRows(ctx, "SELECT seed, canary, watched_at, coalesce((SELECT n FROM campaign_counts WHERE campaign = id AND items = 1 AND state = 6), 0), "+
		"coalesce((SELECT n FROM campaign_counts WHERE campaign = id AND items = 1 AND state = 3), 0), "+
		campaignColumns+" FROM campaigns WHERE state IN (2, 3)")
	if err != nil {
		return nil, storeError(err)
	}
	var damaged error
	err = eachRow(rows, func(rows *sql.Rows) error {
		var c openCampaign
		var watched int64
		head := scanAfter{rows, []any{&c.seed, &c.canary, &watched, &c.strays, &c.halted}}
		var err error
		c.Campaign, err = scanCampaign(head)
		c.watched = unstamp(watched)
		switch {
		case err != nil:
			return err
		case c.Damage != "" && c.State == CampaignRunning:
			damaged = errors.Join(damaged, fmt.Errorf("campaign %s: %w: %s", c.Name, ErrCorrupt, c.Damage))
			all = append(all, c)
		case wanted(c):
			all = append(all, c)
		}
		return nil
	})
	for i := range all {
		if err == nil {
			err = b.count(ctx, &all[i].Campaign)
		}
	}
	if err != nil {
		return nil, storeError(err)
	}
	return all, damaged
}

// scanAfter scans what was selected before the columns of a scan.
type scanAfter struct {
	rows   *sql.Rows
	before []any
}

func (s scanAfter) Scan(dest ...any) error { return s.rows.Scan(append(s.before, dest...)...) }

// tend does what one campaign needs that runs. It tells how many rows have become items of
// each account.
func (f *feeding) tend(ctx context.Context, c openCampaign, left map[string]int, now time.Time) (fed map[string]int, next time.Time, err error) {
	n := c.Counts
	if c.Begun.IsZero() && !c.NotBefore.IsZero() {
		switch start, from := pace.Begin(c.NotBefore, c.Hours, local(now)); start {
		case pace.StartWait:
			return nil, from, nil
		case pace.StartAsk:
			return nil, next, f.pause(ctx, c, "its time was missed by more than an hour: resume it, or cancel it")
		}
	}
	if open, err := f.keepHours(ctx, c, now); err != nil || !open {
		return nil, c.Hours.Next(local(now)), err
	}
	if why, err := f.judge(ctx, c); err != nil || why != "" {
		return nil, next, errors.Join(err, f.pauseIf(ctx, c, why))
	}
	taken := n.taken()
	switch {
	case n.Ready == 0 && n.Waiting+n.Sending == 0:
		return nil, next, f.outbox.finishCampaign(ctx, c.ID, now)
	case n.Ready == 0:
		return nil, next, nil
	case c.canaryIsOut():
		return nil, next, nil
	case c.canary > 0 && taken >= c.canary:
		return nil, next, f.endCanary(ctx, c)
	}
	most := n.Ready
	if c.canary > 0 {
		most = min(most, c.canary-taken)
	}
	rows, err := f.outbox.nextRows(ctx, c.ID, c.Accounts, left, most)
	if err != nil || len(rows) == 0 {
		return nil, next, err
	}
	fed, err = f.feed(ctx, c, rows)
	return fed, next, err
}

// canaryIsOut tells that the first letters have been made, and that it is not known
// yet of all of them what becomes of them. It is pure.
func (c *openCampaign) canaryIsOut() bool {
	n := c.Counts
	return c.canary > 0 && n.taken() >= c.canary && n.Waiting+n.Sending > 0
}

// local is a time in the zone that hours are told in, where they name none.
func local(t time.Time) time.Time { return t.Local() }

// keepHours tells whether letters of a campaign may leave now. Outside of its hours
// what waits is held, inside it is let go.
func (f *feeding) keepHours(ctx context.Context, c openCampaign, now time.Time) (open bool, err error) {
	if c.Hours.Open(local(now)) {
		if c.halted == 0 {
			return true, nil
		}
		return true, f.outbox.inCampaign(ctx, func(t *tx) (int64, error) { return t.letGo(c.ID, now) })
	}
	return false, f.outbox.inCampaign(ctx, func(t *tx) (int64, error) { return t.halt(c.ID, CampaignRunning, now) })
}

// judge asks the breaker when more letters have failed than at the last time.
func (f *feeding) judge(ctx context.Context, c openCampaign) (why string, err error) {
	if f.judged[c.ID] == c.Counts.Failed {
		return "", nil
	}
	all, err := f.outbox.fates(ctx, c.ID, c.watched)
	if err == nil {
		f.judged[c.ID] = c.Counts.Failed
		why = pace.Trip(all)
	}
	return why, err
}

func (f *feeding) pauseIf(ctx context.Context, c openCampaign, why string) error {
	if why == "" {
		return nil
	}
	return f.pause(ctx, c, why)
}

func (f *feeding) pause(ctx context.Context, c openCampaign, why string) error {
	f.log.Warn("campaign paused", "campaign", c.Name, "reason", why)
	return f.outbox.PauseCampaign(ctx, c.ID, why)
}

// endCanary asks before the rest goes out. It is one change: what is killed in
// between would else ask again after the resume.
func (f *feeding) endCanary(ctx context.Context, c openCampaign) error {
	why := fmt.Sprintf("the first %d are through: resume it for the rest", c.canary)
	if c.canary == 1 {
		why = "the first is through: resume it for the rest"
	}
	f.log.Warn("campaign paused", "campaign", c.Name, "reason", why)
	return f.outbox.pauseCampaign(ctx, c.ID, why, func(t *tx) error {
		_, err := t.exec("UPDATE campaigns SET canary = 0 WHERE id = ?", c.ID)
		return err
	})
}

// finishCampaign ends a campaign of which nothing is left.
func (b *Outbox) finishCampaign(ctx context.Context, id CampaignID, now time.Time) error {
	return b.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE campaigns SET state = ?1, finished_at = ?2 WHERE id = ?3 AND state = ?4
			AND NOT EXISTS(SELECT 1 FROM campaign_rows WHERE campaign = ?3 AND state = 1)
			AND NOT EXISTS(SELECT 1 FROM items WHERE campaign = ?3 AND state IN (?5, ?6, ?7))`,
			CampaignDone, stamp(now), id, CampaignRunning, StateHeld, StateSending, StateWaiting)
		return err
	})
}

// nextRows are the rows that become items now, each with its account.
func (b *Outbox) nextRows(ctx context.Context, id CampaignID, accounts []string, left map[string]int, most int) (all []campaignLetter, err error) {
	left = maps.Clone(left)
	for _, account := range accounts {
		own, err := b.readyRows(ctx, id, account, min(left[account], most-len(all)))
		if err != nil {
			return nil, err
		}
		left[account] -= len(own)
		all = append(all, own...)
	}
	total := 0
	for _, account := range accounts {
		total += max(left[account], 0)
	}
	shared, err := b.readyRows(ctx, id, "", min(total, most-len(all)))
	if err != nil {
		return nil, err
	}
	for i, account := range spread(len(shared), accounts, left) {
		shared[i].account = account
		all = append(all, shared[i])
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, b.fromLines(ctx, id, all)
}

// fromLines gives rows of a campaign the From of their accounts.
func (b *Outbox) fromLines(ctx context.Context, id CampaignID, all []campaignLetter) error {
	rows, err := b.read.QueryContext(ctx, "SELECT account, from_line FROM campaign_accounts WHERE campaign = ?", id)
	if err != nil {
		return storeError(err)
	}
	of := make(map[string]string)
	err = eachRow(rows, func(rows *sql.Rows) error {
		var account, from string
		err := rows.Scan(&account, &from)
		of[account] = from
		return err
	})
	for i := range all {
		all[i].from = of[all[i].account]
	}
	return storeError(err)
}

// readyRows are the next rows of an account, or of none.
func (b *Outbox) readyRows(ctx context.Context, id CampaignID, account string, most int) (all []campaignLetter, err error) {
	if most <= 0 {
		return nil, nil
	}
	rows, err := b.read.QueryContext(ctx, `SELECT id, number, line, address, cells FROM campaign_rows
		WHERE campaign = ? AND account = ? AND state = 1 ORDER BY position LIMIT ?`, id, account, most)
	if err != nil {
		return nil, storeError(err)
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		r := campaignLetter{campaign: id, account: account}
		var cells []byte
		if err := rows.Scan(&r.row, &r.number, &r.line, &r.address, &cells); err != nil {
			return err
		}
		r.damage = json.Unmarshal(cells, &r.cells)
		all = append(all, r)
		return nil
	})
	return all, storeError(err)
}
