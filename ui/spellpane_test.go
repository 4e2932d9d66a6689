package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/compose/spell"
)

// dictionary is a directory with a program that knows all words but two.
func dictionary(t testing.TB) string {
	t.Helper()
	return program(t, `echo '@(#) International Ispell'
while read -r line; do
	case $line in
	'!') continue ;;
	'^recieve') printf '& recieve 2 1: receive, re\033[1mlieve\n' ;;
	'^Exmple') echo '# Exmple 1' ;;
	esac
	echo
done`)
}

// program is a directory with a shell script that is called hunspell.
func program(t testing.TB, script string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hunspell"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// spelling checks by what is in $PATH, with a file for own words.
func spelling(words string) func(*Options) {
	return func(o *Options) { o.Spelling = &spell.Checker{Language: "en_US", OwnWords: words} }
}

func TestSpelling_GoesThroughTheWords(t *testing.T) {
	t.Setenv("PATH", dictionary(t))
	words := filepath.Join(t.TempDir(), "words")
	tell(t, 80, 24, spelling(words), nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.body()
		s.paste("I recieve it.\n> recieve\n\nWe recieve it. Exmple, Exmple.\n\n-- \nAda Exmple")
		s.Keys("ctrl+s")
		s.See("spelling  4 words are not in the dictionary: alt+s in the form shows them")
		s.Keys("e", "alt+s")
		s.See("Spelling", "1 of 4", "I recieve it.", "1 receive", "2 re\ufffd[1mlieve", "1-9 put in")
		s.Keys("9") // there is none such
		s.See("1 of 4")
		s.Keys("1")
		s.See("2 of 4", "We recieve it. Exmple, Exmple.")
		s.Keys("space", "?", "esc")
		s.See("3 of 4", "Nothing like it is known.")
		s.Keys("a")
		s.See("That was the last word.", "New message")
		if got, want := s.model.composer().body.text(), "I receive it.\n> recieve\n\nWe recieve it. Exmple, Exmple.\n\n-- \nAda Exmple"; got != want {
			s.t.Errorf("the text is %q", got)
		}
		s.Advance(time.Second)
		if got, err := os.ReadFile(words); err != nil || string(got) != "Exmple\n" {
			s.t.Errorf("own words are %q, %v", got, err)
		}
		s.Keys("alt+z") // a word is undone as typing is
		if got := s.model.composer().body.text(); !strings.HasPrefix(got, "I recieve it.") {
			s.t.Errorf("the text is %q", got)
		}
		s.Keys("alt+s", "i")
		s.See("That was the last word.")
		s.Keys("alt+s")
		s.See("Every word is in the dictionary.")
		s.Keys("ctrl+s")
		s.SeeNot("not in the dictionary")
	})
}

func TestSpelling_SaysWhyItCannot(t *testing.T) {
	for script, want := range map[string]string{
		"":                                 "Nothing can look words up: install hunspell or aspell.",
		`echo "no dictionary" >&2; exit 1`: "Spelling: hunspell: exit status 1: no dictionary",
		"echo hello":                       "Spelling: its answer cannot be read",
	} {
		t.Setenv("PATH", t.TempDir())
		if script != "" {
			t.Setenv("PATH", program(t, script))
		}
		tell(t, 80, 24, spelling(""), nil, func(s *story) {
			s.Keys("m")
			s.Type("ana@example.org")
			s.body()
			s.Type("some words")
			s.Keys("alt+s")
			s.See(want, "New message")
			s.Keys("ctrl+s") // where nothing is to be said of it
			s.SeeNot("dictionary:")
		})
	}
}

func TestSpelling_IsNoKeyWhereItIsOff(t *testing.T) {
	tell(t, 80, 40, nil, nil, func(s *story) {
		s.Keys("m", "f1")
		s.SeeNot("alt+s")
	})
}

// Leaving ends the program, and its answer is for nobody.
func TestSpelling_LeavingEndsTheProgram(t *testing.T) {
	t.Setenv("PATH", program(t, "/bin/sleep 60"))
	began := time.Now()
	tell(t, 80, 24, spelling(""), nil, func(s *story) {
		s.Keys("m")
		s.body()
		s.Type("some words")
		cmd := pressKey(s.t, s.model.composer(), "alt+s")
		if cmd == nil {
			s.t.Fatal("nothing is looked up")
		}
		s.See("looking the words up…")
		s.Keys("esc")
		s.Send(cmd())
		s.See("New message")
	})
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestSpelling_LooksAtTheSubject(t *testing.T) {
	t.Setenv("PATH", dictionary(t))
	d := draft("work", "ana@example.org", "You recieve it")
	d.Body = "We recieve it.\n"
	tell(t, 80, 24, func(o *Options) { spelling("")(o); o.Compose = &d }, nil, func(s *story) {
		s.Keys("ctrl+s")
		s.See("spelling  2 words are not in the dictionary")
		s.Keys("e", "alt+s")
		s.See("1 of 2", "You recieve it")
		s.Keys("1", "1")
		c := s.model.composer()
		if subject, text := c.inputs[fieldSubject].value(), c.body.text(); subject != "You receive it" || text != "We receive it.\n" {
			s.t.Errorf("%q and %q", subject, text)
		}
		c.inputs[fieldSubject].set("Re: we recieve it") // in the words of somebody else
		s.Keys("alt+s")
		s.See("Every word is in the dictionary.")
		if subject := c.inputs[fieldSubject].value(); subject != "Re: we recieve it" {
			s.t.Errorf("the subject is %q", subject)
		}
	})
}
