package spell

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sendoff/internal/peers"
)

// only lets a checker find one program.
func only(t *testing.T, name string) {
	t.Helper()
	dir := t.TempDir()
	if name != "" {
		if err := os.Symlink(peers.Need(t, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

func TestCheck_ByTheProgramsThatThereAre(t *testing.T) {
	for _, program := range []string{"hunspell", "aspell"} {
		t.Run(program, func(t *testing.T) {
			only(t, program)
			const text = "I recieve the the well-knwon letter.\n> recieve\nWe recieve it, gently. I can’t.\n"
			found, err := Checker{Language: "en_US"}.Check(t.Context(), text)
			if err != nil || texts(found) != "recieve knwon recieve" {
				t.Fatalf("found %q, %v", texts(found), err)
			}
			for _, w := range found {
				if text[w.At:w.At+len(w.Text)] != w.Text {
					t.Errorf("%q stands at %q", w.Text, text[w.At:])
				}
			}
			if !slices.Contains(found[2].Suggestions, "receive") || strings.Count(text[:found[2].At], "\n") != 2 {
				t.Errorf("found %+v", found[2])
			}
		})
	}
}

func TestCheck_SaysWhyItCannot(t *testing.T) {
	only(t, "hunspell")
	_, err := Checker{Language: "xx_YY"}.Check(t.Context(), "a word")
	if err == nil || !strings.Contains(err.Error(), `hunspell: `) || !strings.Contains(err.Error(), "xx_YY") {
		t.Errorf("without a dictionary: %v", err)
	}
	only(t, "")
	if _, err := (Checker{Language: "en_US"}).Check(t.Context(), "a word"); !errors.Is(err, ErrNoProgram) {
		t.Errorf("without a program: %v", err)
	}
	if found, err := (Checker{Language: "en_US"}).Check(t.Context(), "> quoted"); found != nil || err != nil {
		t.Errorf("without a word: %v, %v", found, err)
	}
}

func TestCheck_EndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\n/bin/sleep 60\n"
	if err := os.WriteFile(filepath.Join(dir, "hunspell"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := (Checker{Language: "en_US"}).Check(ctx, "a word"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestChecker_OwnWordsAreRight(t *testing.T) {
	only(t, "hunspell")
	c := Checker{Language: "en_US", OwnWords: filepath.Join(t.TempDir(), "data", "words")}
	const text = "Xyzzian and Goroutinen, goroutinen."
	if found, err := c.Check(t.Context(), text); err != nil || texts(found) != "Xyzzian Goroutinen goroutinen" {
		t.Fatalf("found %q, %v", texts(found), err)
	}
	for _, word := range []string{"Xyzzian", "Goroutinen"} {
		if err := c.Add(word); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := c.Check(t.Context(), text); err != nil || len(found) != 0 {
		t.Errorf("found %q, %v", texts(found), err)
	}
	if info, err := os.Stat(c.OwnWords); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestChecker_LanguageIsThatOfTheEnvironmentIfNoneIsSet(t *testing.T) {
	for _, test := range []struct{ set, all, lang, want string }{
		{"de_DE,en_US", "fr_FR.UTF-8", "", "de_DE,en_US"},
		{"", "", "de_AT.UTF-8@euro", "de_AT"},
		{"", "pt_BR.UTF-8", "de_DE.UTF-8", "pt_BR"},
		{"", "C.UTF-8", "de_DE.UTF-8", "de_DE"},
		{"", "POSIX", "", "en_US"},
		{"", "--help", "../x", "en_US"},
	} {
		t.Setenv("LC_ALL", test.all)
		t.Setenv("LC_MESSAGES", "")
		t.Setenv("LANG", test.lang)
		if got := (Checker{Language: test.set}).language(); got != test.want {
			t.Errorf("%+v: got %s", test, got)
		}
	}
}

func TestIsLanguage(t *testing.T) {
	for text, want := range map[string]bool{"de_DE": true, "en": true, "en_US,de_DE": true, "de_DE_frami": true, "sr-Latn": true, "": false, "-d": false, "a/b": false, "de_DE,": false, "x y": false} {
		if isLanguage(text) != want {
			t.Errorf("%q", text)
		}
	}
}
