package bounce

import (
	"bytes"
	"strings"
	"testing"
)

// headOf is what a server gives for the fields that are asked for.
func headOf(mail []byte) []byte {
	h, _ := splitHeader(withoutEmptyLines(mail))
	var b bytes.Buffer
	for _, f := range h {
		for _, name := range HeaderFields() {
			if strings.EqualFold(name, f.name) {
				b.WriteString(f.name + ": " + f.value + "\r\n")
			}
		}
	}
	b.WriteString("\r\n")
	return b.Bytes()
}

// No report may be passed over for its header.
func TestLikely_TakesEveryReportAmongTheSamples(t *testing.T) {
	for _, name := range samples(t) {
		mail := sample(t, name)
		report, err := Parse(bytes.NewReader(mail))
		if err != nil {
			t.Fatal(err)
		}
		if report.Mail == Delivery && !Likely(headOf(mail)) {
			t.Errorf("%s is passed over", name)
		}
	}
}

func TestLikely_LeavesOrdinaryMailAlone(t *testing.T) {
	for head, want := range map[string]bool{
		"From: Kim <kim@example.com>\r\nSubject: lunch\r\nReturn-Path: <kim@example.com>\r\nContent-Type: text/plain\r\n":       false,
		"From: Shop <orders@example.com>\r\nSubject: your order 550\r\nAuto-Submitted: no\r\nContent-Type: multipart/mixed\r\n": false,
		"From: Kim <kim@example.com>\r\nSubject: lunch\r\nReturn-Path: <>\r\n":                                                  true,
		"From: Kim <kim@example.com>\r\nSubject: =?utf-8?q?Zustellung_nicht_m=C3=B6glich?=\r\n":                                 true,
		"From: Kim <kim@example.com>\r\nSubject: away\r\nAuto-Submitted: auto-replied\r\n":                                      true,
		"From: Mail Delivery System <x@example.com>\r\nSubject: hi\r\n":                                                         true,
		"From: Kim <kim@example.com>\r\nSubject: hi\r\nContent-Type: Multipart/Report; boundary=b\r\n":                          true,
		"From: Kim <kim@example.com>\r\nX-Failed-Recipients: ana@example.org\r\n":                                               true,
		"": true,
	} {
		if got := Likely([]byte(head)); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
}
