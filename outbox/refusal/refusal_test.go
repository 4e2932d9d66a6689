package refusal

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var enhancedIn = regexp.MustCompile(`(?:^|[ (#])([45]\.\d{1,3}\.\d{1,3})(?:[ ).]|$)`)

// read takes a reply apart as outbox/smtp does.
func read(reply string) (code int, enhanced, text string) {
	code, _ = strconv.Atoi(reply[:3])
	text = reply[4:]
	if found := enhancedIn.FindStringSubmatch(text); found != nil {
		enhanced = found[1]
	}
	return code, enhanced, text
}

func TestOf_WhatServersSay(t *testing.T) {
	seen := make(map[Reason]bool)
	for _, s := range said {
		if got := Of(read(s.reply)); got != s.reason {
			t.Errorf("%s: reason %d, want %d", s.reply, got, s.reason)
		}
		seen[s.reason] = true
	}
	for reason := Unknown; reason <= Syntax; reason++ {
		if !seen[reason] {
			t.Errorf("no server says reason %d", reason)
		}
	}
}

// Servers repeat the address, and link to pages: none of that is a reason.
func TestOf_WhatStandsInAddressesAndLinksDoesNotCount(t *testing.T) {
	for _, text := range []string{
		"<throttle@example.org>: User unknown",
		"<too.many.connections@example.org>: User unknown",
		`<"daily limit"@example.org>: User unknown`,
		"spam@example.org: User unknown",
		"User unknown, see https://example.org/spam/policy?authentication=required",
		"User unknown (in reply to STARTTLS command)",
		"<starttls@example.org: User unknown",
	} {
		if got := Of(550, "", text); got != NoMailbox {
			t.Errorf("%s: reason %d", text, got)
		}
	}
}

func TestOf_SentencesAreReadApart(t *testing.T) {
	if got := Of(550, "", "Thank you for your mail. Account disabled."); got != MailboxOff {
		t.Errorf("a recipient's account: %d", got)
	}
	if got := Of(550, "", "Your account disabled"); got != AccountBlocked {
		t.Errorf("the sender's account: %d", got)
	}
}

func TestOf_CodesCountWithTheirClass(t *testing.T) {
	for _, c := range []struct {
		code     int
		enhanced string
		want     Reason
	}{
		{550, "5.1.1", NoMailbox},
		{450, "4.1.1", NoMailbox},
		{450, "5.1.1", Busy},    // of another class: the basic code alone
		{550, "4.1.1", Unknown}, //
		{550, "5.4.5", DailyLimit},
		{450, "4.4.5", Rate},
		{0, "5.1.1", NoMailbox}, // of a bounce
		{0, "", Unknown},
		{250, "2.1.1", Unknown},
		{354, "", Unknown},
		{600, "5.1.1", Unknown},
		{-7, "x", Unknown},
	} {
		if got := Of(c.code, c.enhanced, "no"); got != c.want {
			t.Errorf("%d %s: reason %d, want %d", c.code, c.enhanced, got, c.want)
		}
	}
}

// No phrase of the tables is one that nothing can match: it is in lower case,
// and has no words that are taken out of the text.
func TestTables_PhrasesCanMatch(t *testing.T) {
	for _, table := range tables {
		for _, rule := range table {
			if rule.codes == "" && rule.words == nil {
				t.Errorf("the rule for reason %d matches everything", rule.reason)
			}
			for _, phrase := range slices.Concat(rule.words, rule.also, rule.unless) {
				var text []string
				for word := range strings.FieldsSeq(phrase) {
					first, _, _ := strings.Cut(strings.Replace(word, "..", "between", 1), "|")
					text = append(text, strings.TrimSuffix(first, "*"))
				}
				if words := wordsOf(strings.Join(text, " ")); !phraseIn(words, phrase) {
					t.Errorf("%q does not match %q", phrase, words)
				}
			}
		}
	}
}

// FuzzOf holds what callers rely on for any reply at all.
func FuzzOf(f *testing.F) {
	for _, s := range said {
		code, enhanced, text := read(s.reply)
		f.Add(code, enhanced, text)
	}
	f.Add(550, "5.", "<")
	f.Add(421, "", "\xff\x1b[2J http://")
	f.Fuzz(func(t *testing.T, code int, enhanced, text string) {
		got := Of(code, enhanced, text)
		if got > Syntax {
			t.Fatalf("reason %d is not in the list", got)
		}
		if again := Of(code, enhanced, text); again != got {
			t.Errorf("%d, then %d", got, again)
		}
		if got != Unknown && code != 0 && (code < 400 || code > 599) {
			t.Errorf("%d has reason %d", code, got)
		}
	})
}

func BenchmarkOf(b *testing.B) {
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			Of(550, "5.1.1", "<ana@example.org>: Recipient address rejected: User unknown in virtual mailbox table")
		}
	})
	b.Run("unknown", func(b *testing.B) {
		for b.Loop() {
			Of(550, "", "the quick brown fox jumps over the lazy dog and says no to all of it")
		}
	})
	b.Run("longest", func(b *testing.B) {
		text := strings.Repeat("no user name ", 2000/13)
		for b.Loop() {
			Of(550, "", text)
		}
	})
}
