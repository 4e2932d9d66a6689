package ui

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
)

func TestTranscript_IsOneKeyAwayAndScrolls(t *testing.T) {
	tell(t, 80, 12, nil, func(s *story) {
		s.queue(draft("work", "reject@example.org", "Hello"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("4", "enter")
		s.See("t transcript")
		s.Keys("t")
		s.See("Transcript · Hello", "> EHLO [127.0.0.1]", "↓ more")
		s.Keys("G")
		s.See("12190 < 451 4.3.0 Error: queue file write error", "↑ more")
		s.Keys("g", "?")
		s.See("The transcript")
		s.Keys("esc", "t") // back, as esc is
		s.See("Nothing happens by itself")
	})
}

func TestTranscript_OfAttemptsOfWhichNothingIsKept(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.transport.Dialogue = ""
		s.queue(draft("work", "reject@example.org", "Hello"), outbox.SubmitOptions{})
		s.queue(draft("work", "ana@example.org", "Not yet"), outbox.SubmitOptions{Hold: true})
		s.deliver()
	}, func(s *story) {
		s.Keys("4", "enter", "t")
		s.See("work → scripted:25", "Nothing is kept of what was said.")
	})
}

// Nobody knows how safe a line was that never stood.
func TestItem_SaysNothingOfALineThatNeverStood(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.transport.Script = func(string, int) outbox.Result {
			return outbox.Result{Class: outbox.ClassNetwork, Text: "cannot reach scripted:25: connection refused"}
		}
		s.queue(draft("work", "ana@example.org", "Hello"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		s.Keys("enter")
		s.See("work → scripted:25")
		s.SeeNot("no TLS")
	})
}

// What is said stands there as it is said, and for how long nothing has come. When the
// attempt has ended what is kept takes the place of that.
func TestTranscript_GrowsAsItIsSaid(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "ana@example.org", "Photos"), outbox.SubmitOptions{})
	}, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{}), at: outbox.StepEnvelope}
		ended := half.run(s)
		defer ended()
		<-half.reached
		s.Advance(time.Second)
		s.Keys("enter")
		s.See("t transcript")
		s.Keys("t")
		s.See("Transcript of attempt 1 through work · Photos", "00:00:00  work", "under way", "       … naming the recipients")
		lines := []string{"0 * connected to mx:25", "61 < 220 \x1b[2Jhi", "61 > EHLO [127.0.0.1]"}
		half.sayLines(lines...)
		s.Advance(progressEvery)
		s.See("     0 * connected to mx:25", "    61 < 220 \ufffd[2Jhi", "    61 > EHLO [127.0.0.1]", "… naming the recipients\n")
		s.SeeNot("waiting")
		lines = append(lines, "1600 < 250 mx", "1600 > MAIL FROM:<ada@example.org>")
		half.sayLines(lines...)
		s.Advance(progressEvery)
		s.See("  1600 > MAIL FROM:<ada@example.org>")
		s.Advance(12*time.Second + 600*time.Millisecond)
		s.See("… naming the recipients · waiting for the server's answer for 12 s")
		before := s.Screen()
		half.dialogue = strings.Join(append(lines, "14000 < 250 the last word"), "\n")
		close(half.goOn)
		s.Advance(time.Second)
		s.See(" 14000 < 250 the last word", "Transcript · Photos", "work → halfway:25")
		s.SeeNot("waiting", "under way")
		if was, is := row(before, "MAIL FROM"), row(s.Screen(), "MAIL FROM"); was != is {
			s.t.Errorf("it jumps from row %d to %d:\n%s\n%s", was, is, before, s.Screen())
		}
	})
}

// row is where on a screen a text stands.
func row(screen, text string) int {
	before, _, found := strings.Cut(screen, text)
	if !found {
		return -1
	}
	return strings.Count(before, "\n")
}

// linesSaid are so many lines of a dialogue.
func linesSaid(n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf("%d < 250-line %d.", i, i))
	}
	return lines
}

// The end of what is said stays on the screen, unless the person scrolls up; the end is
// first that of the attempt that goes on, and below it stand the older ones.
func TestTranscript_StaysAtTheEndOfWhatIsSaid(t *testing.T) {
	tell(t, 80, 12, nil, func(s *story) {
		s.queue(draft("work", "defer@example.net", "Photos"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{}), at: outbox.StepEnvelope}
		ended := half.run(s)
		defer ended()
		s.Keys("enter", "t")
		s.See("Transcript · Photos", "00:00:00  work → scripted:25")
		s.SeeNot("under way")
		s.Advance(2 * time.Minute) // it is tried again meanwhile
		s.See("Transcript of attempt 2 through work · Photos", "under way", "What is said stands here when it has ended.", "00:00:00  work → scripted:25")
		grow := func(n int) {
			half.sayLines(linesSaid(n)...)
			s.Advance(2 * progressEvery)
		}
		grow(20)
		s.See("line 19.", "… naming the recipients", "↑↓ more")
		s.SeeNot("line 5.", "scripted")
		grow(30)
		s.See("line 29.")
		s.Keys("k", "k", "k")
		at := row(s.Screen(), "line 25.")
		grow(40)
		s.See("↑↓ more")
		s.SeeNot("line 35.")
		if is := row(s.Screen(), "line 25."); is != at || at < 0 {
			s.t.Errorf("what is read has moved from row %d to %d", at, is)
		}
		s.See("G follow")
		s.Keys("G") // to the end, and on with it
		s.See("line 39.", "… naming the recipients")
		s.SeeNot("follow")
		grow(41)
		s.See("line 40.")
		s.Keys("G") // and once more
		s.See("12190 < 451 4.3.0 Error: queue file write error")
		s.Keys("G")
		s.See("line 40.")
		s.Keys("g")
		s.See("line 0.", "under way")
		grow(50)
		s.See("line 0.", "under way")
		s.Keys("G")
		half.dialogue = strings.Join(linesSaid(52), "\n")
		close(half.goOn)
		s.Advance(time.Second)
		s.See("Transcript · Photos", "line 51.")
		s.SeeNot("scripted")
	})
}

// Who reads an older attempt while another goes on stays there, whatever becomes of it.
func TestTranscript_LeavesWhatIsReadInItsPlace(t *testing.T) {
	tell(t, 80, 12, nil, func(s *story) {
		s.queue(draft("work", "defer@example.net", "Photos"), outbox.SubmitOptions{})
		s.deliver()
	}, func(s *story) {
		half := &halfway{reached: make(chan struct{}), goOn: make(chan struct{}), dialogue: "0 * connected\n9 < 220 one\n10 > EHLO\n11 < 250 two\n12 < 250 2.0.0 the last word"}
		ended := half.run(s)
		defer ended()
		s.Keys("enter", "t")
		s.Advance(2 * time.Minute) // it is tried again meanwhile
		s.See("… sending, ", "50 % · the server has taken nothing for ")
		s.Keys("pgdown")
		s.SeeNot("sending")
		before := strings.Split(s.Screen(), "\n")[2]
		half.sayLines("0 * connected", "9 < 220 one")
		s.Advance(time.Second)
		close(half.goOn)
		s.Advance(time.Second)
		if after := strings.Split(s.Screen(), "\n")[2]; after != before || after == "" {
			s.t.Errorf("what is read has moved: %q, before %q", after, before)
		}
		s.Keys("g")
		s.See("work → halfway:25", "12 < 250 2.0.0 the last word")
		s.SeeNot("under way")
	})
}

func TestWithLive_BelievesTheStoreWhereItKnowsMore(t *testing.T) {
	at := time.Unix(1000, 0)
	first := outbox.Attempt{Number: 1, Account: "work", Started: at, Finished: at.Add(1), Dialogue: "kept"}
	second := outbox.Attempt{Number: 2, Account: "work", Started: at}
	live := outbox.Progress{Number: 2, Account: "work", Started: at, Dialogue: "said"}
	said, over := second, second
	said.Dialogue, over.Finished = "said", at.Add(1)
	for _, c := range []struct {
		name           string
		attempts, want []outbox.Attempt
		live           outbox.Progress
	}{
		{"nothing", nil, nil, outbox.Progress{}},
		{"none was seen", []outbox.Attempt{first, second}, []outbox.Attempt{second, first}, outbox.Progress{}},
		{"it goes on", []outbox.Attempt{first, second}, []outbox.Attempt{said, first}, live},
		{"nothing was said yet", []outbox.Attempt{said}, []outbox.Attempt{said}, outbox.Progress{Number: 2}},
		{"it has begun just now", []outbox.Attempt{first}, []outbox.Attempt{said, first}, live},
		{"it is the first", nil, []outbox.Attempt{{Number: 2, Account: "work", Started: at, Dialogue: "said"}}, live},
		{"it has ended", []outbox.Attempt{first, over}, []outbox.Attempt{over, first}, live},
		{"there is a newer one", []outbox.Attempt{second}, []outbox.Attempt{second}, outbox.Progress{Number: 1, Dialogue: "said"}},
	} {
		if got := withLive(c.attempts, c.live); !slices.EqualFunc(got, c.want, func(a, b outbox.Attempt) bool { return reflect.DeepEqual(a, b) }) {
			t.Errorf("%s: %+v, not %+v", c.name, got, c.want)
		}
	}
}

func TestSilence_BeginsWithWhatCameLast(t *testing.T) {
	begun := time.Unix(1000, 0)
	now := begun.Add(20 * time.Second)
	for said, want := range map[string]time.Duration{
		"": 15 * time.Second, "0 * connected": 15 * time.Second, "0 * connected\n8000 < 220": 12 * time.Second,
		"99000 < 220 its clock": 0, "what\nis this": 15 * time.Second,
	} {
		if got := silence(outbox.Progress{Started: begun, Since: begun.Add(5 * time.Second), Dialogue: said}, now); got != want {
			t.Errorf("%q: %v, not %v", said, got, want)
		}
	}
}

func TestStandingWords_SayWhatIsWaitedFor(t *testing.T) {
	for _, c := range []struct {
		g      outbox.Progress
		speed  string
		silent time.Duration
		want   string
	}{
		{outbox.Progress{Step: outbox.StepConnect}, "", time.Second, "connecting"},
		{outbox.Progress{Step: outbox.StepConnect}, "", silentFrom, "connecting for 3 s"},
		{outbox.Progress{Step: outbox.StepPace}, "", 5900 * time.Millisecond, "waiting for its turn to connect for 5 s"},
		{outbox.Progress{Step: outbox.StepLogin}, "", 12 * time.Second, "logging in · waiting for the server's answer for 12 s"},
		{outbox.Progress{Step: outbox.StepDot}, "", time.Second, "waiting for the server's word"},
		{outbox.Progress{Step: outbox.StepDot}, "", 5 * time.Minute, "waiting for the server's answer for 5 min"},
		{outbox.Progress{Step: outbox.StepBody, Done: 5, Total: 10}, "", time.Second, "sending, 5 B of 10 B, 50 %"},
		{outbox.Progress{Step: outbox.StepBody, Done: 5, Total: 10}, "1 B/s · 5 s left", time.Second, "sending, 5 B of 10 B, 50 % · 1 B/s · 5 s left"},
		{outbox.Progress{Step: outbox.StepBody, Done: 5, Total: 10}, "1 B/s · 5 s left", 4 * time.Second, "sending, 5 B of 10 B, 50 % · the server has taken nothing for 4 s"},
	} {
		if got := standingWords(c.g, c.speed, c.silent); got != c.want {
			t.Errorf("%q, not %q", got, c.want)
		}
	}
}

func TestLayout_KeepsWhatStandsOnTop(t *testing.T) {
	passages := func(sizes ...int) (all []passage) { // of attempts whose numbers go down to 1
		for i, n := range sizes {
			all = append(all, passage{len(sizes) - i, make([]string, n)})
		}
		return all
	}
	_, before := lay(passages(10, 20))
	_, grown := lay(passages(14, 20))
	_, newer := lay(passages(3, 10, 20))
	_, gone := lay(passages(5)) // attempt 1 alone
	for _, c := range []struct {
		in        layout
		top, want int
	}{
		{grown, 0, 0}, {grown, 4, 4}, {grown, 9, 9}, {grown, 10, 14}, {grown, 29, 33},
		{newer, 0, 3}, {newer, 9, 12}, {newer, 10, 13}, {gone, 12, 2}, {gone, 9, 4}, {layout{}, 7, 0},
	} {
		if got := before.keep(c.top, c.in); got != c.want {
			t.Errorf("%d becomes %d, not %d, in %+v", c.top, got, c.want, c.in)
		}
	}
	for height, want := range map[int]int{4: 6, 10: 0, 30: 0} {
		if got := before.home(height); got != want {
			t.Errorf("home is %d, not %d, at %d", got, want, height)
		}
	}
}

// Before there was an attempt the key means nothing.
func TestTranscript_OfWhatWasNotTried(t *testing.T) {
	tell(t, 80, 24, nil, func(s *story) {
		s.queue(draft("work", "ana@example.org", "Not yet"), outbox.SubmitOptions{Hold: true})
	}, func(s *story) {
		s.Keys("enter")
		s.SeeNot("transcript")
		s.Keys("t")
		s.See("none yet")
	})
}
