package pace

import "math"

// Choice is an account that a letter can go through.
type Choice struct {
	Account string
	Room    int // how many its limits leave it, without what it was given; 0 or less while it stands still
	Given   int // letters that it has been given and has not sent
}

// Choose says through which account a letter goes: each gets as much as it may
// still send. false if none has room.
func Choose(choices []Choice) (account string, ok bool) {
	least := math.Inf(1)
	for _, c := range choices {
		if c.Room <= c.Given {
			continue
		}
		// As seats are given to parties (D'Hondt): one more letter weighs least where
		// much may be sent.
		if load := float64(c.Given+1) / float64(c.Room); load < least {
			least, account, ok = load, c.Account, true
		}
	}
	return account, ok
}
