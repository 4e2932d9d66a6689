package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// render makes letters of rows with an address, a name, and the path of a file or
// nothing. What is frozen is the subject.
func render(_ string, frozen []byte) (outbox.Letters, error) {
	return func(_, line int, cells []string) (compose.Draft, error) {
		if cells[1] == "unmakeable" {
			return compose.Draft{}, fmt.Errorf("there is no letter for line %d", line)
		}
		d := compose.Draft{To: cells[0], Subject: string(frozen) + " " + cells[1], Body: "Dear " + cells[1] + "\n", Style: compose.StylePlain}
		if len(cells) > 2 && cells[2] != "" {
			d.Attachments = []compose.Attachment{{Path: cells[2]}}
		}
		return d, nil
	}, nil
}

// openCampaigns opens an outbox that can make letters.
func openCampaigns(t testing.TB, dir string) *outbox.Outbox {
	t.Helper()
	b, err := outbox.Open(context.Background(), outbox.Options{Dir: dir, State: dir, Render: render})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rowsFor are rows for a number of people at some domains.
func rowsFor(n, domains int) iter.Seq2[outbox.NewRow, error] {
	return func(yield func(outbox.NewRow, error) bool) {
		for i := range n {
			address := fmt.Sprintf("user%d@d%d.example", i+1, i*domains/n)
			if !yield(outbox.NewRow{Number: i + 1, Line: i + 2, Address: address, Cells: []string{address, fmt.Sprintf("User %d", i+1)}}, nil) {
				return
			}
		}
	}
}

func specOf(accounts ...string) outbox.CampaignSpec {
	spec := outbox.CampaignSpec{Name: "concert", Frozen: []byte("Your seat"), Columns: []string{"email", "name", "file"}}
	for _, a := range accounts {
		spec.Accounts = append(spec.Accounts, outbox.CampaignAccount{Account: a, From: "Ada <ada@" + a + ".example>"})
	}
	return spec
}

func start(t testing.TB, b *outbox.Outbox, spec outbox.CampaignSpec, rows iter.Seq2[outbox.NewRow, error]) outbox.CampaignID {
	t.Helper()
	id, err := b.StartCampaign(context.Background(), spec, rows)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func campaign(t testing.TB, b *outbox.Outbox, id outbox.CampaignID) outbox.Campaign {
	t.Helper()
	c, err := b.CampaignByID(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	if n := c.Counts; n.Ready+n.Waiting+n.Sending+n.Sent+n.Failed+n.Uncertain+n.Skipped+n.Cancelled != n.Rows {
		t.Errorf("the counts do not add up: %+v", n)
	}
	return c
}

func campaignRows(t testing.TB, b *outbox.Outbox, id outbox.CampaignID, states ...string) []outbox.CampaignRow {
	t.Helper()
	rows, err := b.CampaignRows(context.Background(), id, outbox.RowQuery{States: states})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// oneCopyEach proves that so many people have exactly one copy each.
func oneCopyEach(t testing.TB, transport *outboxtest.Transport, want int) {
	t.Helper()
	seen := make(map[string]int)
	for c, n := range transport.Copies() {
		seen[c.Recipient] += n
	}
	for address, n := range seen {
		if n != 1 {
			t.Errorf("%s has %d copies", address, n)
		}
	}
	if len(seen) != want {
		t.Errorf("%d people have a copy, want %d", len(seen), want)
	}
}

func TestCampaignPages_BeginWhereThePagesOfRowsDo(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id := start(t, b, specOf("work"), rowsFor(700, 10))
	flush(t, sender(b, &outboxtest.Transport{}, policies(4)))
	for _, test := range []struct {
		query outbox.RowQuery
		want  []int
	}{
		{outbox.RowQuery{Limit: 200}, []int{0, 200, 400, 600}},
		{outbox.RowQuery{Limit: 350}, []int{0, 350}},
		{outbox.RowQuery{Limit: 700, States: []string{"sent"}}, []int{0}},
		{outbox.RowQuery{Limit: 100, After: 450, States: []string{"failed", "sent"}}, []int{450, 550, 650}},
		{outbox.RowQuery{Limit: 100, States: []string{"skipped"}}, []int{0}},
		{outbox.RowQuery{}, []int{0}},
	} {
		got, err := b.CampaignPages(t.Context(), id, test.query)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%+v: %v, %v; want %v", test.query, got, err, test.want)
		}
	}
}

func TestCampaign_EveryRowGetsItsLetterOnce(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id := start(t, b, specOf("work"), rowsFor(700, 10))
	transport := &outboxtest.Transport{}
	o := flush(t, sender(b, transport, policies(4)))
	oneCopyEach(t, transport, 700)
	c := campaign(t, b, id)
	if o.Sent != 700 || o.Waiting != 0 || c.State != outbox.CampaignDone || c.Counts.Sent != 700 || c.Finished.IsZero() {
		t.Errorf("%+v, %+v", o, c)
	}
	rows := campaignRows(t, b, id)
	if len(rows) != 700 || rows[4].Address != "user5@d0.example" || rows[4].State != "sent" || rows[4].Recipient.Code != 250 || rows[4].Account != "work" {
		t.Fatalf("%d rows, %+v", len(rows), rows[4])
	}
	item := get(t, b, rows[4].Item)
	if item.Campaign != "concert" || item.MessageID != rows[4].MessageID || item.From != "Ada <ada@work.example>" || item.Subject != "Your seat User 5" {
		t.Errorf("%+v", item)
	}
	// What was sent has no bytes, and can be made again.
	text := message(t, b, item.ID)
	if int64(len(text)) != item.Size || !strings.Contains(text, "Dear User 5\r\n") || !strings.Contains(text, item.MessageID) {
		t.Errorf("%d octets, not %d: %s", len(text), item.Size, text)
	}
	if text != message(t, b, item.ID) {
		t.Error("the second time it is something else")
	}
	items, err := b.List(t.Context(), outbox.Query{Campaign: id, States: []outbox.State{outbox.StateSent}})
	if err != nil || len(items) != 700 {
		t.Errorf("%d items of the campaign, %v", len(items), err)
	}
	checkSound(t, b)
}

func TestCampaign_APauseHoldsAtOnceWhatIsNotOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openCampaigns(t, t.TempDir())
		defer b.Close()
		id := start(t, b, specOf("work"), rowsFor(300, 3))
		var atPause int
		transport := &outboxtest.Transport{}
		transport.During = func(context.Context, outbox.Delivery) error {
			time.Sleep(time.Second)
			return nil
		}
		s := sender(b, transport, policies(2))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		time.Sleep(20*time.Second + time.Millisecond)
		if err := b.PauseCampaign(t.Context(), id, "by hand"); err != nil {
			t.Fatal(err)
		}
		atPause = campaign(t, b, id).Counts.Sent
		time.Sleep(time.Minute)
		c := campaign(t, b, id)
		if n := c.Counts.Sent - atPause; n > 6 || atPause == 0 { // on the wire, and one behind each
			t.Errorf("%d have left after the pause, %d before", n, atPause)
		}
		if c.State != outbox.CampaignPaused || c.Reason != "by hand" || c.Counts.Sending != 0 {
			t.Errorf("%+v", c)
		}
		held, err := b.Count(t.Context(), outbox.Query{States: []outbox.State{outbox.StateHeld}})
		if err != nil || held == 0 || held != c.Counts.Waiting {
			t.Errorf("%d are held, %v: %+v", held, err, c.Counts)
		}
		if err := b.ResumeCampaign(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		if c := campaign(t, b, id); c.State != outbox.CampaignDone || c.Counts.Sent != 300 {
			t.Errorf("%+v", c)
		}
		oneCopyEach(t, transport, 300)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestCampaign_WhatIsPutBackDuringAPauseWaitsForItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openCampaigns(t, t.TempDir())
		defer b.Close()
		id := start(t, b, specOf("work"), rowsFor(1, 1))
		transport := &outboxtest.Transport{Script: func(_ string, try int) outbox.Result {
			if try == 1 {
				if err := b.PauseCampaign(context.Background(), id, "by hand"); err != nil {
					t.Error(err)
				}
				return answer(outbox.ClassTemporary, 451, "4.7.1 try again")
			}
			return outboxtest.Accepted()
		}}
		s := sender(b, transport, policies(1))
		runFor(t, s, time.Hour)
		if c := campaign(t, b, id); c.Counts.Waiting != 1 || transport.Tries("user1@d0.example") != 1 {
			t.Errorf("%+v after %d tries", c.Counts, transport.Tries("user1@d0.example"))
		}
		if err := b.ResumeCampaign(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		runFor(t, s, time.Hour)
		if c := campaign(t, b, id); c.State != outbox.CampaignDone || c.Counts.Sent != 1 {
			t.Errorf("%+v", c)
		}
	})
}

func TestCampaign_CancelledNothingMoreLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openCampaigns(t, t.TempDir())
		defer b.Close()
		id := start(t, b, specOf("work"), rowsFor(300, 3))
		transport := &outboxtest.Transport{}
		transport.During = func(context.Context, outbox.Delivery) error {
			time.Sleep(time.Second)
			return nil
		}
		s := sender(b, transport, policies(2))
		runFor(t, s, 20*time.Second)
		if err := b.CancelCampaign(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		before := campaign(t, b, id)
		runFor(t, s, 10*time.Minute)
		c := campaign(t, b, id)
		if c.State != outbox.CampaignCancelled || c.Counts.Sent != before.Counts.Sent || c.Counts.Sent == 0 || c.Counts.Open() != 0 {
			t.Errorf("%+v, before %+v", c.Counts, before.Counts)
		}
		if n := len(campaignRows(t, b, id, "cancelled")); n != c.Counts.Cancelled || n+c.Counts.Sent != 300 {
			t.Errorf("%d rows are cancelled: %+v", n, c.Counts)
		}
		if err := b.ResumeCampaign(t.Context(), id); !errors.Is(err, outbox.ErrCampaignOver) {
			t.Errorf("resumed: %v", err)
		}
	})
}

func TestCampaign_RetriesThoseThatFailedAndSettlesDoubt(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id := start(t, b, specOf("work"), rowsFor(5, 1))
	well := false
	transport := &outboxtest.Transport{Script: func(recipient string, _ int) outbox.Result {
		switch {
		case well:
		case recipient == "user1@d0.example":
			return answer(outbox.ClassRejected, 550, "5.7.1 not you")
		case recipient == "user2@d0.example":
			return answer(outbox.ClassMessage, 554, "5.6.0 malformed")
		case recipient == "user3@d0.example" || recipient == "user4@d0.example":
			return outbox.Result{Class: outbox.ClassUncertain, Text: "the line was cut"}
		}
		return outboxtest.Accepted()
	}}
	s := sender(b, transport, policies(1))
	flush(t, s)
	if c := campaign(t, b, id); c.State != outbox.CampaignDone || c.Counts.Failed != 2 || c.Counts.Uncertain != 2 || c.Counts.Sent != 1 {
		t.Fatalf("%+v", c)
	}
	well = true
	for _, step := range []struct {
		do   func() (outbox.Again, error)
		want outbox.CampaignCounts
	}{
		{func() (outbox.Again, error) {
			return b.RetryCampaign(t.Context(), id, outbox.FailedRows{Classes: []outbox.Class{outbox.ClassMessage}})
		}, outbox.CampaignCounts{Rows: 5, Sent: 2, Failed: 1, Uncertain: 2}},
		{func() (outbox.Again, error) {
			return b.RetryCampaign(t.Context(), id, outbox.FailedRows{Codes: []int{550}})
		},
			outbox.CampaignCounts{Rows: 5, Sent: 3, Uncertain: 2}},
	} {
		if n, err := step.do(); n.Letters != 1 || n.Old != 0 || err != nil {
			t.Fatalf("%+v, %v", n, err)
		}
		flush(t, s)
		if c := campaign(t, b, id); c.Counts != step.want || c.State != outbox.CampaignDone {
			t.Errorf("%+v", c)
		}
	}
	if err := b.MarkSent(t.Context(), campaignRows(t, b, id, "uncertain")[0].Item); err != nil {
		t.Fatal(err)
	}
	if n, err := b.ResendUncertain(t.Context(), id, outbox.UncertainRows{}); n.Letters != 1 || err != nil {
		t.Fatalf("%+v, %v", n, err)
	}
	flush(t, s)
	if c := campaign(t, b, id); c.Counts.Sent != 5 {
		t.Errorf("%+v", c)
	}
	if n, err := b.MarkUncertainSent(t.Context(), id); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

func TestCampaign_AParkedAccountKeepsNoRowsFromAnother(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	id := start(t, b, specOf("home", "work"), rowsFor(300, 10))
	down := &downAccount{account: "home", down: answer(outbox.ClassCredentials, 535, "5.7.8 no"), sent: make(map[outbox.ID]string)}
	s := sender(b, down, func() []outbox.Policy {
		return []outbox.Policy{{Account: "home", Connections: 2, Revision: "1"}, {Account: "work", Connections: 2, Revision: "1"}}
	})
	o := flush(t, s)
	c := campaign(t, b, id)
	// One was tried there, and keeps to its account; those behind it do not.
	if c.Counts.Ready != 0 || c.Counts.Waiting != 1 || c.Counts.Sent != 299 || o.Waiting != 1 {
		t.Errorf("%+v, %+v", o, c.Counts)
	}
	for _, row := range campaignRows(t, b, id, "waiting") {
		if row.Account != "home" {
			t.Errorf("%+v", row)
		}
	}
}

func TestCampaign_WhatAPersonWritesGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := openCampaigns(t, t.TempDir())
		defer b.Close()
		start(t, b, specOf("work"), rowsFor(40, 3))
		var order []string
		transport := &outboxtest.Transport{During: func(_ context.Context, d outbox.Delivery) error {
			if len(order) == 5 {
				submit(t, b, draftTo("landlord@example.org"), outbox.SubmitOptions{})
			}
			order = append(order, d.Recipients[0])
			return nil
		}}
		flush(t, sender(b, transport, policies(1)))
		if at := slices.Index(order, "landlord@example.org"); at != 6 || len(order) != 41 {
			t.Errorf("the landlord is number %d of %d", at, len(order))
		}
	})
}

func TestCampaign_NoDomainGetsItsRowsInARow(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	start(t, b, specOf("work"), rowsFor(600, 6)) // sorted by domain
	longest, row, last := 0, 0, ""
	transport := &outboxtest.Transport{During: func(_ context.Context, d outbox.Delivery) error {
		_, domain, _ := strings.Cut(d.Recipients[0], "@")
		if domain != last {
			row, last = 0, domain
		}
		row++
		longest = max(longest, row)
		return nil
	}}
	flush(t, sender(b, transport, policies(1)))
	if longest > 10 {
		t.Errorf("%d letters to one domain in a row", longest)
	}
}

func TestCampaignRows_AreFoundByWhatStandsInThem(t *testing.T) {
	b := openCampaigns(t, t.TempDir())
	defer b.Close()
	names := []string{"Ana", `Bob "the Bass" <bob>`, "Zoë", `back\slash`}
	id := start(t, b, specOf("work"), func(yield func(outbox.NewRow, error) bool) {
		for i, name := range names {
			address := fmt.Sprintf("user%d@d%d.example", i+1, i)
			if !yield(outbox.NewRow{Number: i + 1, Line: i + 2, Address: address, Cells: []string{address, name}}, nil) {
				return
			}
		}
	})
	for text, want := range map[string][]int{
		"": {1, 2, 3, 4}, "USER2@d1": {2}, "d1.example": {2}, ".example": {1, 2, 3, 4}, "ana": {1}, `"the bass"`: {2}, "<bob>": {2}, "zoë": {3}, `k\s`: {4}, "%": nil, "nobody": nil,
		"example user3": {3}, "-user3 -user4": {1, 2}, "to:user2": {2}, "email:USER2": {2}, "to:ana": nil, "name:ana": {1}, "NAME:user": nil, "-name:ana": {2, 3, 4}, `name:"the bass"`: {2},
		"state:ready": {1, 2, 3, 4}, "state:not begun": {1, 2, 3, 4}, "state:no": {1, 2, 3, 4}, "state:not be": {1, 2, 3, 4}, "state:not begun user2": {2}, "-state:not-begun": nil, "state:sent": nil, "state:nonsense": nil,
	} {
		rows, err := b.CampaignRows(t.Context(), id, outbox.RowQuery{Search: text})
		var got []int
		for _, r := range rows {
			got = append(got, r.Number)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
		if n, err := b.CountCampaignRows(t.Context(), id, outbox.RowQuery{Search: text, Limit: 1}); err != nil || n != len(want) {
			t.Errorf("%q: %d are counted, %v", text, n, err)
		}
		if pages, err := b.CampaignPages(t.Context(), id, outbox.RowQuery{Search: text, Limit: 1}); err != nil || len(pages) != max(len(want), 1) {
			t.Errorf("%q: %v, %v", text, pages, err)
		}
	}
}
