package compose

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestWishes_AreFieldsOfTheHeader(t *testing.T) {
	const priority, receipt = "Importance: high|X-Priority: 1 (Highest)|Priority: urgent", "Disposition-Notification-To: ada@example.org"
	tests := []struct {
		wishes  Wishes
		headers []Header
		want    string
	}{
		{Wishes{}, nil, ""},
		{Wishes{Priority: PriorityHigh}, nil, priority},
		{Wishes{Priority: PriorityLow}, nil, "Importance: low|X-Priority: 5 (Lowest)|Priority: non-urgent"},
		{Wishes{Receipt: true}, nil, receipt},
		{Wishes{Report: true}, nil, ""},
		{Wishes{Priority: PriorityHigh, Receipt: true}, []Header{{"x-priority", "2"}}, "x-priority: 2|Importance: high|Priority: urgent|" + receipt},
		{Wishes{Receipt: true}, []Header{{"Disposition-Notification-To", "team@example.org"}}, "Disposition-Notification-To: team@example.org"},
	}
	for _, test := range tests {
		d := Draft{From: "Ädä <ada@example.org>", To: "kim@example.com", Subject: "Figures", Body: "Hello\n", Headers: test.headers, Wishes: test.wishes}
		var got []string
		for line := range strings.SplitSeq(string(stamped(t, d)), "\r\n") {
			if name, _, found := strings.Cut(line, ": "); found && slices.Contains([]string{"importance", "x-priority", "priority", "disposition-notification-to"}, strings.ToLower(name)) {
				got = append(got, line)
			}
		}
		if strings.Join(got, "|") != test.want {
			t.Errorf("%+v: %q, want %q", test.wishes, got, test.want)
		}
	}
}

func TestWishes_OfNoKnownPriorityAreAProblem(t *testing.T) {
	d := Draft{From: "ada@example.org", To: "kim@example.com", Wishes: Wishes{Priority: "hi\x1b"}}
	if got := d.Check(); len(got) != 1 || got[0].Field != "priority" || strings.Contains(got[0].Problem, "\x1b") {
		t.Errorf("%+v", got)
	}
}

func TestWishes_AreStoredWithTheDraft(t *testing.T) {
	d := Draft{Wishes: Wishes{Priority: PriorityHigh, Receipt: true, Report: true}}
	text, err := json.Marshal(d)
	if err != nil || string(text) != `{"priority":"high","receipt":true,"report":true}` {
		t.Errorf("%s, %v", text, err)
	}
}
