package config

import (
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	known := []string{"host", "port", "security", "username", "messages_per_connection"}
	all := "possible here: " + strings.Join(known, ", ")
	for _, test := range []struct{ word, want string }{
		{"hosst", `did you mean "host"?`},
		{"HOST", `did you mean "host"?`},
		{"prot", `did you mean "port"?`}, // neighbours swapped
		{"user", `did you mean "username"?`},
		{"messages-per-conection", `did you mean "messages_per_connection"?`},
		{"securrty", `did you mean "security"?`},
		{"folder", all},
		{"xx", all},
		{"", all},
		{strings.Repeat("host", 100), all},
	} {
		if got := Suggest(test.word, known); got != test.want {
			t.Errorf("Suggest(%q) = %s, want %s", test.word, got, test.want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abc", 0}, {"abc", "acb", 1},
		{"abc", "axc", 1}, {"kitten", "sitting", 3}, {"büro", "buro", 1},
	} {
		if got := editDistance([]rune(test.a), []rune(test.b)); got != test.want {
			t.Errorf("editDistance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
