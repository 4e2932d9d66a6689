package pace

import (
	"slices"
	"strings"
	"testing"
)

func repeat(n int, o ...Outcome) []Outcome { return slices.Repeat(o, n) }

func TestTrip_StopsWhatHarmsTheSender(t *testing.T) {
	taken, later := Outcome{Taken, "250 2.0.0"}, Outcome{Deferred, "450 4.2.1"}
	spam, gone := Outcome{Blocked, "554 5.7.1"}, Outcome{Refused, "550 5.1.1"}
	other, full := Outcome{Refused, "550 5.1.2"}, Outcome{Failed, "552 5.2.2"}
	unfit := Outcome{Unfit, "there is no programme.txt"}
	for _, test := range []struct {
		name     string
		outcomes []Outcome
		want     string // "": it goes on
	}{
		{"nothing", nil, ""},
		{"all is well", repeat(500, taken), ""},
		{"two blocks", []Outcome{taken, spam, spam}, ""},
		{"three blocks", []Outcome{taken, spam, spam, spam}, "3 letters in a row were refused as spam or by a policy (554 5.7.1)"},
		{"three blocks with delays", []Outcome{spam, later, spam, later, later, spam, later}, "3 letters in a row were refused as spam"},
		{"blocks with one taken", []Outcome{spam, spam, taken, spam, spam}, ""},
		{"four alike", append(repeat(50, taken), repeat(4, full)...), ""},
		{"five alike", append(repeat(50, taken), repeat(5, full)...), "5 letters in a row were refused with the same answer (552 5.2.2)"},
		{"five not alike", append(repeat(50, taken), full, full, gone, full, full), ""},
		{"five without an answer", repeat(5, Outcome{Kind: Failed}), ""},
		{"two unfit", []Outcome{taken, unfit, unfit}, ""},
		{"three unfit", []Outcome{taken, unfit, {Unfit, "x"}, unfit}, "3 letters in a row cannot be made or sent as they are (there is no programme.txt)"},
		{"unfit with one taken", []Outcome{unfit, unfit, taken, unfit, unfit}, ""},
		{"nine wrong addresses", repeat(9, gone, taken), ""},
		{"ten wrong addresses of two kinds", repeat(5, gone, other, taken), "10 of the last 15 addresses are wrong"},
		{"a few wrong addresses of many", repeat(9, append(repeat(20, taken), gone)...), ""},
		{"ten of the first fifty", repeat(10, taken, taken, taken, taken, gone), "10 of the last 50 addresses are wrong"},
		{"ten of two hundred", append(repeat(10, gone, taken), repeat(180, taken)...), "10 of the last 200 addresses are wrong"},
		{"ten of two hundred and one", append(repeat(10, gone, taken), repeat(181, taken)...), ""},
		{"delays do not count as seen", append(repeat(10, gone, taken), repeat(300, later)...), "10 of the last 20 addresses are wrong"},
	} {
		got := Trip(test.outcomes)
		if (test.want == "") != (got == "") || !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestTrip_CleansWhatAServerSaid(t *testing.T) {
	if got := Trip(repeat(3, Outcome{Blocked, "554 \x1b[2J\r\nx"})); strings.ContainsAny(got, "\x1b\r\n") {
		t.Errorf("reason %q", got)
	}
}
