package outbox_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// What stays of a deleted campaign is who must not be written to, and for a month who had
// a letter.
func TestDeleteCampaign_KeepsWhoWasReachedAndWhoWantsNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		b := openCampaigns(t, dir)
		transport := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
			if recipient == "user2@d0.example" {
				return answer(outbox.ClassRejected, 550, "5.1.1 no such user")
			}
			return outboxtest.Accepted()
		}}
		id := start(t, b, specOf("work"), rowsFor(5, 1))
		if err := b.DeleteCampaign(t.Context(), id); !errors.Is(err, outbox.ErrCampaignOpen) {
			t.Errorf("one that runs: %v", err)
		}
		other := submit(t, b, draftTo("landlord@example.org"), outbox.SubmitOptions{})
		flush(t, sender(b, transport, policies(1)))
		wish := outbox.Suppression{Address: "user3@d0.example", Why: outbox.WhyUnsubscribe, At: time.Now()}
		if _, err := b.Suppress(t.Context(), []outbox.Suppression{wish}); err != nil {
			t.Fatal(err)
		}
		if c := campaign(t, b, id); c.State != outbox.CampaignDone || c.Counts.Sent != 4 || c.Counts.Failed != 1 {
			t.Fatalf("%+v", c)
		}
		if err := b.DeleteCampaign(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if err := b.DeleteCampaign(t.Context(), id); !errors.Is(err, outbox.ErrNoCampaign) {
			t.Errorf("once more: %v", err)
		}
		if _, err := b.CampaignByID(t.Context(), id); !errors.Is(err, outbox.ErrNoCampaign) {
			t.Errorf("by its number: %v", err)
		}
		if all, err := b.Campaigns(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("%+v, %v", all, err)
		}
		items, err := b.List(t.Context(), outbox.Query{})
		if err != nil || len(items) != 1 || items[0].ID != other {
			t.Errorf("%d items are left, %v", len(items), err)
		}
		suppressed, err := b.Suppressions(t.Context())
		if err != nil || len(suppressed) != 2 { // the refused one, too
			t.Errorf("%+v, %v", suppressed, err)
		}
		checkSound(t, b)
		overlaps := func(want string) {
			t.Helper()
			got := ""
			all, err := b.Overlaps(t.Context(), time.Now().Add(-outbox.OverlapTime), addressesOf(5, 1))
			for _, o := range all {
				got += fmt.Sprintf("%s %d;", o.Campaign.Name, o.People)
			}
			if err != nil || got != want {
				t.Errorf("%q, %v; want %q", got, err, want)
			}
		}
		overlaps("concert (deleted) 4;")
		again := start(t, b, specOf("work"), rowsFor(1, 1)) // its name is free
		if err := errors.Join(b.CancelCampaign(t.Context(), again), b.DeleteCampaign(t.Context(), again)); err != nil {
			t.Error(err)
		}
		overlaps("concert (deleted) 4;")
		time.Sleep(outbox.OverlapTime + time.Hour)
		overlaps("")
		flush(t, sender(b, transport, policies(1)))
		b.Close()
		if n := rowCount(t, dir, "campaigns", "campaign_rows", "campaign_counts"); n != 0 {
			t.Errorf("%d rows are left after a month", n)
		}
	})
}

// A deletion that was broken off is ended by the next sender, and forgets nobody who was
// reached.
func TestDeleteCampaign_BrokenOffIsEndedByTheNextSender(t *testing.T) {
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	start(t, b, specOf("work"), rowsFor(1200, 3))
	flush(t, sender(b, &outboxtest.Transport{}, policies(4)))
	b.Close()
	query(t, dir, "UPDATE campaigns SET state = 6")
	query(t, dir, "DROP INDEX items_due")
	if done := rebuild(t, dir); done.Kept == "" { // nor does it come back when the outbox is mended
		t.Errorf("%+v", done)
	}
	b = openCampaigns(t, dir)
	defer b.Close()
	if all, err := b.Campaigns(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("%+v, %v", all, err)
	}
	flush(t, sender(b, &outboxtest.Transport{}, policies(4)))
	if n := rowCount(t, dir, "items"); n != 0 {
		t.Errorf("%d letters are left", n)
	}
	all, err := b.Overlaps(t.Context(), time.Now().Add(-time.Hour), addressesOf(1200, 3))
	if err != nil || len(all) != 1 || all[0].People != 1200 {
		t.Errorf("%+v, %v", all, err)
	}
	checkSound(t, b)
}

func rowCount(t *testing.T, dir string, tables ...string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "outbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range tables {
		var some int
		if err := db.QueryRow("SELECT count(*) FROM " + table).Scan(&some); err != nil {
			t.Fatal(err)
		}
		n += some
	}
	return n
}
