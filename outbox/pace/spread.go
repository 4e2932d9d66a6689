package pace

import "math"

// Spread puts the rows of a page into an order in which those of one domain stand
// far apart, so that no server gets a burst: a company that gets two hundred
// letters in five seconds takes the rest for an attack.
//
// It needs no more than the page, and the same page gives the same order. Rows of
// one domain stay in order.
func Spread[T any](page []T, domain func(T) string) []T {
	// Every domain gains in each step what is its share of the page, and the one
	// that has gained most is next and pays for it: so each stands as evenly as the
	// others let it.
	type queue struct {
		rows   []T
		share  int
		gained int
	}
	var queues []*queue
	known := make(map[string]*queue)
	for _, row := range page {
		name := domain(row)
		q := known[name]
		if q == nil {
			q = &queue{}
			known[name] = q
			queues = append(queues, q)
		}
		q.rows = append(q.rows, row)
		q.share++
	}
	spread := make([]T, 0, len(page))
	for range page {
		var next *queue
		for _, q := range queues {
			q.gained += q.share
			if len(q.rows) > 0 && (next == nil || q.gained > next.gained) {
				next = q
			}
		}
		next.gained -= len(page)
		spread = append(spread, next.rows[0])
		next.rows = next.rows[1:]
	}
	return spread
}

// Choice is an account that a letter can go through.
type Choice struct {
	Account string
	Room    int // how many its limits leave it, without what it was given; 0 or less while it stands still
	Given   int // letters that it has been given and has not sent
	Weight  int // how much of the work it gets for its room; 0 is 1
}

// Choose says through which account a letter goes: each gets as much as it may
// still send, by its weight. A letter that has one already, since its row names it
// or since it was tried there before, keeps that, and waits for it: another one
// has another From, and servers that have put the sender off know only the first.
// false if none has room.
func Choose(own string, choices []Choice) (account string, ok bool) {
	least := math.Inf(1)
	for _, c := range choices {
		if c.Room <= c.Given || own != "" && c.Account != own {
			continue
		}
		// As seats are given to parties (D'Hondt): one more letter weighs least where
		// much may be sent.
		if load := float64(c.Given+1) / (float64(c.Room) * float64(max(c.Weight, 1))); load < least {
			least, account, ok = load, c.Account, true
		}
	}
	return account, ok
}
