package campaign

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/compose/merge"
	"sendoff/outbox"
)

// Rules say what is wrong, and what follows from that.
type Rules struct {
	Empty           merge.EmptyRule // "": an error
	AllowDuplicates bool            // an address gets a letter for each of its rows
	SkipInvalid     bool            // rows that are wrong get none, and the others theirs
	Domains         *Domains        // are looked up, and what takes no mail is wrong; nil: nobody is asked
}

// Look is what a look at every letter of a campaign has found.
type Look struct {
	merge.Report
	Campaign *Campaign

	ByAccount map[string]int    // letters by the account that alone sends them; "": whichever
	From      map[string]string // the accounts that send, and what stands in From where a letter does not say
	Remarks   []string          // on what could not be looked at

	senders    Senders
	rules      Rules
	suppressed map[string]string
	addresses  []string // that get a letter, as the store has them; of 100,000 about 5 MB
}

// Suppressions are the addresses that must not be written to, with why.
func Suppressions(ctx context.Context, b *outbox.Outbox) (map[string]string, error) {
	all, err := b.Suppressions(ctx)
	why := make(map[string]string, len(all))
	for _, s := range all {
		why[s.Address] = s.Why.Words()
	}
	return why, err
}

// Look makes every letter once. tell hears how much of the list is through, often and
// one call at a time; nil is nobody. The error is that of ctx or of
// reading: then what was found is not all.
func (c *Campaign) Look(ctx context.Context, s Senders, r Rules, suppressed map[string]string, tell func(share float64)) (Look, error) {
	k := Look{Campaign: c, senders: s, rules: r, suppressed: suppressed}
	tell, err := k.lookUp(ctx, tell)
	if err != nil {
		return k, err
	}
	list, done, err := c.open(tell)
	if err != nil {
		return k, err
	}
	defer done()
	if !slices.Equal(list.Columns(), c.Columns) {
		return k, ErrChanged
	}
	shared := newShares(s)
	o := k.options(shared.count)
	o.Letter = func(address string) { k.addresses = append(k.addresses, address) }
	k.Report, err = merge.Check(ctx, c.Campaign, list, o)
	if err != nil {
		return k, listError(err)
	}
	k.ByAccount, k.From = shared.letters, shared.from
	if len(k.ByAccount) == 1 { // rows that get none were asked about, too
		for account := range k.ByAccount {
			k.ByAccount[account] = k.Letters
		}
	}
	return k, nil
}

// lookUp looks the domains of the list up if the rules say so, and gives what hears how
// far the rest is.
func (k *Look) lookUp(ctx context.Context, tell func(share float64)) (rest func(share float64), err error) {
	if k.rules.Domains == nil {
		return tell, nil
	}
	domains, err := k.Campaign.domains(ctx)
	if err != nil {
		return tell, err
	}
	var first func(share float64)
	rest = tell
	if tell != nil { // one half of the work each: which takes longer depends on the network
		first = func(share float64) { tell(share / 2) }
		rest = func(share float64) { tell((1 + share) / 2) }
	}
	remark, err := k.rules.Domains.lookUp(ctx, domains, first)
	if remark != "" {
		k.Remarks = append(k.Remarks, remark)
	}
	return rest, err
}

func (k Look) options(sender func(*compose.Draft) error) merge.CheckOptions {
	empty := k.rules.Empty
	if empty == "" {
		empty = merge.EmptyError
	}
	o := merge.CheckOptions{
		Sender: sender, Suppressed: func(address string) string { return k.suppressed[address] },
		Empty: empty, AllowDuplicates: k.rules.AllowDuplicates,
	}
	if k.rules.Domains != nil {
		o.Unreachable = k.rules.Domains.why
	}
	return o
}

// EachLetter gives the rows that get a letter, in their order, each made as the start will.
// The error is that of ctx or of reading the list, and the last thing there is.
func (k Look) EachLetter(ctx context.Context) iter.Seq2[merge.Sifted, error] {
	return func(yield func(merge.Sifted, error) bool) {
		list, done, err := k.Campaign.open(nil)
		if err != nil {
			yield(merge.Sifted{}, err)
			return
		}
		defer done()
		o := k.options(newShares(k.senders).fill)
		o.Checked = k.Errors == 0
		for sifted, err := range merge.Sift(ctx, k.Campaign.Campaign, list, o) {
			if err == nil && sifted.Skip != "" {
				continue
			}
			if !yield(sifted, listError(err)) || err != nil {
				return
			}
		}
	}
}

// Reasons for which nothing is started.
var (
	ErrWrong     = errors.New("the list or the template is wrong")
	ErrNoLetters = errors.New("no row gets a letter")
	ErrChanged   = errors.New("the list has changed while it was read")
)

// Refusal is why nothing can be started; nil if it can. Without an account it is
// accounts.ErrNoAccounts.
func (k Look) Refusal() error {
	if k.senders.Book == nil {
		return accounts.ErrNoAccounts
	}
	for _, a := range k.senderAccounts() {
		if _, err := Bare(a); err != nil {
			return err
		}
	}
	switch {
	case k.Errors > 0 && !k.rules.SkipInvalid:
		return ErrWrong
	case k.Report.Letters == 0:
		return ErrNoLetters
	}
	return nil
}

// LeaveOut is a look by which rows that are wrong get no letter, and the others theirs.
func (k Look) LeaveOut() Look {
	k.rules.SkipInvalid = true
	return k
}

// Accounts are those that send, by their names.
func (k Look) Accounts() []string { return slices.Sorted(maps.Keys(k.From)) }

// senderAccounts are those as they are set up.
func (k Look) senderAccounts() (all []accounts.Account) {
	if k.senders.Book == nil {
		return nil
	}
	for _, name := range k.Accounts() {
		if a, err := k.senders.Book.Find(name); err == nil {
			all = append(all, a)
		}
	}
	return all
}
