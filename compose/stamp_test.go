package compose

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// go-message's own Message-ID is the clock and the host's name.
func TestNewStamp_TellsNothingButTheSendersDomain(t *testing.T) {
	now := time.Date(2026, 11, 23, 23, 59, 59, 999, time.FixedZone("", -5*3600))
	a, err := NewStamp("Ädä <ada@exämple.org>", now)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewStamp("Ädä <ada@exämple.org>", now)
	if err != nil {
		t.Fatal(err)
	}
	if a.MessageID == b.MessageID || a.Seed == b.Seed {
		t.Error("two stamps of the same moment are the same")
	}
	if !regexp.MustCompile(`^<[0-9a-f]{32}@xn--exmple-cua\.org>$`).MatchString(a.MessageID) {
		t.Errorf("Message-ID is %s", a.MessageID)
	}
	if host, err := os.Hostname(); err == nil && strings.Contains(a.MessageID, host) {
		t.Errorf("Message-ID %s has the host name", a.MessageID)
	}
	if want := time.Date(2026, 11, 24, 4, 59, 59, 0, time.UTC); a.Date != want {
		t.Errorf("date is %v, want %v", a.Date, want)
	}
	if err := a.check(); err != nil {
		t.Error(err)
	}
}

func TestNewStamp_NeedsASendersAddress(t *testing.T) {
	_, err := NewStamp("ada", time.Now())
	var wrong *AddressError
	if !errors.As(err, &wrong) {
		t.Errorf("error is %v", err)
	}
}

func TestStamp_SurvivesEveryKindOfSender(t *testing.T) {
	for _, from := range []string{`"a@b c"@example.org`, "a@[192.0.2.1]", "a@[IPv6:::1]", "jürgen@bücher.example", "a@localhost"} {
		s, err := NewStamp(from, testStamp.Date)
		if err != nil || s.check() != nil {
			t.Errorf("stamp of %s: %v, %v", from, err, s.check())
		}
	}
}
