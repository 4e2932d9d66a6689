package compose

import (
	"strings"
	"testing"
)

func TestMendList(t *testing.T) {
	tests := []struct{ list, takeOff, correct string }{
		{"kim@gmial.com", "", "kim@gmail.com"},
		{"ana@example.org, kim@gmial.com", "ana@example.org", "ana@example.org, kim@gmail.com"},
		{"kim@gmial.com, ana@example.org", "ana@example.org", "kim@gmail.com, ana@example.org"},
		{`"Lee, Kim" <kim@gmial.com>; wrong; ana@example.org`, "wrong; ana@example.org", "kim@gmail.com; wrong; ana@example.org"},
		{"ana@example.org,\nkim@gmial.com,\nbo@example.org", "ana@example.org,\nbo@example.org", "ana@example.org,\nkim@gmail.com,\nbo@example.org"},
		{"Team: ana@example.org, kim@gmial.com;", "Team: ana@example.org", "Team: ana@example.org, kim@gmail.com;"},
		{"ana@example.org,, ", "ana@example.org,, ", "ana@example.org,, "},
		{"kim@gmial.com (home), KIM@gmial.com", "", "kim@gmail.com, kim@gmail.com"},
	}
	for _, test := range tests {
		become := func(text string) string {
			return MendList(test.list, func(a Address) (string, bool) { return text, strings.EqualFold(a.Domain, "gmial.com") })
		}
		if got := become(""); got != test.takeOff {
			t.Errorf("%q without is %q, want %q", test.list, got, test.takeOff)
		}
		if got := become("kim@gmail.com"); got != test.correct {
			t.Errorf("%q corrected is %q, want %q", test.list, got, test.correct)
		}
	}
}

// Whatever stands in a field: what nobody mends stays, and an address that is taken
// off is gone while the others stay.
func FuzzMendList(f *testing.F) {
	for _, seed := range []string{"a@b.c, d@e.f", `"x, y" <a@b.c>; q`, "g: a@b.c, d@e.f; h@i.j", "a@b.c\n d@e.f\n", `"open <a@b.c>`, "(c (d) a@b.c", "a@b.c <d@e.f>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		if got := MendList(list, func(Address) (string, bool) { return "", false }); got != list {
			t.Fatalf("%q becomes %q", list, got)
		}
		before := Addresses(list)
		if len(before) == 0 {
			return
		}
		first := before[0]
		after := Addresses(MendList(list, func(a Address) (string, bool) { return "", a == first }))
		var want []Address
		for _, a := range before {
			if a != first {
				want = append(want, a)
			}
		}
		for _, a := range want {
			if !contains(after, a) {
				t.Fatalf("%q loses %v with %v: %v", list, a, first, after)
			}
		}
	})
}

func contains(list []Address, wanted Address) bool {
	for _, a := range list {
		if a == wanted {
			return true
		}
	}
	return false
}
