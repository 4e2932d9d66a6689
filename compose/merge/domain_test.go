package merge

import (
	"context"
	"testing"
)

const unreachableList = "email,name\nana@example.org,Ana\nbob@Gone.invalid,Bob\nBOB@gone.invalid,Bob again\nkim@münchen.example,Kim\nlea@[192.0.2.1],Lea\nsam@gone.invalid,Sam\n"

// gone is what a look at name servers may have found.
func gone(domain string) string {
	return map[string]string{"gone.invalid": "has no mail server", "xn--mnchen-3ya.example": "takes no mail"}[domain]
}

func TestCheck_TellsByLineWhatCannotBeReached(t *testing.T) {
	o := CheckOptions{Unreachable: gone, Suppressed: func(address string) string {
		return map[string]string{"sam@gone.invalid": "it bounced"}[address]
	}}
	report := examine(t, "---\nsubject: Hi\n---\nDear {{ name }},\n", unreachableList, o)
	compare(t, lines(report.Problems), []string{
		`list.csv:3: row 2: gone.invalid has no mail server / nothing can arrive there: mend the address, or leave the row out`,
		`warning: list.csv:4: row 3: the address stands on line 3 already, and gets one letter: that one / --allow-duplicates sends both`,
		`list.csv:5: row 4: xn--mnchen-3ya.example takes no mail / nothing can arrive there: mend the address, or leave the row out`,
		`warning: list.csv:7: row 6: "sam@gone.invalid" is suppressed, and gets no letter: it bounced / sendoff suppress remove lets it be written to`,
	})
	if report.Letters != 2 {
		t.Errorf("%d letters", report.Letters)
	}
}

// What a look has found wrong gets no letter of the start either.
func TestSift_LeavesOutWhatCannotBeReached(t *testing.T) {
	c, l := bind(t, "---\nsubject: Hi\n---\nDear {{ name }},\n", unreachableList)
	var got []string
	for s, err := range Sift(context.Background(), c, l, CheckOptions{Sender: from, Unreachable: gone}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s.Address+" "+s.Skip)
	}
	compare(t, got, []string{
		"ana@example.org ", "bob@gone.invalid gone.invalid has no mail server",
		`bob@gone.invalid the address stands on line 3 already, and gets one letter: that one`,
		"kim@xn--mnchen-3ya.example xn--mnchen-3ya.example takes no mail", "lea@[192.0.2.1] ", "sam@gone.invalid gone.invalid has no mail server",
	})
}
