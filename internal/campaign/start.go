package campaign

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sendoff/compose/merge"
	"sendoff/outbox"
	"sendoff/outbox/pace"
)

// TypedFrom is the number of letters from which on it is typed to start them: "y" comes
// too easily.
const TypedFrom = 51

// Timing is when the letters go.
type Timing struct {
	At     time.Time // not before; zero: at once
	Hours  pace.Hours
	Canary int // the first so many go, then it waits for a person; 0: all go
}

// Plan is what the letters of a look will take from now on, by what the accounts may
// send; outbox/pace has the words for it.
func (k Look) Plan(ctx context.Context, b *outbox.Outbox, t Timing, policies []outbox.Policy) (pace.Plan, error) {
	return b.Plan(ctx, outbox.Work{Letters: k.ByAccount, Accounts: k.Accounts(), At: t.At, Hours: t.Hours, Canary: t.Canary}, policies)
}

// NameRule says what a name is.
const NameRule = "letters, digits and . _ + - of up to 50 characters, such as concert-2026"

// IsName tells whether a campaign can be called that: the name stands in commands, in file
// names and in tokens, where there is room for 64 octets. As a regular expression it took
// 2 MB of every process.
func IsName(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return (unicode.IsLetter(first) || unicode.IsNumber(first)) && utf8.ValidString(text) && len(text) <= 64 &&
		utf8.RuneCountInString(text) <= 50 && !strings.ContainsFunc(text, isNoPart)
}

// isNoPart tells of what is in no name.
func isNoPart(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !strings.ContainsRune("._+-", r)
}

// FreeName is a name for a campaign that has none, after its template, which no
// other has.
func FreeName(ctx context.Context, b *outbox.Outbox, template string) (string, error) {
	base := strings.TrimSuffix(filepath.Base(template), filepath.Ext(template))
	base = strings.Join(strings.FieldsFunc(base, isNoPart), "-")
	if !IsName(base) {
		base = "campaign"
	}
	return FreeNameLike(ctx, b, base)
}

// FreeNameLike is a name that no campaign has: this one, or it with a number behind.
func FreeNameLike(ctx context.Context, b *outbox.Outbox, base string) (string, error) {
	for n, free := 2, base; ; n++ {
		_, err := b.Campaign(ctx, free)
		if errors.Is(err, outbox.ErrNoCampaign) {
			return free, nil
		}
		if err != nil {
			return "", err
		}
		free = numbered(base, n)
	}
}

// numbered is a name with a number behind it, cut so that it is one still.
func numbered(base string, n int) string {
	for rest := []rune(base); ; rest = rest[:len(rest)-1] {
		if name := fmt.Sprintf("%s-%d", string(rest), n); IsName(name) || len(rest) == 1 {
			return name
		}
	}
}

// Start stores the campaign of a look and lets it run; with a reason it is held for
// it. tell hears how many rows are stored; nil is nobody. After an error nothing of
// it is there: the Refusal of the look, ErrChanged, or that of the outbox.
func (k Look) Start(ctx context.Context, b *outbox.Outbox, name string, t Timing, held string, tell func(rows int)) (outbox.CampaignID, error) {
	if err := k.Refusal(); err != nil {
		return 0, err
	}
	again, done, err := k.Campaign.open(nil)
	if err != nil {
		return 0, err
	}
	defer done()
	if !slices.Equal(again.Columns(), k.Campaign.Columns) {
		return 0, ErrChanged
	}
	frozen, err := k.Campaign.Freeze()
	if err != nil {
		return 0, err
	}
	spec := outbox.CampaignSpec{
		Name: name, Frozen: frozen, NotBefore: t.At, Hours: t.Hours, Canary: t.Canary, AllowDuplicates: k.rules.AllowDuplicates, Held: held,
	}
	for _, c := range k.Campaign.Columns {
		spec.Columns = append(spec.Columns, c.Name)
	}
	for _, account := range k.Accounts() {
		spec.Accounts = append(spec.Accounts, outbox.CampaignAccount{Account: account, From: k.From[account]})
	}
	o := k.options(newShares(k.senders).fill)
	o.Checked = k.Errors == 0
	return b.StartCampaign(ctx, spec, k.rows(merge.Sift(ctx, k.Campaign.Campaign, again, o), tell))
}

// rows are the rows of the list as the store takes them. They must make as many
// letters as were looked at: a list that somebody saves anew meanwhile may be another
// one.
func (k Look) rows(all iter.Seq2[merge.Sifted, error], tell func(rows int)) iter.Seq2[outbox.NewRow, error] {
	return func(yield func(outbox.NewRow, error) bool) {
		letters := k.Report.Letters
		for sifted, err := range all {
			row := outbox.NewRow{
				Number: sifted.Row.Number, Line: sifted.Row.Line, Address: sifted.Address, Cells: sifted.Row.Values, Skip: sifted.Skip,
			}
			d := sifted.Draft
			row.Account = d.Account
			for _, a := range d.Attachments {
				row.Files = append(row.Files, a.Path)
			}
			for _, image := range d.Inline {
				row.Files = append(row.Files, image.Path)
			}
			if sifted.Skip == "" && err == nil {
				letters--
			}
			if tell != nil {
				tell(row.Number)
			}
			if !yield(row, listError(err)) || err != nil {
				return
			}
		}
		if letters != 0 {
			yield(outbox.NewRow{}, ErrChanged)
		}
	}
}
