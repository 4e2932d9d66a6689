package review

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"sendoff/compose"
)

func TestCorrection(t *testing.T) {
	known := map[string]bool{"nordlicht.example": true, "gail.com": true, "mx1.hosting.example": true}
	tests := []struct {
		domain, want string
		severity     Severity
	}{
		{"gmial.com", "gmail.com", Grave},
		{"gamil.com", "gmail.com", Grave},
		{"gmai.com", "gmail.com", Grave},
		{"gmaill.com", "gmail.com", Grave},
		{"gmail.con", "gmail.com", Grave},
		{"gmail.co", "gmail.com", Grave},
		{"gmial.con", "gmail.com", Grave},
		{"gmial.co", "gmail.com", Grave},
		{"hotmial.fr", "hotmail.fr", Grave},
		{"yaho.co.uk", "yahoo.co.uk", Grave},
		{"outlok.com", "outlook.com", Grave},
		{"iclould.com", "icloud.com", Grave},
		{"example.con", "example.com", Grave},
		{"example.ogr", "example.org", Grave},
		{"example.nte", "example.net", Grave},
		{"firma.dee", "firma.de", Grave},
		{"gmx.ed", "gmx.de", Grave},
		{"web.ed", "web.de", Grave},
		{"posteo.nte", "posteo.net", Grave},
		{"firma.ed", "firma.de", Grave},
		{"gmailcom", "gmail.com", Grave},
		{"webde", "web.de", Grave},
		{"nordlich.example", "nordlicht.example", Warning},
		{"nordlihct.example", "nordlicht.example", Warning},
		{"freenett.de", "freenet.de", Warning},

		// What may stand.
		{"gmail.com", "", 0},
		{"gail.com", "", 0}, // it has taken mail
		{"email.com", "", 0},
		{"ymail.com", "", 0},
		{"hotmail.be", "", 0},
		{"yahoo.co.jp", "", 0},
		{"example.co", "", 0},
		{"example.local", "", 0},
		{"example.test", "", 0},
		{"localhost", "", 0},
		{"[192.0.2.1]", "", 0},
		{"mx2.hosting.example", "", 0},
		{"bücher.example", "", 0},
		{"firma.at", "", 0},
		{"", "", 0},
		{".", "", 0},
	}
	for _, test := range tests {
		if got, severity := correction(test.domain, known, slices.Concat(providers, slices.Sorted(maps.Keys(known)))); got != test.want || severity != test.severity {
			t.Errorf("%q: %q (%d), want %q (%d)", test.domain, got, severity, test.want, test.severity)
		}
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"gmail", "gmail", 0}, {"gmial", "gmail", 1}, {"gmai", "gmail", 1}, {"ggmail", "gmail", 1}, {"gnail", "gmail", 1}, {"", "a", 1},
		{"gm", "gmail", 2}, {"liamg", "gmail", 2}, {"gnali", "gmail", 2}, {"aa", "aaa", 1}, {"über", "uber", 1},
	}
	for _, test := range tests {
		if got := distance(test.a, test.b); got != test.want || distance(test.b, test.a) != test.want {
			t.Errorf("%q and %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

// A correction is another domain, and may stand itself.
func FuzzCorrection(f *testing.F) {
	for _, seed := range []string{"gmial.com", "x.con", "a.b.c", "..", "hotmial.co", "[::1]", "\xff.com"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, domain string) {
		domain = strings.ToLower(domain)
		better, _ := correction(domain, nil, providers)
		if better == "" {
			return
		}
		if again, _ := correction(better, nil, providers); better == domain || again == domain {
			t.Fatalf("%q becomes %q becomes %q", domain, better, again)
		}
		if _, err := compose.ParseOne("a@" + domain); err == nil {
			if _, err := compose.ParseOne("a@" + better); err != nil {
				t.Fatalf("%q becomes %q: %v", domain, better, err)
			}
		}
	})
}
