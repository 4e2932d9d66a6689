package merge

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
)

const siftedList = "email,First Name,file\n" +
	"ana@example.org,Ana,\n" + // 2
	"\"bob@x,test\",Bob,\n" + // 3
	"short@example.org\n" + // 4
	"ANA@example.org,Again,\n" + // 5
	"lea@example.org,,\n" + // 6
	"gone@example.org,Gus,\n" // 7

const siftedTemplate = "---\nsubject: Hello {{ first_name }}\n---\nDear {{ first_name }},\n"

func TestSift_GivesEachRowItsLetterOrWhyNot(t *testing.T) {
	c, l := bind(t, siftedTemplate, siftedList)
	o := CheckOptions{Sender: from, Empty: EmptyError, Suppressed: func(address string) string {
		return map[string]string{"gone@example.org": "there is no such mailbox"}[address]
	}}
	want := []struct{ address, skip string }{
		{"ana@example.org", ""}, {"bob@x,test", "is not an address"}, {"short@example.org", "it has 1 cell"},
		{"ana@example.org", "stands on line 2 already"}, {"lea@example.org", "first_name is empty"}, {"gone@example.org", "no such mailbox"},
	}
	n := 0
	for s, err := range Sift(context.Background(), c, l, o) {
		if err != nil {
			t.Fatal(err)
		}
		w := want[n]
		if n++; s.Address != w.address || (s.Skip == "") != (w.skip == "") || !strings.Contains(s.Skip, w.skip) {
			t.Errorf("row %d: %q, %q", s.Row.Number, s.Address, s.Skip)
		}
		if s.Skip == "" && (s.Draft.Subject != "Hello Ana" || s.Draft.From != "ada@example.org") {
			t.Errorf("%+v", s.Draft)
		}
	}
	if n != len(want) {
		t.Errorf("%d rows", n)
	}
}

func TestSift_EndsWithItsContext(t *testing.T) {
	c, l := bind(t, siftedTemplate, siftedList)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range Sift(ctx, c, l, CheckOptions{Sender: from}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
}

func TestFreeze_ThawedItMakesTheSameLetters(t *testing.T) {
	c, l := bind(t, "---\nsubject: Hello {{ first_name }}\nreply_to: office@example.org\n---\n{% if row[\"First Name\"] == \"Ana\" %}*Ana*{% endif %}, {{ file | default: \"none\" }}\n", siftedList)
	kept, err := c.Freeze()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Thaw(kept)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for row, err := range l.Rows() {
		if err != nil || len(row.Problems) > 0 {
			continue
		}
		one, wrong := c.Letter(row)
		other, alsoWrong := again.Letter(Row{Number: row.Number, Line: row.Line, Values: row.Values})
		if !reflect.DeepEqual(one, other) || !reflect.DeepEqual(wrong, alsoWrong) {
			t.Errorf("row %d: %+v, %+v", row.Number, one, other)
		}
		n++
	}
	if n != 5 {
		t.Errorf("%d letters were compared", n)
	}
}

func TestThaw_RefusesWhatIsNoCampaign(t *testing.T) {
	for _, text := range []string{"", "x", "{}", `{"columns":[{"name":"email"}],"source":"{% if %}"}`, `{"columns":[],"source":"x"}`} {
		if c, err := Thaw([]byte(text)); err == nil {
			t.Errorf("%q is %+v", text, c)
		}
	}
}

func FuzzThaw(f *testing.F) {
	f.Add([]byte(`{"template":"l.md","source":"---\nsubject: x\n---\n{{ email }}","list":"p.csv","columns":[{"name":"email","alias":"email","use":"address"}],"folder":"/"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Thaw(text)
		if err != nil {
			return
		}
		c.Letter(Row{Number: 1, Line: 2, Values: make([]string, len(c.columns))})
	})
}
