package merge

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"sendoff/compose"
)

// CheckOptions say what is wrong and what is not.
type CheckOptions struct {
	// Sender fills in who sends a letter: its account, and From where the template
	// names none. An error of it is a problem of the row. nil leaves it as it is.
	Sender func(*compose.Draft) error
	// Suppressed says why an address, in lower case, must not be written to; "" if it
	// may. nil: all may.
	Suppressed func(address string) string
	// Unreachable says why no mail can reach a domain, in ASCII and lower case; "" if it
	// may. nil: nobody has looked.
	Unreachable func(domain string) string
	Empty       EmptyRule
	// Checked tells that Check has found nothing wrong: Sift does not look at files and
	// fields once more.
	Checked         bool
	AllowDuplicates bool // an address may get a letter for each of its rows
	// Letter hears of Check to which address each letter would go, as they are compared.
	// nil: nobody does.
	Letter func(address string)
}

// EmptyRule says what it is that a letter shows an empty cell.
type EmptyRule string

// The rules. A place that names a default is never wrong.
const (
	EmptyError EmptyRule = "error"
	EmptyWarn  EmptyRule = "warn"
	EmptyOK    EmptyRule = "ok"
)

var emptyRules = []EmptyRule{EmptyError, EmptyWarn, EmptyOK}

// ParseEmptyRule reads the name of a rule.
func ParseEmptyRule(text string) (EmptyRule, bool) {
	return EmptyRule(text), slices.Contains(emptyRules, EmptyRule(text))
}

// Report is what a look at all rows has found.
type Report struct {
	Rows             int // that are in the list
	Letters          int // that would be sent
	Errors, Warnings int
	Problems         Problems // the first maxProblems of them
}

// maxProblems are those that a report keeps: who has more looks at the first ones.
const maxProblems = 1000

// Check makes every letter of a campaign once, and keeps none. It looks at the
// files that go with them; it takes about 0.15 ms a row. The error is that of ctx or
// of reading the list: then the report is not whole.
func Check(ctx context.Context, c *Campaign, l *List, o CheckOptions) (Report, error) {
	k := checker{ctx: ctx, campaign: c, options: o, seen: map[[16]byte]int{}}
	for row, err := range l.Rows() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return k.report, err
		}
		k.check(row)
		if err := ctx.Err(); err != nil { // the letter may have been broken off
			return k.report, err
		}
	}
	if k.report.Rows == 0 {
		k.note(Problem{File: l.file, Text: "it has no rows"})
	}
	if k.gmail > manyAtGmail && !c.template.oneClick() {
		k.note(Problem{
			File: c.template.file, Warning: true, Hint: "unsubscribe: https://example.org/leave/{{ " + tokenName + " }} in the head is one, if that server heeds it",
			Text: fmt.Sprintf("%d letters go to gmail.com, which wants a way to unsubscribe by one click from who sends it 5000 a day", k.gmail),
		})
	}
	for _, e := range k.lacks {
		k.note(e.problem(c.template.file, o.Empty))
	}
	return k.report, nil
}

// checker looks at one row after the other.
type checker struct {
	ctx      context.Context // of the check that this is for
	campaign *Campaign
	options  CheckOptions
	seen     map[[16]byte]int // hashes of addresses → the line of the first: a list is not held in memory
	lacks    []*lack
	gmail    int // letters to Google's own mailboxes
	report   Report
}

// manyAtGmail is near to the 5000 letters a day at which Google takes somebody for
// a bulk sender, for ever (as of 2026-03).
const manyAtGmail = 4000

func (k *checker) note(p Problem) {
	if p.Warning {
		k.report.Warnings++
	} else {
		k.report.Errors++
	}
	if len(k.report.Problems) < maxProblems {
		k.report.Problems = append(k.report.Problems, p)
	}
}

func (k *checker) check(row Row) {
	k.report.Rows++
	letter, problems := k.campaign.letter(k.ctx, row)
	if len(problems.Errors()) == 0 {
		problems = append(problems, k.examine(row, letter.Draft)...)
	}
	wrong := len(problems.Errors()) > 0 || len(letter.Lacks) > 0 && k.options.Empty == EmptyError
	var skipped Problems
	if !wrong { // as Sift does: a row that is left out takes its address from none behind it
		skipped = k.skip(row, letter.Draft.To)
	}
	if !wrong && len(skipped) == 0 {
		unreachable := k.unreachable(row, letter.Draft.To)
		problems, wrong = append(problems, unreachable...), len(unreachable) > 0
	}
	for _, p := range append(problems, skipped...) {
		k.note(p)
	}
	if len(skipped) > 0 {
		return
	}
	if !wrong {
		k.report.Letters++
		k.tell(letter.Draft.To)
		if domain := strings.ToLower(letter.domain); domain == "gmail.com" || domain == "googlemail.com" {
			k.gmail++
		}
	}
	k.lack(row, letter.Lacks)
}

// tell tells the address of a letter that would be sent.
func (k *checker) tell(to string) {
	if k.options.Letter == nil {
		return
	}
	if a, err := compose.ParseOne(to); err == nil {
		k.options.Letter(normal(a))
	}
}

// examine is what is wrong with a letter that could be made.
func (k *checker) examine(row Row, d compose.Draft) Problems {
	if k.options.Sender != nil {
		if err := k.options.Sender(&d); err != nil {
			return Problems{{File: k.campaign.list, Line: row.Line, Row: row.Number, Text: clean(err.Error())}}
		}
	}
	return k.campaign.Examine(row, d)
}

// skip says why a row whose letter is right gets none.
func (k *checker) skip(row Row, to string) Problems {
	a, err := compose.ParseOne(to)
	if err != nil {
		return nil
	}
	address := normal(a)
	w := writer{campaign: k.campaign, row: row}
	if k.options.Suppressed != nil {
		if why := k.options.Suppressed(address); why != "" {
			w.warn("sendoff suppress remove lets it be written to", "%s is suppressed, and gets no letter: %s", quote(address), clean(why))
		}
	}
	if first := k.firstLine(address, row.Line); first > 0 && !k.options.AllowDuplicates {
		w.warn("--allow-duplicates sends both", "the address stands on line %d already, and gets one letter: that one", first)
	}
	return w.problems
}

// firstLine is where an address has stood before; 0 if it has not, and then it is
// noted.
func (k *checker) firstLine(address string, line int) int {
	sum := sha256.Sum256([]byte(address))
	hash := [16]byte(sum[:16])
	if first, known := k.seen[hash]; known {
		return first
	}
	k.seen[hash] = line
	return 0
}

// lack is one place of the template where cells are empty.
type lack struct {
	Lack
	rows  int
	lines []int // of the first of them
}

// lack notes the places that a row leaves empty, each once.
func (k *checker) lack(row Row, lacks []Lack) {
	if k.options.Empty == EmptyOK {
		return
	}
	const most = 10
	for i, l := range lacks {
		if slices.Contains(lacks[:i], l) { // in a loop
			continue
		}
		at := slices.IndexFunc(k.lacks, func(e *lack) bool { return e.Lack == l })
		if at < 0 {
			at = len(k.lacks)
			k.lacks = append(k.lacks, &lack{Lack: l})
		}
		e := k.lacks[at]
		if e.rows++; len(e.lines) < most {
			e.lines = append(e.lines, row.Line)
		}
	}
}

func (l *lack) problem(file string, rule EmptyRule) Problem {
	var lines []string
	for _, line := range l.lines {
		lines = append(lines, fmt.Sprint(line))
	}
	if len(l.lines) < l.rows {
		lines = append(lines, "…")
	}
	noun := "line"
	if l.rows > 1 {
		noun = "lines"
	}
	return Problem{
		File: file, Line: l.Line, Warning: rule == EmptyWarn,
		Text: fmt.Sprintf("%s is empty on %s of the list: %s %s", clean(l.Name), count(l.rows, "row"), noun, strings.Join(lines, ", ")),
		Hint: "say " + l.Instead() + `, or default: "" for nothing`,
	}
}
