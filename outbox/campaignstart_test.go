package outbox_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

func TestCampaign_SkipsWhomItMustNotWriteTo(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	suppress := func(address string) {
		if _, err := b.Suppress(t.Context(), []outbox.Suppression{{Address: address, Why: outbox.WhyUnsubscribe, At: time.Now()}}); err != nil {
			t.Fatal(err)
		}
	}
	row := func(n int, address, skip string) outbox.NewRow {
		return outbox.NewRow{Number: n, Line: n + 1, Address: address, Cells: []string{address, "x"}, Skip: skip}
	}
	suppress("before@a.example")
	rows := []outbox.NewRow{row(1, "ana@a.example", ""), row(2, "before@a.example", ""), row(3, "ana@a.example", ""), row(4, "no address", "it is not an address"),
		row(5, "after@a.example", ""), row(6, "waits@a.example", "")}
	id := start(t, b, specOf("work"), func(yield func(outbox.NewRow, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	})
	suppress("after@a.example")
	transport := &outboxtest.Transport{Script: func(recipient string, try int) outbox.Result {
		if recipient == "waits@a.example" {
			return answer(outbox.ClassTemporary, 451, "4.7.1 try again")
		}
		return outboxtest.Accepted()
	}}
	s := sender(b, transport, policies(1))
	flush(t, s)
	suppress("waits@a.example") // while it waits for its second try
	if err := b.Retry(t.Context(), campaignRows(t, b, id, "waiting")[0].Item, outbox.RetryOptions{}); err != nil {
		t.Fatal(err)
	}
	flush(t, s)
	oneCopyEach(t, transport, 1)
	if n := transport.Tries("waits@a.example"); n != 1 {
		t.Errorf("tried %d times", n)
	}
	var got []string
	for _, r := range campaignRows(t, b, id) {
		got = append(got, r.State+": "+r.Reason)
	}
	want := []string{"sent: ", "skipped: suppressed: its owner wants no more mail", "skipped: the address stands on an earlier line already",
		"skipped: it is not an address", "skipped: suppressed: its owner wants no more mail", "skipped: suppressed: its owner wants no more mail"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if c := campaign(t, b, id); c.State != outbox.CampaignDone || c.Counts.Skipped != 5 {
		t.Errorf("%+v", c)
	}
}

func TestCampaign_AnAddressMayStandTwiceWhereThatIsMeant(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	spec := specOf("work")
	spec.AllowDuplicates = true
	id := start(t, b, spec, func(yield func(outbox.NewRow, error) bool) {
		for i, child := range []string{"Kim", "Lea"} {
			yield(outbox.NewRow{Number: i + 1, Line: i + 2, Address: "parent@a.example", Cells: []string{"parent@a.example", child}}, nil)
		}
	})
	flush(t, sender(b, &outboxtest.Transport{}, policies(1)))
	rows := campaignRows(t, b, id, "sent")
	if len(rows) != 2 || rows[0].MessageID == rows[1].MessageID {
		t.Errorf("%+v", rows)
	}
}

func TestCampaign_IsThereWholeOrNotAtAll(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	broken := errors.New("the list ends here")
	_, err := b.StartCampaign(t.Context(), specOf("work"), func(yield func(outbox.NewRow, error) bool) {
		for row, err := range rowsFor(600, 1) {
			if !yield(row, err) {
				return
			}
		}
		yield(outbox.NewRow{}, broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if all, err := b.Campaigns(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	start(t, b, specOf("work"), rowsFor(3, 1))
	if _, err := b.StartCampaign(t.Context(), specOf("work"), rowsFor(3, 1)); !errors.Is(err, outbox.ErrCampaignThere) {
		t.Errorf("a second one of that name: %v", err)
	}
	transport := &outboxtest.Transport{}
	flush(t, sender(b, transport, policies(1)))
	oneCopyEach(t, transport, 3)
}

func TestCampaign_FilesAreThoseOfTheStart(t *testing.T) {
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	defer b.Close()
	path := filepath.Join(t.TempDir(), "programme.txt")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("Songs without words")
	id := start(t, b, specOf("work"), func(yield func(outbox.NewRow, error) bool) {
		for row := range rowsFor(3, 1) {
			row.Cells, row.Files = append(row.Cells, path), []string{path}
			yield(row, nil)
		}
	})
	write("Songs with words")
	transport := &outboxtest.Transport{}
	flush(t, sender(b, transport, policies(1)))
	oneCopyEach(t, transport, 3)
	text := message(t, b, campaignRows(t, b, id, "sent")[0].Item)
	if !strings.Contains(text, "filename=programme.txt") || !strings.Contains(text, "U29uZ3Mgd2l0aG91dCB3b3Jkcw==") {
		t.Errorf("%s", text)
	}
	if n := contentFiles(t, dir); n != 1 {
		t.Errorf("%d content files", n)
	}
	checkSound(t, b)
}

func TestCampaign_WithoutAFileItNeedsItStopsAndSaysSo(t *testing.T) {
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	defer b.Close()
	path := filepath.Join(t.TempDir(), "programme.txt")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	id := start(t, b, specOf("work"), func(yield func(outbox.NewRow, error) bool) {
		for row := range rowsFor(5, 1) {
			row.Cells, row.Files = append(row.Cells, path), []string{path}
			yield(row, nil)
		}
	})
	entries, err := os.ReadDir(filepath.Join(dir, "files"))
	if err != nil || len(entries) != 1 {
		t.Fatal(entries, err)
	}
	kept := filepath.Join(dir, "files", entries[0].Name())
	if err := os.Rename(kept, kept+".away"); err != nil {
		t.Fatal(err)
	}
	transport := &outboxtest.Transport{}
	s := sender(b, transport, policies(1))
	if o := flush(t, s); o.Failed != 3 {
		t.Errorf("%+v", o)
	}
	if c := campaign(t, b, id); c.State != outbox.CampaignPaused || !strings.Contains(c.Reason, "3 letters in a row cannot be made") || c.Counts.Failed != 3 || c.Counts.Ready != 2 {
		t.Errorf("%+v", c)
	}
	for _, row := range campaignRows(t, b, id, "failed") {
		if row.Item != 0 || !strings.Contains(row.Reason, "its letter cannot be made") {
			t.Errorf("%+v", row)
		}
	}
	if n, err := b.RetryCampaign(t.Context(), id, outbox.FailedRows{}); n.Letters != 3 || err != nil {
		t.Errorf("%+v, %v", n, err)
	}
	if err := errors.Join(os.Rename(kept+".away", kept), b.ResumeCampaign(t.Context(), id)); err != nil {
		t.Fatal(err)
	}
	if o := flush(t, s); o.Sent != 5 || o.Failed != 0 {
		t.Errorf("%+v", o)
	}
	oneCopyEach(t, transport, 5)
}

// What becomes letters together stands together: else each has a page of the database of its
// own, to be read and to be written.
func TestCampaign_StoresRowsInTheOrderInWhichTheyLeave(t *testing.T) {
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	defer b.Close()
	spec := specOf("work")
	spec.Canary = 3
	const rows = 300 // more than a batch
	id := start(t, b, spec, rowsFor(rows, 1))
	db, err := sql.Open("sqlite", filepath.Join(dir, "outbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	stored, err := db.Query("SELECT number FROM campaign_rows WHERE campaign = ? ORDER BY id", id)
	if err != nil {
		t.Fatal(err)
	}
	defer stored.Close()
	var numbers []int
	for stored.Next() {
		var n int
		if err := stored.Scan(&n); err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	var leaving int
	err = db.QueryRow(`SELECT count(*) FROM (SELECT id, row_number() OVER (ORDER BY position) AS nth, row_number() OVER (ORDER BY id) AS stands
		FROM campaign_rows WHERE campaign = ?) WHERE nth = stands`, id).Scan(&leaving)
	if err != nil {
		t.Fatal(err)
	}
	if len(numbers) != rows || leaving != rows || !slices.Equal(numbers[:3], []int{1, 2, 3}) || slices.IsSorted(numbers) {
		t.Errorf("%d rows, %d of them in their place, beginning with %v", len(numbers), leaving, numbers[:min(len(numbers), 5)])
	}
}
