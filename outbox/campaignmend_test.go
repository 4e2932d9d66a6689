package outbox_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// halfSent makes an outbox with a campaign of which some letters have gone.
func halfSent(t *testing.T, dir string) *outboxtest.Transport {
	t.Helper()
	b := openCampaigns(t, dir)
	id := start(t, b, specOf("work"), rowsFor(800, 5)) // more than is made ahead while some leave
	ctx, cancel := context.WithCancel(t.Context())
	transport := &outboxtest.Transport{}
	transport.During = func(context.Context, outbox.Delivery) error {
		if n, _ := transport.Calls(); n >= 120 {
			cancel()
		}
		return nil
	}
	if err := sender(b, transport, policies(2)).Run(ctx); err != nil {
		t.Fatal(err)
	}
	if c := campaign(t, b, id); c.Counts.Sent < 100 || c.Counts.Ready < 100 {
		t.Fatalf("%+v", c.Counts)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	return transport
}

func TestRebuild_OfADamagedCampaignNobodyIsWrittenToTwice(t *testing.T) {
	dir := t.TempDir()
	before := halfSent(t, dir)
	info, err := os.Stat(databaseOf(dir))
	if err != nil {
		t.Fatal(err)
	}
	var pages []int
	for page := 0; page < int(info.Size()/4096); page += 3 {
		pages = append(pages, page)
	}
	within(t, 10*time.Second, pages, func(t *testing.T, page int) {
		dir := copyOutbox(t, dir)
		change(t, databaseOf(dir), func(data []byte) []byte { clear(data[page*4096:][:4096]); return data })
		done := rebuild(t, dir)
		b := openCampaigns(t, dir)
		defer b.Close()
		after := &outboxtest.Transport{}
		flush(t, sender(b, after, policies(2)))
		if n, _ := after.Calls(); done.Kept != "" && n > 0 {
			t.Errorf("%d letters have left, and nobody has said so", n)
		}
		all, err := b.Campaigns(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if err := b.ResumeCampaign(t.Context(), c.ID); err != nil && !errors.Is(err, outbox.ErrCampaignOver) {
				t.Fatal(err)
			}
		}
		flush(t, sender(b, after, policies(2)))
		has := make(map[string]int)
		for c, n := range before.Copies() {
			has[c.Recipient] += n
		}
		for c, n := range after.Copies() {
			if has[c.Recipient] += n; has[c.Recipient] > 1 {
				t.Errorf("%s has %d copies", c.Recipient, has[c.Recipient])
			}
		}
		checkSound(t, b)
	})
}

// The record of a campaign is lost, and its letters are there.
func TestRebuild_CountsNoCampaignThatIsLost(t *testing.T) {
	dir := t.TempDir()
	halfSent(t, dir)
	query(t, dir, "DELETE FROM campaigns WHERE id > 0")
	query(t, dir, "DROP INDEX items_due")
	if done := rebuild(t, dir); done.Kept == "" {
		t.Errorf("%+v", done)
	}
	b := openCampaigns(t, dir)
	defer b.Close()
	checkSound(t, b)
}

func TestCheck_FindsAndMendsCountsOfCampaigns(t *testing.T) {
	dir := t.TempDir()
	halfSent(t, dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, "outbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE campaign_counts SET n = n + 1 WHERE items = 0 AND state = 1"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	b := openCampaigns(t, dir)
	found, err := b.Check(t.Context(), outbox.CheckOptions{Quick: true})
	if err != nil || len(found) != 1 || found[0].Kind != outbox.WrongCounts {
		t.Errorf("%+v, %v", found, err)
	}
	b.Close()
	rebuild(t, dir)
	b = openCampaigns(t, dir)
	defer b.Close()
	if found, err := b.Check(t.Context(), outbox.CheckOptions{}); err != nil || len(found) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

// old makes content files as old as the sweep of files wants them, by the clock of
// a test whose time is not that of the disk.
func old(t *testing.T, dir string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "files", "*"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-day)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPurge_ACampaignGoesWhenNothingOfItFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		b := openCampaigns(t, dir)
		defer b.Close()
		failed := true
		s := sender(b, &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
			if recipient == "user3@d0.example" && failed {
				return answer(outbox.ClassMessage, 554, "5.6.0 malformed")
			}
			return outboxtest.Accepted()
		}}, policies(1))
		s.Retention = outbox.Retention{Content: 90 * day, Record: 700 * day}
		path := filepath.Join(t.TempDir(), "programme.txt")
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		id := start(t, b, specOf("work"), func(yield func(outbox.NewRow, error) bool) {
			for row := range rowsFor(3, 1) {
				row.Cells, row.Files = append(row.Cells, path), []string{path}
				yield(row, nil)
			}
		})
		flush(t, s)
		time.Sleep(800 * day) // virtual
		flush(t, s)
		if c := campaign(t, b, id); c.Counts.Failed != 1 || c.Counts.Sent != 2 || contentFiles(t, dir) != 1 {
			t.Errorf("%+v, %d files", c.Counts, contentFiles(t, dir))
		}
		failed = false
		old(t, dir)
		if n, err := b.RetryCampaign(t.Context(), id, outbox.FailedRows{AnyAge: true}); n.Letters != 1 || err != nil {
			t.Fatal(n, err)
		}
		flush(t, s)
		time.Sleep(100 * day)
		flush(t, s)
		if c := campaign(t, b, id); c.Counts.Sent != 3 || contentFiles(t, dir) != 0 {
			t.Errorf("%+v, %d files", c, contentFiles(t, dir))
		}
		time.Sleep(800 * day)
		flush(t, s)
		if _, err := b.CampaignByID(t.Context(), id); !errors.Is(err, outbox.ErrNoCampaign) {
			t.Errorf("%v", err)
		}
		if n, err := b.Count(t.Context(), outbox.Query{}); n != 0 || err != nil {
			t.Errorf("%d items are left, %v", n, err)
		}
	})
}
