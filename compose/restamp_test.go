package compose

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A restamped message is, byte for byte, the one that Build makes with the other
// Message-ID and Date.
func TestRestamp_IsWhatBuildMakes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.bin")
	if err := os.WriteFile(path, bytes.Repeat([]byte("Date: not a header\r\n"), 20_000), 0o600); err != nil {
		t.Fatal(err)
	}
	old, err := NewStamp("ada@example.org", time.Date(2026, 11, 3, 9, 5, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	fresh := old
	fresh.MessageID, fresh.Date = "<other@example.org>", time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC)
	for name, d := range map[string]Draft{
		"plain":           {From: "ada@example.org", To: "ana@example.org", Subject: "Date: x", Body: "Date: y\nMessage-ID: z\n"},
		"folded":          {From: "ada@example.org", To: strings.Repeat("ana.with.a.long.name@example.org, ", 40), Subject: strings.Repeat("Grüße ", 60), Body: "b"},
		"with attachment": {From: "ada@example.org", To: "ana@example.org", Body: "b", Attachments: []Attachment{{Path: path}}},
	} {
		var before, want, got bytes.Buffer
		if _, err := Build(&before, d, old); err != nil {
			t.Fatal(err)
		}
		if _, err := Build(&want, d, fresh); err != nil {
			t.Fatal(err)
		}
		if err := Restamp(&got, &before, fresh); err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%s: %v\n%.300q\nwant\n%.300q", name, err, got.Bytes(), want.Bytes())
		}
	}
}

func TestRestamp_RefusesWhatIsNoMessage(t *testing.T) {
	s, err := NewStamp("ada@example.org", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"", "Subject: x\r\n", "Subject: x", strings.Repeat("a", 100_000)} {
		if err := Restamp(&bytes.Buffer{}, strings.NewReader(text), s); err == nil {
			t.Errorf("%.20q was taken", text)
		}
	}
}

func TestRestamp_KeepsTheZone(t *testing.T) {
	d := plainDraft()
	d.Zone = -210
	raw, _ := build(t, d)
	var b bytes.Buffer
	again := testStamp
	again.Date = again.Date.Add(time.Hour)
	if err := Restamp(&b, bytes.NewReader(raw), again); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(b.String(), "Date: Mon, 23 Nov 2026 09:00:00 -0330\r\n") {
		t.Errorf("date is\n%.60s", b.String())
	}
}
