package outbox_test

import (
	"errors"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
)

// addressesOf are the addresses of rowsFor.
func addressesOf(n, domains int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for row := range rowsFor(n, domains) {
			if !yield(row.Address, nil) {
				return
			}
		}
	}
}

func TestOverlaps_CountsWhoHasALetterOfARecentCampaign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openCampaigns(t, t.TempDir())
		defer b.Close()
		overlaps := func(want ...string) {
			t.Helper()
			all, err := b.Overlaps(t.Context(), time.Now().Add(-30*24*time.Hour), addressesOf(5, 1))
			var got []string
			for _, o := range all {
				got = append(got, fmt.Sprintf("%s %d", o.Campaign.Name, o.People))
			}
			if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got %v, %v; want %v", got, err, want)
			}
		}
		begin := func(name string, rows iter.Seq2[outbox.NewRow, error]) outbox.CampaignID {
			spec := specOf("work")
			spec.Name = name
			return start(t, b, spec, rows)
		}
		overlaps()
		old := begin("old", rowsFor(3, 1))
		time.Sleep(20 * 24 * time.Hour)
		begin("some", func(yield func(outbox.NewRow, error) bool) {
			for row := range rowsFor(5, 1) {
				if row.Number == 1 {
					row.Skip = "it is wrong"
				}
				if !yield(row, nil) {
					return
				}
			}
		})
		begin("others", rowsFor(5, 5)) // one of them is at d0.example
		overlaps("others 1", "some 4", "old 3")
		if err := b.CancelCampaign(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		overlaps("others 1", "some 4")
		time.Sleep(11 * 24 * time.Hour)
		overlaps("others 1", "some 4")
		time.Sleep(20 * 24 * time.Hour)
		overlaps()
	})
}

// Where no campaign is recent nobody pays for the addresses.
func TestOverlaps_AsksForNoAddressesInVain(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	broken := errors.New("the list is gone")
	list := func(yield func(string, error) bool) { yield("", broken) }
	if all, err := b.Overlaps(t.Context(), time.Now().Add(-time.Hour), list); all != nil || err != nil {
		t.Errorf("%v, %v", all, err)
	}
	start(t, b, specOf("work"), rowsFor(1, 1))
	if _, err := b.Overlaps(t.Context(), time.Now().Add(-time.Hour), list); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}
