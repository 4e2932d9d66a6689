package ui

import (
	"context"
	"slices"
	"time"

	"sendoff/accounts"
	"sendoff/outbox"
)

const (
	// page is how many rows are read at a time: some screens full, 2 ms.
	page = 200
	// margin is how many of them stand above the screen.
	margin = 50
	// undoLook bounds the search for items in their undo window among the
	// scheduled ones. A person does not send more than that in such a time.
	undoLook = 500
)

// listRequest is what the outbox pane wants to read.
type listRequest struct {
	generation int // of section and filter: what comes for another is dropped
	steps      int // of deeds
	section    section
	search     string
	below      []outbox.ID // a page from below each of these; 0 is the newest
	toEnd      bool        // all that is there instead of a page
	shown      []outbox.ID // on the screen: they stay there when they leave the section
	cancelled  int         // how many cancelled ones there are to look for; known while it is read
	accounts   []accounts.Account
	sent       map[string]bool // those of them that are known to have sent; is not changed
	policies   []outbox.Policy // known while it is read
}

// listRead is what came of it.
type listRead struct {
	request listRequest
	pieces  []piece
	status  status
	setUp   []accounts.Account // those that are set up now; nil where that cannot be told
	err     error
}

type piece struct {
	span  span
	items []outbox.Item
}

// read is the work of a command.
func (r listRequest) read(ctx context.Context, o Options) listRead {
	out, b := listRead{request: r, setUp: o.setUp()}, o.Outbox
	var undo []outbox.Item
	if o.Policies != nil {
		r.policies = o.Policies()
	}
	out.status, undo, out.err = readStatus(ctx, b, r.policies, r.search)
	out.status.setUpWrong = o.setUpWrong()
	if out.err == nil {
		out.status.sent, out.err = r.proven(ctx, b, out.setUp)
	}
	r.cancelled = out.status.counts[outbox.StateCancelled]
	for _, below := range r.below {
		if out.err != nil {
			return out
		}
		var p piece
		if p, out.err = r.piece(ctx, b, below, undo); out.err == nil {
			out.pieces = append(out.pieces, p)
		}
	}
	return out
}

// proven are the accounts that have sent. Only of those that had not is it asked again.
func (r listRequest) proven(ctx context.Context, b *outbox.Outbox, setUp []accounts.Account) (map[string]bool, error) {
	if setUp == nil { // those of before are still the ones
		setUp = r.accounts
	}
	sent := make(map[string]bool, len(setUp))
	for _, a := range setUp {
		has := r.sent[a.Name]
		if !has {
			var err error
			if has, err = b.HasSent(ctx, a.Name); err != nil {
				return nil, err
			}
		}
		sent[a.Name] = has
	}
	return sent, nil
}

// fullQuotas are the accounts whose own limit lets nothing go now, for long
// enough to say so: the shorter ones are only a pace.
func fullQuotas(ctx context.Context, b *outbox.Outbox, policies []outbox.Policy) ([]outbox.Quota, error) {
	all, err := b.Quotas(ctx, policies)
	return slices.DeleteFunc(all, func(q outbox.Quota) bool { return q.Room > 0 || q.Window < time.Hour }), err
}

// readStatus reads what the frame of the list shows, and the items that are in
// their undo window and fit the search.
func readStatus(ctx context.Context, b *outbox.Outbox, policies []outbox.Policy, search string) (st status, undo []outbox.Item, err error) {
	now := time.Now() // before the readings: what they call scheduled has not left by then
	counts, err := b.Counts(ctx)
	if err != nil {
		return st, nil, err
	}
	parks, err := b.StandingParks(ctx, policies)
	if err != nil {
		return st, nil, err
	}
	over, err := b.CountInCampaigns(ctx, outbox.StateCancelled)
	if err != nil {
		return st, nil, err
	}
	counts[outbox.StateCancelled] = max(counts[outbox.StateCancelled]-over, 0) // they stand in their campaign
	allResent := 0
	for _, s := range []outbox.State{outbox.StateFailed, outbox.StateBounced, outbox.StatePartial} {
		if counts[s] == 0 {
			continue
		}
		resent, err := b.CountResent(ctx, s)
		if err != nil {
			return st, nil, err
		}
		counts[s] = max(counts[s]-resent, 0) // nobody has to do anything about them
		allResent += resent
	}
	deed, err := b.LastDeed(ctx)
	if err != nil {
		return st, nil, err
	}
	campaigns, err := b.Campaigns(ctx)
	if err != nil {
		return st, nil, err
	}
	st = status{counts: counts, resent: allResent, parks: parks, sender: b.Sender(), deed: deed, campaigns: campaigns}
	if st.full, err = fullQuotas(ctx, b, policies); err != nil {
		return st, nil, err
	}
	if counts[outbox.StateScheduled] == 0 {
		return st, nil, nil
	}
	if st.due, err = b.NextScheduled(ctx, now); err != nil {
		return st, nil, err
	}
	query := outbox.Query{States: []outbox.State{outbox.StateScheduled}, Policies: policies, Limit: undoLook}
	all, err := b.List(ctx, query)
	if err != nil {
		return st, nil, err
	}
	for _, i := range all {
		if inUndoWindow(i, now) {
			st.undo++
		}
	}
	if search != "" && st.undo > 0 {
		query.Search = search
		if all, err = b.List(ctx, query); err != nil {
			return st, nil, err
		}
	}
	for _, i := range all {
		if inUndoWindow(i, now) {
			undo = append(undo, i)
		}
	}
	return st, undo, nil
}

// piece reads one page of the section.
func (r listRequest) piece(ctx context.Context, b *outbox.Outbox, below outbox.ID, undo []outbox.Item) (piece, error) {
	now := time.Now()
	items, err := r.newest(ctx, b, below)
	if err != nil {
		return piece{}, err
	}
	p := piece{span: span{below: below}}
	if len(items) >= page && !r.toEnd {
		items = items[:page]
		p.span.last = items[page-1].ID
	}
	switch r.section {
	case sectionOutbox:
		p.items = mergeItems(items, within(p.span, undo))
	case sectionScheduled:
		for _, i := range items {
			if !inUndoWindow(i, now) {
				p.items = append(p.items, i)
			}
		}
	default:
		p.items = items
	}
	if r.search != "" || r.section == sectionDrafts {
		return p, nil
	}
	left, err := r.left(ctx, b, p)
	p.items = mergeItems(p.items, left)
	return p, err
}

// newest reads at least a page, if there is one, or all. It asks for one state at a
// time: for several at once the database would sort all there are.
func (r listRequest) newest(ctx context.Context, b *outbox.Outbox, below outbox.ID) (all []outbox.Item, err error) {
	limit := page
	if r.toEnd {
		limit = 0
	}
	for _, state := range sectionStates[r.section] {
		of := outbox.Query{States: []outbox.State{state}, Search: r.search, Policies: r.policies, Before: below, Limit: limit}
		if state == outbox.StateCancelled {
			if r.cancelled == 0 { // thousands of a campaign would be looked through for none
				continue
			}
			of.NoCampaign = true
		}
		items, err := b.List(ctx, of)
		if err != nil {
			return nil, err
		}
		all = mergeItems(all, items)
	}
	return all, nil
}

func within(s span, items []outbox.Item) (in []outbox.Item) {
	for _, i := range items {
		if s.holds(i.ID) {
			in = append(in, i)
		}
	}
	return in
}

// left reads the items that are on the screen and not in the section any more:
// they stay where they are, with what became of them, until the person goes.
func (r listRequest) left(ctx context.Context, b *outbox.Outbox, p piece) (left []outbox.Item, err error) {
	in := make(map[outbox.ID]bool, len(p.items))
	for _, i := range p.items {
		in[i.ID] = true
	}
	for _, id := range r.shown {
		if in[id] || !p.span.holds(id) {
			continue
		}
		found, err := b.List(ctx, outbox.Query{Before: id + 1, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(found) == 1 && found[0].ID == id && found[0].State != outbox.StateDraft {
			left = append(left, found[0])
		}
	}
	return left, nil
}
