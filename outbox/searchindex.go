package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The index of a search knows, of every three letters in a row, the items that have
// them in their subject or their addresses. It narrows a search down; what it finds
// is compared as before, so that a search means the same with it and without.
//
// It is kept apart from queueing, which it would make twice as long: what is new is
// compared without it until IndexSearch takes it in. What has been taken in and
// changes, as a draft does, is changed in it in the same transaction.

const (
	indexAtOnce = 200  // items that are taken in by one transaction
	fewItems    = 2000 // that are compared as fast as they are looked up
	rarely      = 5000 // how often a short word may stand somewhere to be looked up
	mostGrams   = 16   // of a search that are looked up: each makes fewer of what is left
	fewOfAll    = 10   // one item in so many is looked up sooner than all are read
	shortest    = 3    // letters that the index goes by
)

// IndexSearch takes what is new into the index of searches, and what an older
// version has left. It is quick where that was done a moment ago; ctx ends it.
func (b *Outbox) IndexSearch(ctx context.Context) error {
	for _, step := range []func(*tx) (int, error){(*tx).indexNewer, (*tx).indexOlder} {
		for n := indexAtOnce; n == indexAtOnce; {
			if err := ctx.Err(); err != nil {
				return err
			}
			if unindexed, err := b.hasUnindexed(ctx); err != nil || !unindexed {
				return err // without a write, which every window would notice
			}
			err := b.writer.doQuietly(ctx, func(t *tx) (err error) { // no list is another for it
				n, err = step(t)
				return err
			})
			if err != nil {
				return fmt.Errorf("index for searches: %w", err)
			}
		}
	}
	return nil
}

func (b *Outbox) hasUnindexed(ctx context.Context) (has bool, err error) {
	err = b.read.QueryRowContext(ctx, "SELECT EXISTS(SELECT 1 FROM items, sought_range WHERE id >= high) OR EXISTS(SELECT 1 FROM items, sought_range WHERE id < low)").Scan(&has)
	return has, storeError(err)
}

const indexRow = `INSERT OR REPLACE INTO sought(rowid, text) SELECT id, subject || x'0a0a' || to_list || x'0a0a' || cc_list || x'0a0a' || bcc_list || x'0a0a' || from_line || x'0a0a'
	FROM items WHERE id BETWEEN ? AND ?`

func (t *tx) indexNewer() (int, error) {
	return t.indexSome("SELECT count(*), coalesce(min(id), 0), coalesce(max(id), 0) FROM (SELECT id FROM items WHERE id >= (SELECT high FROM sought_range) ORDER BY id LIMIT ?)",
		"UPDATE sought_range SET high = ?2 + 1 WHERE ?1 > 0")
}

func (t *tx) indexOlder() (int, error) {
	return t.indexSome("SELECT count(*), coalesce(min(id), 0), coalesce(max(id), 0) FROM (SELECT id FROM items WHERE id < (SELECT low FROM sought_range) ORDER BY id DESC LIMIT ?)",
		"UPDATE sought_range SET low = ?1 WHERE ?2 >= 0")
}

// indexSome takes the items in that a query names by their number, the lowest and
// the highest ID.
func (t *tx) indexSome(which, done string) (n int, err error) {
	var low, high ID
	if err := t.queryRow(which, indexAtOnce).Scan(&n, &low, &high); err != nil || n == 0 {
		return 0, err
	}
	if _, err := t.exec(indexRow, low, high); err != nil {
		return 0, err
	}
	_, err = t.exec(done, low, high)
	return n, err
}

// passage is a part of the items, by ID, and how it is looked through: by what
// matches in the index, or all of it.
type passage struct {
	from, below ID     // below 0: to the newest
	match       string // "": one after the other
	inOrder     bool   // as they are stored, and not those of some states alone
}

// passages says how a query is looked through, newest first.
func (b *Outbox) passages(ctx context.Context, q Query) []passage {
	all := []passage{{}}
	terms := parseSearch(q.Search)
	if len(terms) == 0 {
		return all
	}
	of, total := b.howMany(ctx, q)
	if of <= fewItems {
		return all
	}
	all[0].inOrder = of > total/fewOfAll
	var low, high ID
	if err := b.read.QueryRowContext(ctx, "SELECT low, high FROM sought_range").Scan(&low, &high); err != nil || low == high {
		return all
	}
	match := b.match(ctx, terms, total)
	if match == "" {
		return all
	}
	all = []passage{{from: high}, {from: low, below: high, match: match}}
	if low > 1 {
		all = append(all, passage{below: low})
	}
	return all
}

// look goes through the passages of a query until there is no more. An index that
// is damaged is done without: it is only for speed.
func (b *Outbox) look(ctx context.Context, q Query, at func(passage) (more bool, err error)) error {
	for _, p := range b.passages(ctx, q) {
		more, err := at(p)
		if err != nil && p.match != "" && ctx.Err() == nil {
			p.match = ""
			more, err = at(p)
		}
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// howMany gives the number of items in the states of a query, and of all.
func (b *Outbox) howMany(ctx context.Context, q Query) (of, total int) {
	rows, err := b.read.QueryContext(ctx, "SELECT state, n FROM counts")
	if err != nil {
		return 0, 0
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var s State
		var n int
		err := rows.Scan(&s, &n)
		total += n
		in := slices.Contains(q.States, s) || s == StateWaiting && slices.Contains(q.States, StateScheduled) // which is stored as waiting
		if len(q.States) == 0 || len(q.Words) > 0 || in {
			of += n
		}
		return err
	})
	if err != nil {
		return 0, 0
	}
	return of, total
}

// match is what to look for in the index: "" if it cannot narrow the search down.
func (b *Outbox) match(ctx context.Context, terms []term, total int) string {
	var all []string
	narrows := false
	for _, t := range terms {
		if _, isText := wordsOf(t.field); t.not || !isText || !utf8.ValidString(t.text) || strings.ContainsRune(t.text, 0) {
			continue
		}
		if grams := grams(t.text); len(grams) > 0 {
			narrows = narrows || b.someAreRare(ctx, grams, total/fewOfAll)
			for _, gram := range grams {
				all = append(all, quoteGram(gram))
			}
		} else if either, ok := b.rareWords(ctx, t.text); ok {
			all, narrows = append(all, either), true
		}
	}
	if !narrows {
		return ""
	}
	return strings.Join(all[:min(len(all), mostGrams)], " AND ")
}

// someAreRare tells that one of three of the threes stands in at most so many items.
func (b *Outbox) someAreRare(ctx context.Context, grams []string, most int) bool {
	for _, gram := range []string{grams[0], grams[len(grams)-1], grams[len(grams)/2]} { // each costs what its items are
		if !isASCII(gram) {
			return true // it is not known in which case the index has it
		}
		items := 0
		err := b.read.QueryRowContext(ctx, "SELECT doc FROM sought_words WHERE term = ?", strings.ToLower(gram)).Scan(&items)
		if errors.Is(err, sql.ErrNoRows) || err == nil && items <= most {
			return true
		}
	}
	return false
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// wordsOf gives the columns of a field that text is looked for in, if it is such one.
func wordsOf(field string) (columns []string, isText bool) {
	if field == "" {
		return wordColumns, true
	}
	return searchFields[field], searchFields[field] != nil
}

// grams are all three letters in a row of a text.
func grams(text string) (all []string) {
	letters := []rune(text)
	for i := 0; i+shortest <= len(letters); i++ {
		all = append(all, string(letters[i:i+shortest]))
	}
	return all
}

// quoteGram writes them as the index wants to be asked.
func quoteGram(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// errOften ends a look at how often a text stands somewhere.
var errOften = errors.New("often")

// rareWords finds a text of one or two letters of ASCII, by the threes that begin with it. ok
// is false if it stands in so many items that the newest are soon found without.
func (b *Outbox) rareWords(ctx context.Context, text string) (match string, ok bool) {
	if !isASCII(text) {
		return "", false // in which case the index has it is not known
	}
	begin := strings.ToLower(text)
	rows, err := b.read.QueryContext(ctx, "SELECT term, doc FROM sought_words WHERE term >= ? AND term < ?", begin, begin+"\U0010ffff")
	if err != nil {
		return "", false
	}
	either, found := []string{}, 0
	err = eachRow(rows, func(rows *sql.Rows) error {
		var gram string
		var items int
		if err := rows.Scan(&gram, &items); err != nil {
			return err
		}
		if found += items; found > rarely {
			return errOften
		}
		either = append(either, quoteGram(gram))
		return nil
	})
	switch {
	case err != nil:
		return "", false
	case len(either) == 0: // it stands nowhere: nothing begins with what no text has
		return quoteGram("\U0010ffff\U0010ffff\U0010ffff"), true
	}
	return "(" + strings.Join(either, " OR ") + ")", true
}

// listPassage gives the items of one passage, newest first.
func (b *Outbox) listPassage(ctx context.Context, q Query, p passage, limit int, now time.Time) ([]Item, error) {
	from, where, args := q.within(p, now)
	query := "SELECT " + itemColumns + from + where + " ORDER BY " + p.order() + " DESC"
	if limit > 0 {
		query += fmt.Sprintf(" LIMIT %d", limit)
	}
	rows, err := b.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	var items []Item
	err = eachRow(rows, func(rows *sql.Rows) error {
		item, err := scanItem(rows, now)
		items = append(items, item)
		return err
	})
	return items, err
}

func (p passage) order() string {
	if p.match != "" {
		return "sought.rowid" // the index gives them in this order: nothing is sorted
	}
	return "id"
}

// within is the query on a passage: what comes behind FROM, and its condition.
func (q Query) within(p passage, now time.Time) (from, where string, args []any) {
	column := "id"
	var all []string
	from = " FROM items"
	if p.inOrder {
		from += " NOT INDEXED"
	}
	if p.match != "" {
		from, column = " FROM sought CROSS JOIN items ON items.id = sought.rowid", "sought.rowid"
		all, args = append(all, "sought MATCH ?"), append(args, p.match)
	}
	if p.from > 0 {
		all, args = append(all, column+" >= ?"), append(args, p.from)
	}
	if below := q.Before; below > 0 || p.below > 0 {
		if p.below > 0 && (below == 0 || p.below < below) {
			below = p.below
		}
		all, args = append(all, column+" < ?"), append(args, below)
	}
	conditions, values := q.conditions(now)
	all, args = append(all, conditions...), append(args, values...)
	if len(all) == 0 {
		return from, "", nil
	}
	return from, " WHERE " + strings.Join(all, " AND "), args
}
