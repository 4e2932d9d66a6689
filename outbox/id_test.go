package outbox

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestID_SortsAsTextAndIsNoBeginningOfAnother(t *testing.T) {
	numbers := []ID{1, 2, 9, 10, 31, 32, 33, 1023, 1024, 32767, 32768, 1 << 40, 1<<63 - 1}
	var texts []string
	for _, id := range numbers {
		texts = append(texts, id.String())
		back, err := ParseID(strings.ToUpper(id.String()))
		if err != nil || back != id {
			t.Errorf("ParseID(%q) = %d, %v, want %d", id, back, err, id)
		}
	}
	if !slices.IsSorted(texts) {
		t.Errorf("not sorted: %v", texts)
	}
	for i, a := range texts {
		for j, b := range texts {
			if i != j && strings.HasPrefix(b, a) {
				t.Errorf("%q begins %q", a, b)
			}
		}
	}
	if texts[0] != "a1" || texts[5] != "b10" {
		t.Errorf("1 is %q and 32 is %q", texts[0], texts[5])
	}
}

func TestParseID_RefusesWhatStringNeverWrites(t *testing.T) {
	for _, text := range []string{"", "a", "a0", "b01", "b1", "a11", "1", "ai", "zz", "a-", "mzzzzzzzzzzzzz", "ü1"} {
		if id, err := ParseID(text); !errors.Is(err, ErrBadID) {
			t.Errorf("ParseID(%q) = %d, %v", text, id, err)
		}
	}
}

func TestPrefixRange(t *testing.T) {
	for _, c := range []struct {
		prefix    string
		low, high ID
	}{
		{"a", 1, 31}, {"b", 32, 1023}, {"b1", 32, 63}, {"b10", 32, 32}, {"c1", 1024, 2047}, {"c10", 1024, 1055},
	} {
		low, high, err := prefixRange(c.prefix)
		if err != nil || low != c.low || high != c.high {
			t.Errorf("prefixRange(%q) = %d…%d, %v, want %d…%d", c.prefix, low, high, err, c.low, c.high)
		}
	}
}

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"a1", "b10", "", "m7zzzzzzzzzzzz", "zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := ParseID(s); err == nil {
			if back, err := ParseID(id.String()); err != nil || back != id || id <= 0 {
				t.Fatalf("%q is %d, which is %q, %v", s, id, id, err)
			}
		}
		if low, high, err := prefixRange(s); err == nil && (low <= 0 || high < low) {
			t.Fatalf("prefixRange(%q) = %d…%d", s, low, high)
		}
	})
}
