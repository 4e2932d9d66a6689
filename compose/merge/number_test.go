package merge

import (
	"strings"
	"testing"
)

func TestNumbers_AreExactAndStrict(t *testing.T) {
	for text, want := range map[string]string{
		`"19.99" | times: 3`: "59.97", `"0.1" | plus: "0.2"`: "0.3", `"7" | plus: 0`: "7", `7 | minus: 10`: "-3", `"1.50" | times: 2`: "3",
		`"7" | divided_by: 2`: "3", `-7 | divided_by: 2`: "-4", `"7" | divided_by: 2.0`: "3.5", `"1" | divided_by: "3.0" | round: 2`: "0.33",
		`-7 | modulo: 3`: "2", `7.5 | modulo: 2`: "1.5", `"7.5" | floor`: "7", `"-7.5" | floor`: "-8", `"7.1" | ceil`: "8", `"-7.1" | ceil`: "-7", `"-3" | abs`: "3",
		`"2.5" | round`: "3", `"-2.5" | round`: "-3", `"1.005" | round: 2`: "1.01", `"3" | at_least: 5`: "5", `"3" | at_most: 2.5`: "2.5",
		`"99999999999999999999" | plus: 1`: "100000000000000000000", `number | plus: 1`: "8",
	} {
		if got := body(t, "{{ "+text+" }}"); got != want {
			t.Errorf("%s = %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		`"7,50" | times: 2`: `"7,50" is not a number such as 7 or 7.50`, `company | plus: 1`: `"ACME" is not a number`, `note | plus: 1`: "there is nothing to compute with",
		`note | round: 2`: "there is nothing to compute with", `number | divided_by: 0`: "nothing can be divided by 0", `number | modulo: 0`: "divided by 0",
		`company }}{% assign n = "a" | plus: 1 %}{{ n`: `letter.md:4: plus: "a" is not a number`, `number | round: 1000`: "cannot be rounded", `"1e9" | plus: 1`: "is not a number",
	} {
		_, problems := first(t, "---\nsubject: x\n---\n{{ "+text+" }}", people)
		if len(problems) != 1 || !strings.Contains(problems[0].Text, want) {
			t.Errorf("%s: %v, want %q", text, problems, want)
		}
	}
}
