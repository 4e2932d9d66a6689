package merge

import (
	"context"
	"iter"

	"sendoff/compose"
)

// Sifted is a row, and its letter or why it gets none.
type Sifted struct {
	Row     Row
	Address string        // to whom it goes, as addresses are compared; of one that is none, as it is
	Draft   compose.Draft // without a Skip
	Skip    string        // for people; "": it gets the letter
}

// Sift goes through all rows as Check does, and gives each. A row that is wrong gets
// no letter. The error is that of ctx or of reading the list, and the last thing
// there is.
func Sift(ctx context.Context, c *Campaign, l *List, o CheckOptions) iter.Seq2[Sifted, error] {
	k := checker{campaign: c, options: o, seen: map[[16]byte]int{}}
	return func(yield func(Sifted, error) bool) {
		for row, err := range l.Rows() {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(Sifted{}, err)
				return
			}
			if !yield(k.sift(row), nil) {
				return
			}
		}
	}
}

func (k *checker) sift(row Row) Sifted {
	s := Sifted{Row: row, Address: k.address(row)}
	letter, problems := k.campaign.Letter(row)
	d := letter.Draft
	if len(problems.Errors()) == 0 && k.options.Sender != nil {
		if err := k.options.Sender(&d); err != nil {
			problems = append(problems, Problem{Text: clean(err.Error())})
		}
	}
	if len(problems.Errors()) == 0 && !k.options.Checked {
		problems = append(problems, k.campaign.Examine(row, d)...)
	}
	for _, lack := range letter.Lacks {
		if k.options.Empty == EmptyError {
			problems = append(problems, Problem{Text: clean(lack.Name) + " is empty"})
		}
	}
	wrong := problems.Errors()
	if len(wrong) == 0 {
		a, err := compose.ParseOne(d.To)
		if err == nil {
			s.Address = normal(a)
		}
		if wrong = k.skip(row, d.To); len(wrong) == 0 {
			wrong = k.unreachable(row, d.To)
		}
	}
	if len(wrong) > 0 {
		s.Skip = wrong[0].Text
		return s
	}
	s.Draft = d
	return s
}

// address is what stands in a row where its address should.
func (k *checker) address(row Row) string {
	for i, c := range k.campaign.columns {
		if c.Use == UseAddress && i < len(row.Values) {
			return row.Values[i]
		}
	}
	return ""
}
