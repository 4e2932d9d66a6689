package ui

import (
	"slices"
	"sort"

	"sendoff/outbox"
)

// rows are the items of a section, newest first and without a gap from the
// newest on, as far as they have been read. Only what is on the screen is read
// again after a change; the rest stands as it was until it is scrolled to.
type rows struct {
	items    []outbox.Item
	end      outbox.ID // how far down was read
	complete bool      // the oldest is among them
	fresh    []span    // read since the last change
}

// span is a range of IDs, from below (not included; 0: from the newest) down to
// last (included; 0: to the oldest).
type span struct{ below, last outbox.ID }

func (s span) holds(id outbox.ID) bool {
	return (s.below == 0 || id < s.below) && id >= s.last
}

// index is where an ID stands, or would stand.
func (r *rows) index(id outbox.ID) int {
	return sort.Search(len(r.items), func(i int) bool { return r.items[i].ID <= id })
}

// find is where an item stands, or -1.
func (r *rows) find(id outbox.ID) int {
	if i := r.index(id); i < len(r.items) && r.items[i].ID == id {
		return i
	}
	return -1
}

// splice puts what was read in place of what stood in a span.
func (r *rows) splice(s span, items []outbox.Item) {
	from, to := 0, len(r.items)
	if s.below != 0 {
		from = sort.Search(len(r.items), func(i int) bool { return r.items[i].ID < s.below })
	}
	if s.last != 0 {
		if r.end == 0 || s.last < r.end {
			r.end = s.last
		}
		to = sort.Search(len(r.items), func(i int) bool { return r.items[i].ID < s.last })
	} else {
		r.complete = true
	}
	r.items = slices.Replace(r.items, from, max(to, from), items...)
	r.fresh = append(r.fresh, s)
}

// isFresh tells that the rows from one index to another were read since the
// last change, in one piece.
func (r *rows) isFresh(from, to int) bool {
	if to = min(to, len(r.items)); from >= to {
		return true
	}
	for _, s := range r.fresh {
		if s.holds(r.items[from].ID) && s.holds(r.items[to-1].ID) {
			return true
		}
	}
	return false
}

// mergeItems puts two lists that are newest first together; of an item that is in
// both the one of a is taken.
func mergeItems(a, b []outbox.Item) []outbox.Item {
	if len(b) == 0 {
		return a
	}
	all := make([]outbox.Item, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].ID > b[0].ID:
			all, a = append(all, a[0]), a[1:]
		case a[0].ID < b[0].ID:
			all, b = append(all, b[0]), b[1:]
		default:
			b = b[1:]
		}
	}
	return append(append(all, a...), b...)
}
