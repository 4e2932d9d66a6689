package outbox

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// goingOn is an attempt of that number, for an item of its own, with what was said in it.
func goingOn(attempt int64, started time.Time, said string) going {
	return going{Progress: Progress{Item: ID(attempt), Attempt: attempt, Started: started}, live: Live{Said: func() string { return said }}}
}

// withDialogues are the attempts in what is published that have what was said.
func withDialogues(all []Progress) (attempts []int64) {
	for _, p := range all {
		if p.Dialogue != "" {
			attempts = append(attempts, p.Attempt)
		}
	}
	return attempts
}

func TestPublished_HasTheDialoguesOfWhatTakesItsTime(t *testing.T) {
	now := time.Unix(1000, 0)
	all := []going{
		goingOn(1, now.Add(-saidAfter), "0 * connected"), goingOn(2, now.Add(-saidAfter+1), "0 * connected"), goingOn(3, now.Add(-time.Hour), ""),
		{Progress: Progress{Item: 4, Attempt: 4, Started: now.Add(-time.Hour)}}, goingOn(5, now.Add(-time.Hour), "0 < 220 \x1b[2Jhi\n"),
	}
	got := published(all, now)
	if want := []int64{1, 5}; len(got) != len(all) || !slices.Equal(withDialogues(got), want) {
		t.Errorf("%+v", got)
	}
	if got[4].Dialogue != "0 < 220 \ufffd[2Jhi" {
		t.Errorf("%q is not clean", got[4].Dialogue)
	}
}

// What other processes read has a bound whatever is said, and what is longest under way
// is told before the others.
func TestPublished_IsBounded(t *testing.T) {
	now := time.Unix(1000, 0)
	line := "1 < 250 \"\\\u2028" + strings.Repeat("\"", 53) + "\n" // which JSON makes the most of
	for _, said := range []string{strings.Repeat(line, 1000), strings.Repeat("x\n", MaxDialogue), strings.Repeat("<&>\n", MaxDialogue), "\x00\xff"} {
		var all []going
		for i := range int64(200) {
			all = append(all, goingOn(i+1, now.Add(-time.Minute-time.Duration(i)*time.Second), said)) // the last is the oldest
		}
		got := published(all, now)
		var size int
		for _, p := range got {
			size += len(p.Dialogue)
		}
		if len(got) != len(all) || size > mostSaid || !slices.IsSortedFunc(got, func(a, b Progress) int { return int(a.Item - b.Item) }) {
			t.Errorf("%.20q: %d attempts, %d bytes", said, len(got), size)
		}
		if with := withDialogues(got); len(with) < 200 && (len(with) < mostSaid/MaxDialogue || with[len(with)-1] != 200) {
			t.Errorf("%.20q: only %v have it", said, with)
		}
		if data, err := encodeProgress(got); err != nil || len(data) > maxProgress {
			t.Errorf("%.20q: %d bytes, %v", said, len(data), err)
		}
	}
}

// Who shows what goes out reads a file of another version of the program, too.
func TestProgress_AsItIsWritten(t *testing.T) {
	at := time.Date(2026, 5, 12, 9, 30, 0, 0, time.UTC)
	p := Progress{Item: 7, Attempt: 9, Account: "work", Step: StepBody, Done: 10, Total: 20, Started: at, Since: at.Add(time.Second), Dialogue: "0 < 220 <hi>",
		Recipients: []Known{{Address: "ana@example.org", Taken: true}, {Address: "bob@example.org", Result: Result{Class: ClassRejected, Code: 550, Text: "unknown"}}}}
	data, err := encodeProgress([]Progress{p, {Item: 8}})
	const want = `[{"item":"a7","attempt":9,"account":"work","step":"sending","done":10,"total":20,"started":"2026-05-12T09:30:00Z","since":"2026-05-12T09:30:01Z","dialogue":"0 < 220 <hi>",` +
		`"recipients":[{"address":"ana@example.org","taken":true},{"address":"bob@example.org","result":{"Class":7,"Code":550,"Enhanced":"","Text":"unknown","Limit":0}}]},` +
		`{"item":"a8","attempt":0,"account":"","step":"","done":0,"total":0,"started":"0001-01-01T00:00:00Z","since":"0001-01-01T00:00:00Z"}]` + "\n"
	if err != nil || string(data) != want {
		t.Errorf("%s, %v", data, err)
	}
	var back []Progress
	if err := json.Unmarshal(data, &back); err != nil || len(back) != 2 || !reflect.DeepEqual(back[0], p) {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestTracker_KnowsSinceWhenNothingHasMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newTracker("")
		begun := time.Now()
		k.begin(&job{item: 3, attempt: 5, size: 100, policy: Policy{Account: "work"}}, begun)
		for _, c := range []struct {
			step  Step
			done  int64
			since time.Duration
		}{
			{StepConnect, 0, 0}, {StepEnvelope, 0, time.Second}, {StepEnvelope, 0, time.Second}, {StepBody, 0, 3 * time.Second}, {StepBody, 64, 4 * time.Second}, {StepBody, 64, 4 * time.Second},
		} {
			k.update(5, c.step, c.done)
			if p, ok := k.following(3); !ok || p.Step != c.step || p.Done != c.done || p.Since.Sub(begun) != c.since {
				t.Errorf("%+v: %+v", c, p)
			}
			time.Sleep(time.Second)
		}
	})
}

// Nobody is asked what was said but for the item that is looked at, and not under the
// lock that deliveries need.
func TestTracker_AsksForOneDialogueAlone(t *testing.T) {
	k := newTracker("")
	asked := make(map[int64]int)
	for i := range int64(4) {
		k.begin(&job{item: ID(1 + i/2), attempt: i + 1}, time.Now()) // two each
		k.follow(i+1, Live{Said: func() string {
			asked[i+1]++
			k.update(i+1, StepDot, 0)
			return fmt.Sprint("0 * attempt ", i+1)
		}})
	}
	k.follow(77, Live{}) // is over
	if p, ok := k.following(1); !ok || p.Attempt != 2 || p.Dialogue != "0 * attempt 2" || len(asked) != 1 {
		t.Errorf("%+v %v, asked %v", p, ok, asked)
	}
	if all := k.snapshot(); len(all) != 4 || len(withDialogues(all)) != 0 || len(asked) != 1 {
		t.Errorf("%+v, asked %v", all, asked)
	}
	k.end(2)
	if p, ok := k.following(1); !ok || p.Attempt != 1 {
		t.Errorf("%+v %v", p, ok)
	}
	if _, ok := k.following(9); ok {
		t.Error("there is none")
	}
}

// BenchmarkTracker is what a message costs the tracker while nobody looks.
func BenchmarkTracker(b *testing.B) {
	k := newTracker("")
	j := &job{item: 3, policy: Policy{Account: "work"}}
	said := func() string { return "" }
	for b.Loop() {
		j.attempt++
		k.begin(j, time.Now())
		k.follow(j.attempt, Live{Said: said})
		for _, step := range []Step{StepEnvelope, StepBody, StepDot} {
			k.update(j.attempt, step, 0)
		}
		k.end(j.attempt)
	}
}
