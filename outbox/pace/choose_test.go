package pace

import (
	"slices"
	"testing"
)

func TestChoose_GivesEachWhatItMayStillSend(t *testing.T) {
	choices := []Choice{{Account: "gmail", Room: 100}, {Account: "office", Room: 300}, {Account: "off", Room: 0}}
	for range 200 {
		name, ok := Choose(choices)
		if !ok {
			t.Fatal("nobody has room")
		}
		choices[slices.IndexFunc(choices, func(c Choice) bool { return c.Account == name })].Given++
	}
	if choices[0].Given != 50 || choices[1].Given != 150 || choices[2].Given != 0 {
		t.Errorf("given: %+v", choices)
	}
	total := 0
	for {
		name, ok := Choose(choices)
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
