// Package spell finds the words of a text that no dictionary knows, by hunspell or
// aspell, and keeps the user's own words.
//
// It knows no language itself, and it corrects nothing.
//
// Its one hard rule: what somebody else has written, and what is no prose, is not
// looked at: quotes, code, addresses, the signature.
package spell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"sendoff/internal/command"
)

const (
	// limit is how long a program may look: a large dictionary is read in half a
	// second.
	limit = 10 * time.Second

	maxOutput = 4 << 20
	maxText   = 1 << 20 // of a longer one the beginning is looked at
)

// ErrNoProgram is why nothing is found: there is nothing to ask.
var ErrNoProgram = errors.New("neither hunspell nor aspell is installed")

var errTooSlow = errors.New("it took longer than 10 seconds")

// Checker says how texts are checked. It may be used from several goroutines.
type Checker struct {
	Language string          // as dictionaries are called, "de_DE" or "de_DE,en_US"; "": that of the environment
	OwnWords string          // file of words that are right for the user; "": there are none
	Environ  func() []string // for the program; nil: that of this process
}

// Word is one that no dictionary knows.
type Word struct {
	Text        string // as it stands there
	At          int    // where it begins in the text, in bytes
	Suggestions []string
}

// dictionary is what dictionaries may be called: nothing that a program takes for
// an option or a path.
var dictionary = regexp.MustCompile(`^[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*(,[A-Za-z]{2,3}([_-][A-Za-z0-9]+)*)*$`)

// isLanguage tells that a text can be the name of dictionaries.
func isLanguage(text string) bool { return len(text) <= 100 && dictionary.MatchString(text) }

// Check gives the words of a text that are not known, in their order.
// [ErrNoProgram] if there is no program to ask.
func (c Checker) Check(ctx context.Context, text string) ([]Word, error) {
	own, err := c.ownWords()
	if err != nil {
		return nil, fmt.Errorf("read your own words: %w", err)
	}
	words := wordsOf(text[:min(len(text), maxText)])
	var ask []string
	seen := make(map[string]bool)
	for _, w := range words {
		if !seen[w.Text] && !own[strings.ToLower(w.Text)] {
			ask = append(ask, w.Text)
		}
		seen[w.Text] = true
	}
	if len(ask) == 0 {
		return nil, nil
	}
	unknown, err := c.ask(ctx, ask)
	if err != nil {
		return nil, err
	}
	var found []Word
	for _, w := range words {
		if suggestions, is := unknown[w.Text]; is {
			w.Suggestions = suggestions
			found = append(found, w)
		}
	}
	return found, nil
}

// ask asks the first program that is there and has the dictionary.
func (c Checker) ask(ctx context.Context, words []string) (unknown map[string][]string, err error) {
	var environ []string // nil: that of this process
	if c.Environ != nil {
		environ = c.Environ()
	}
	err = ErrNoProgram
	for _, argv := range c.programs() {
		program := command.Command{Argv: argv, Env: environ, Input: bytes.NewReader(question(words)), Limit: limit, TooSlow: errTooSlow, Most: maxOutput}
		output, failed := program.Output(ctx)
		switch {
		case failed == nil:
			return answer(output, words)
		case errors.Is(failed, command.ErrNotFound):
		case errors.Is(err, ErrNoProgram):
			err = fmt.Errorf("%s: %w", argv[0], failed)
		}
	}
	return nil, err
}

// programs are those that can be asked, as they are called. The text is in their
// standard input.
func (c Checker) programs() [][]string {
	language := c.language()
	first, _, _ := strings.Cut(language, ",") // aspell takes one
	return [][]string{
		{"hunspell", "-a", "-i", "UTF-8", "-d", language},
		{"aspell", "-a", "--encoding=utf-8", "--lang=" + first},
	}
}

// language is the one that is set, else that of the environment, else English.
func (c Checker) language() string {
	if c.Language != "" {
		return c.Language
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		value, _, _ := strings.Cut(os.Getenv(name), ".")
		if value, _, _ = strings.Cut(value, "@"); len(value) > 1 && isLanguage(value) && value != "POSIX" {
			return value
		}
	}
	return "en_US"
}
