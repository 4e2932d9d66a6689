package campaign

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"

	"sendoff/compose"
	"sendoff/compose/merge"
)

// NoRowError is a row that a list does not have.
type NoRowError struct{ Number, Rows int }

func (e NoRowError) Error() string {
	return fmt.Sprintf("there is no row %d: the list has %d", e.Number, e.Rows)
}

// Rows gives the rows, as [merge.List.Rows] does. An error is one of reading, and the
// last thing there is.
func (c *Campaign) Rows(ctx context.Context) iter.Seq2[merge.Row, error] {
	return func(yield func(merge.Row, error) bool) {
		list, done, err := c.open(nil)
		if err != nil {
			yield(merge.Row{}, err)
			return
		}
		defer done()
		for row, err := range list.Rows() {
			if err == nil {
				err = ctx.Err()
			}
			if !yield(row, listError(err)) || err != nil {
				return
			}
		}
	}
}

// Row reads a row by its number, from 1.
func (c *Campaign) Row(ctx context.Context, number int) (merge.Row, error) {
	rows := 0
	for row, err := range c.Rows(ctx) {
		if err != nil {
			return merge.Row{}, err
		}
		if rows = row.Number; rows == number {
			return row, nil
		}
	}
	return merge.Row{}, NoRowError{number, rows}
}

// Pick reads so many rows by chance, all of them where there are fewer, in their order.
// Each row of the list is as likely, and nothing but those is held in memory.
func (c *Campaign) Pick(ctx context.Context, n int, chance *rand.Rand) ([]merge.Row, error) {
	var picked []merge.Row
	seen := 0
	for row, err := range c.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		seen++
		if len(picked) < n {
			picked = append(picked, row)
		} else if at := chance.IntN(seen); at < n { // reservoir sampling, Algorithm R
			picked[at] = row
		}
	}
	slices.SortFunc(picked, func(a, b merge.Row) int { return a.Number - b.Number })
	return picked, nil
}

// LetterOf makes the letter of a row, by its number. The error has merge.Problems in
// it where there is none, and a warning is none.
func (c *Campaign) LetterOf(ctx context.Context, number int) (merge.Row, merge.Letter, error) {
	row, err := c.Row(ctx, number)
	if err != nil {
		return row, merge.Letter{}, err
	}
	letter, problems := c.Letter(row)
	if len(problems.Errors()) > 0 {
		return row, letter, problems
	}
	return row, letter, nil
}

// Find gives the number of the next row behind one that has a text in a cell, whatever
// the case of its letters, and begins again from the top; 0 if none has.
func (c *Campaign) Find(ctx context.Context, text string, behind int) (int, error) {
	text = strings.ToLower(text)
	first := 0
	for row, err := range c.Rows(ctx) {
		switch {
		case err != nil:
			return 0, err
		case row.Number <= behind && first > 0 || !has(row, text):
		case row.Number > behind:
			return row.Number, nil
		default:
			first = row.Number
		}
	}
	return first, nil
}

func has(row merge.Row, text string) bool {
	for _, cell := range row.Values {
		if strings.Contains(strings.ToLower(cell), text) {
			return true
		}
	}
	return false
}

// Shown is the letter of a row for somebody who looks at it before it is sent, also one
// that could not be.
type Shown struct {
	Row      merge.Row
	Problems merge.Problems // with errors among them there is no letter

	Draft      compose.Draft  // with its sender
	Lacks      []merge.Lack   // where an empty cell shows
	Sender     error          // why nobody can send it
	Objections merge.Problems // why it could not be sent else
}

// Show makes the letter of a row for a look at it. The error is one of reading, or a
// NoRowError.
func (c *Campaign) Show(ctx context.Context, s Senders, number int) (Shown, error) {
	row, err := c.Row(ctx, number)
	if err != nil {
		return Shown{}, err
	}
	return c.ShowRow(s, row), nil
}

// ShowRow is Show of a row that was read.
func (c *Campaign) ShowRow(s Senders, row merge.Row) Shown {
	letter, problems := c.Letter(row)
	shown := Shown{Row: row, Problems: problems}
	if len(problems.Errors()) > 0 {
		return shown
	}
	shown.Draft, shown.Lacks = letter.Draft, letter.Lacks
	shown.Sender = s.Fill(&shown.Draft)
	shown.Objections = c.Examine(row, shown.Draft)
	return shown
}

// TestMark begins the subject of a letter that is sent to look at it.
const TestMark = "[TEST] "

// Test makes the letter of a row for who looks at it, and for nobody else. The letter
// has its sender; the error is as that of LetterOf, or of Senders.
func (c *Campaign) Test(ctx context.Context, s Senders, number int, to string) (merge.Letter, error) {
	row, letter, err := c.LetterOf(ctx, number)
	if err != nil {
		return letter, err
	}
	d := &letter.Draft
	d.To, d.Cc, d.Bcc = to, "", ""
	d.Subject = TestMark + d.Subject
	if err := s.Fill(d); err != nil {
		return letter, err
	}
	if problems := c.Examine(row, *d); len(problems) > 0 {
		return letter, problems
	}
	return letter, nil
}
