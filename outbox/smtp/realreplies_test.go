package smtp

import (
	"flag"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sendoff/outbox"
)

// The replies that others have collected are theirs, so they are not here. With
// such a file at hand:
//
//	go test ./outbox/smtp -run RealReplies -v -replies FILE
//
// It has a line a reply, with a tab between: the reply, its code, its enhanced
// code or "-", something, and the reason that its collector saw. The first line
// is a headline.
var repliesFile = flag.String("replies", "", "a file of real replies, for TestRealReplies")

// classesFor are the classes that a reason of theirs may have as a 5yz; a 4yz is
// put off, or a limit of the account. Most have just one. A reason that is not
// here may have any.
var classesFor = map[string][]outbox.Class{
	"userunknown": {outbox.ClassRejected}, "user_unknown": {outbox.ClassRejected}, "filtered": {outbox.ClassRejected},
	"hasmoved": {outbox.ClassRejected}, "suspend": {outbox.ClassRejected}, "user_disabled": {outbox.ClassRejected},
	"mailboxfull": {outbox.ClassRejected}, "over_quota": {outbox.ClassRejected},
	"domain_error": {outbox.ClassRejected}, "hostunknown": {outbox.ClassRejected}, "notaccept": {outbox.ClassRejected}, "networkerror": {outbox.ClassRejected},
	"norelaying": {outbox.ClassRejected, outbox.ClassMessage}, // of the address, or of a sender that the relay does not know
	"spam":       {outbox.ClassPolicy}, "spamdetected": {outbox.ClassPolicy}, "virusdetected": {outbox.ClassPolicy},
	"policyviolation": {outbox.ClassPolicy}, "authfailure": {outbox.ClassPolicy}, "badreputation": {outbox.ClassPolicy}, "requireptr": {outbox.ClassPolicy},
	"blocked":           {outbox.ClassPolicy, outbox.ClassRejected},                          // where no more than a bad name is said
	"securityerror":     {outbox.ClassPolicy, outbox.ClassRejected, outbox.ClassCredentials}, // of all kinds
	"message_too_large": {outbox.ClassMessage}, "exceedlimit": {outbox.ClassMessage}, "mesgtoobig": {outbox.ClassMessage},
	"contenterror": {outbox.ClassMessage}, "rejected": {outbox.ClassMessage}, "syntaxerror": {outbox.ClassMessage, outbox.ClassRejected},
	"speeding": {outbox.ClassThrottled}, "toomanyconn": {outbox.ClassThrottled, outbox.ClassTemporary},
}

func TestRealReplies(t *testing.T) {
	if *repliesFile == "" {
		t.Skip("no file of replies is named")
	}
	text, err := os.ReadFile(*repliesFile)
	if err != nil {
		t.Fatal(err)
	}
	all, known := 0, 0
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		code, err := strconv.Atoi(fields[1])
		if err != nil {
			continue // the headline
		}
		all++
		r := verdict(phaseOf(fields[0]), replyOf(code, fields[0], fields[2]))
		allowed := classesFor[fields[4]]
		if code < 500 {
			allowed = []outbox.Class{outbox.ClassTemporary, outbox.ClassThrottled}
		}
		if allowed != nil && !slices.Contains(allowed, r.Class) {
			t.Errorf("%s is %s:\n%s", fields[4], r.Class, fields[0])
		}
		plain := outbox.Explain(r, "work", "ana@example.org")
		if !strings.Contains(plain.What, "("+fields[1]) {
			known++
		} else {
			t.Logf("%s has no line of its own:\n%s", fields[4], fields[0])
		}
		t.Logf("%-11s %-17s %s | %s", r.Class, fields[4], plain.What, shorten(fields[0], 100))
	}
	t.Logf("%d of %d have a line of their own", known, all)
}

// replyOf makes a reply of its record, which may have the codes in it or not.
func replyOf(code int, text, enhanced string) reply {
	text = strings.TrimPrefix(text, strconv.Itoa(code)+" ")
	if enhanced != "-" && !strings.Contains(text, enhanced) {
		text = enhanced + " " + text
	}
	return reply{code: code, text: text}
}

// phaseOf goes by what Postfix has noted.
func phaseOf(text string) phase {
	switch {
	case strings.Contains(text, "in reply to MAIL FROM"):
		return phaseMail
	case strings.Contains(text, "in reply to end of DATA"):
		return phaseDot
	}
	return phaseFirstRcpt
}
