package campaign

import (
	"strings"
	"testing"
)

func TestIsName(t *testing.T) {
	for text, want := range map[string]bool{
		"concert-2026": true, "a": true, "1": true, "Grüße_2.b+c": true, "日本": true, strings.Repeat("a", 50): true, strings.Repeat("ü", 32): true,
		"": false, "-a": false, ".a": false, "_": false, "a b": false, "a/b": false, "a\n": false, "a\xff": false, "\xff": false, "a\u200b": false,
		strings.Repeat("a", 51): false, strings.Repeat("ü", 33): false,
	} {
		if got := IsName(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestNumbered_IsAName(t *testing.T) {
	for _, base := range []string{"letter", strings.Repeat("a", 50), strings.Repeat("я", 32)} {
		if name := numbered(base, 12); !IsName(name) || !strings.HasSuffix(name, "-12") {
			t.Errorf("%q becomes %q", base, name)
		}
	}
}
