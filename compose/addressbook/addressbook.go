// Package addressbook finds the people whom somebody begins to type: out of
// files of vCards, a file of groups, and a program that knows addresses.
//
// It does not know the outbox, whose memory of addresses its user adds, and it
// never writes.
//
// Its one hard rule: whatever comes from outside is an address that can be
// written to, with a name that can be shown, or it is left out.
package addressbook

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"sendoff/compose"
	"sendoff/internal/cleantext"
)

// Entry is one choice: a person at an address, or a group. All texts are clean.
type Entry struct {
	Name    string
	Address string   // without the name; "" of a group
	Members []string // of a group: addresses, with their names

	Sent    int       // messages that went there
	Last    time.Time // when the last did; zero: never
	Warning string    // why it should rather not be used; "" if nothing is known
}

// NewEntry makes an entry of an address, with a name if name has one. ok is
// false if it is none.
func NewEntry(address, name string) (e Entry, ok bool) {
	a, err := compose.ParseOne(address)
	if err != nil {
		return Entry{}, false
	}
	name = orElse(name, a.Name)
	a.Name = ""
	return Entry{Name: cleanName(name), Address: a.String()}, true
}

// cleanName is a name on one line, without what compose would refuse.
func cleanName(name string) string {
	return strings.Join(strings.Fields(cleantext.Line(name)), " ")
}

func orElse(s, other string) string {
	if strings.TrimSpace(s) == "" {
		return other
	}
	return s
}

// Text is what stands in a list of addresses for the entry.
func (e Entry) Text() string {
	if e.Address == "" {
		return strings.Join(e.Members, ", ")
	}
	a, err := compose.ParseOne(e.Address)
	if err != nil {
		return e.Address
	}
	a.Name = e.Name
	return a.String()
}

// Book is entries that can be looked through as fast as somebody types. It is
// never changed, so that many may use it at once.
type Book struct {
	entries []Entry
	index   []indexed      // of entries
	at      map[string]int // by address in lower case
}

// indexed is what is looked at of an entry.
type indexed struct {
	words []string // which a search can begin with
	name  string   // or address, in lower case: the order among equals
}

// NewBook puts sources together, of which the first to know an address is
// believed; the others give it a name if it has none.
func NewBook(sources ...[]Entry) *Book {
	b := &Book{at: make(map[string]int)}
	for _, source := range sources {
		for _, e := range source {
			b.add(e)
		}
	}
	for _, e := range b.entries {
		b.index = append(b.index, indexed{searchWords(e), strings.ToLower(orElse(e.Name, e.Address))})
	}
	return b
}

func (b *Book) add(e Entry) {
	key := strings.ToLower(e.Address)
	if e.Address == "" {
		key = "group " + strings.ToLower(e.Name)
	}
	i, known := b.at[key]
	if !known {
		b.at[key] = len(b.entries)
		b.entries = append(b.entries, e)
		return
	}
	if b.entries[i].Name == "" {
		b.entries[i].Name = e.Name
	}
}

// Find gives the entry of an address, whatever the case of its letters.
func (b *Book) Find(address string) (Entry, bool) {
	i, known := b.at[strings.ToLower(address)]
	if !known || address == "" {
		return Entry{}, false
	}
	return b.entries[i], true
}

// Match gives at most most entries that what is typed can be the beginning of:
// each of its words begins a word of the name or a part of the address. Those
// that are used much and lately come first, those with a warning last.
func (b *Book) Match(typed string, now time.Time, most int) []Entry {
	words := words(typed)
	if len(words) == 0 {
		return nil
	}
	var best []match
	for i := range b.entries {
		if !begins(b.index[i].words, words) {
			continue
		}
		m := match{i, b.entries[i].Warning != "", score(b.entries[i], now), b.index[i].name}
		at, _ := slices.BinarySearchFunc(best, m, match.compare) // sorting them all would take longer than finding them
		if at < most {
			best = slices.Insert(best[:min(len(best), most-1)], at, m)
		}
	}
	var found []Entry
	for _, m := range best {
		found = append(found, b.entries[m.at])
	}
	return found
}

// match is an entry that was found.
type match struct {
	at     int // of the book's entries
	warned bool
	score  float64
	name   string
}

// compare puts the likelier one first.
func (m match) compare(other match) int {
	if m.warned != other.warned {
		if m.warned {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(other.score, m.score), cmp.Compare(m.name, other.name), cmp.Compare(m.at, other.at))
}

// score says how likely an entry is meant. A message counts half after a month:
// whom one writes to now is ahead of whom one wrote to much years ago.
func score(e Entry, now time.Time) float64 {
	const halfLife = 30 * 24 * time.Hour
	if e.Last.IsZero() {
		return 0
	}
	age := max(now.Sub(e.Last), 0)
	return float64(e.Sent+1) * math.Exp2(-float64(age)/float64(halfLife))
}

// begins tells that every typed word is the beginning of one of words.
func begins(words, typed []string) bool {
	for _, t := range typed {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, t) }) {
			return false
		}
	}
	return true
}

// searchWords are those of the name, and the address from every part on, so that
// both "kim.l" and "example" find kim.lee@mail.example.org.
func searchWords(e Entry) []string {
	all := words(e.Name)
	address := strings.ToLower(e.Address)
	for rest := address; rest != ""; {
		all = append(all, rest)
		next := strings.IndexAny(rest, ".@-_+")
		if next < 0 {
			break
		}
		rest = rest[next+1:]
	}
	return all
}

// words are the words of a name, or of what is typed, without the marks around
// names and addresses.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`"<>(),;`, r) })
}
