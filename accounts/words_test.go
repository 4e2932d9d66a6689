package accounts

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestSplitCommand(t *testing.T) {
	for line, want := range map[string][]string{
		"pass show mail/work":              {"pass", "show", "mail/work"},
		"  a\t'b c' \"d e\"  f\\ g ":       {"a", "b c", "d e", "f g"},
		`a '' ""`:                          {"a", "", ""},
		`a 'it'\''s' "say \"hi\""`:         {"a", "it's", `say "hi"`},
		`a "x\y" '\n' \n`:                  {"a", `x\y`, `\n`, "n"},
		`a x'y'z"w"`:                       {"a", "xyzw"},
		`sh -c 'pass x | head -1'`:         {"sh", "-c", "pass x | head -1"},
		"~/bin/pw --for=ada@example.org":   {"~/bin/pw", "--for=ada@example.org"},
		"gpg -q --for-your-eyes-only -d ü": {"gpg", "-q", "--for-your-eyes-only", "-d", "ü"},
		`a "\$HOME" \$x '$y'`:              {"a", "$HOME", "$x", "$y"},
	} {
		got, err := SplitCommand(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", line, got, err, want)
		}
	}
	for line, want := range map[string]string{
		"":            "names no program",
		"  ":          "names no program",
		`'' a`:        "names no program",
		`a 'b`:        "has a quote that does not end",
		`a "b\"`:      "has a quote that does not end",
		`a \`:         "ends with a backslash",
		"a | b":       "wants a shell, and there is none: quote |, or write sh -c '…'",
		"a $HOME":     "wants a shell, and there is none: quote $, or write sh -c '…'",
		"a \"$HOME\"": "wants a shell, and there is none: quote $, or write sh -c '…'",
		"a `b`":       "wants a shell, and there is none: quote `, or write sh -c '…'",
		"a > b":       "wants a shell, and there is none: quote >, or write sh -c '…'",
		"a\xff":       "is not UTF-8",
		"a; b":        "wants a shell, and there is none: quote ;, or write sh -c '…'",
	} {
		if got, err := SplitCommand(line); err == nil || err.Error() != want {
			t.Errorf("%s: %q, %v", line, got, err)
		}
	}
}

// What is taken apart here is what a shell would have passed on.
func FuzzSplitCommand(f *testing.F) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		f.Skip("there is no shell to compare with")
	}
	for _, line := range []string{"a b", `'a b' "c\"d\e" f\ g`, `a''b ""`, "\\a", `a\\b '\'`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		argv, err := SplitCommand(line)
		// Comments, tildes, assignments, reserved words and braces are a shell's own; it
		// drops NUL, and a backslash joins lines.
		if err != nil || strings.ContainsAny(line, "#~={}!\x00\n\r") || len(line) > 200 {
			return
		}
		out, err := exec.Command(shell, "-c", `for a in `+line+`; do printf '%s\0' "$a"; done`).Output()
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if want := strings.Join(argv, "\x00") + "\x00"; string(out) != want {
			t.Fatalf("%q is %q, and a shell says %q", line, argv, out)
		}
	})
}
