package pace

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}

func TestSpread_PutsRowsOfADomainFarApart(t *testing.T) {
	page := strings.Fields("1@a 2@a 3@a 4@a 5@a 6@a 7@b 8@b 9@c")
	got := strings.Join(Spread(page, domainOf), " ")
	if want := "1@a 7@b 2@a 3@a 9@c 4@a 5@a 8@b 6@a"; got != want {
		t.Errorf("order %s, want %s", got, want)
	}
	if got := Spread(nil, domainOf); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestSpread_IsAnOrderOfThePageAndKeepsShares(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		var page []string
		total := map[string]int{}
		kinds := 1 + random.IntN(12)
		for i := range random.IntN(200) {
			domain := fmt.Sprint("d", int(float64(kinds)*random.Float64()*random.Float64()))
			total[domain]++
			page = append(page, fmt.Sprintf("%d@%s", i, domain))
		}
		got := Spread(page, domainOf)
		if again := Spread(page, domainOf); !slices.Equal(got, again) {
			t.Fatal("it is another order the second time")
		}
		seen, last := map[string]int{}, map[string]int{}
		for i, row := range got {
			var number int
			domain := domainOf(row)
			fmt.Sscanf(row, "%d@", &number)
			if number < last[domain] {
				t.Fatalf("%s comes after a later row of its domain", row)
			}
			last[domain] = number
			seen[domain]++
			// Each has its share at any place, up to one row and what a tie moves.
			if fair := float64(total[domain]) * float64(i+1) / float64(len(got)); float64(seen[domain]) > fair+2 || float64(seen[domain]) < fair-2 {
				t.Fatalf("%s has %d of the first %d rows; its share is %.1f of %d in %d", domain, seen[domain], i+1, fair, total[domain], len(got))
			}
		}
		sorted, want := slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(page))
		if !slices.Equal(sorted, want) {
			t.Fatalf("rows %v of %v", got, page)
		}
	}
}

func TestChoose_GivesEachWhatItMayStillSend(t *testing.T) {
	choices := []Choice{{Account: "gmail", Room: 100}, {Account: "office", Room: 300}, {Account: "off", Room: 0}, {Account: "heavy", Room: 100, Weight: 2}}
	for range 300 {
		name, ok := Choose("", choices)
		if !ok {
			t.Fatal("nobody has room")
		}
		choices[slices.IndexFunc(choices, func(c Choice) bool { return c.Account == name })].Given++
	}
	if choices[0].Given != 50 || choices[1].Given != 150 || choices[2].Given != 0 || choices[3].Given != 100 {
		t.Errorf("given: %+v", choices)
	}
	total := 0
	for {
		name, ok := Choose("", choices)
		if !ok {
			break
		}
		total++
		i := slices.IndexFunc(choices, func(c Choice) bool { return c.Account == name })
		if choices[i].Given++; choices[i].Given > choices[i].Room {
			t.Fatalf("%s was given %d", name, choices[i].Given)
		}
	}
	if total != 200 {
		t.Errorf("%d more were given", total)
	}
}

func TestChoose_KeepsTheAccountOfARow(t *testing.T) {
	choices := []Choice{{Account: "a", Room: 100}, {Account: "b", Room: 10, Given: 9}, {Account: "c", Room: 5, Given: 5}}
	for own, want := range map[string]string{"": "a", "a": "a", "b": "b", "c": "", "unknown": ""} {
		if got, ok := Choose(own, choices); got != want || ok != (want != "") {
			t.Errorf("own %q: %q, %t", own, got, ok)
		}
	}
}

func BenchmarkSpread(b *testing.B) {
	page := make([]string, 500)
	for i := range page {
		page[i] = fmt.Sprintf("%d@d%d", i, i%250)
	}
	for b.Loop() {
		Spread(page, domainOf)
	}
}
