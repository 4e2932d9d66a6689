package outbox_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
	"sendoff/outbox/bounce"
	"sendoff/outbox/outboxtest"
)

// Reports in no form for machines, as their servers write them, reach the message and
// its recipients all the same.
func TestJ08_ReportsInTheWordsOfTheirServers(t *testing.T) {
	for _, name := range []string{"qmail", "exim", "exchange-2003", "yahoo", "sendmail-text"} {
		t.Run(name, func(t *testing.T) {
			sample, err := os.ReadFile(filepath.Join("bounce", "testdata", name+".eml"))
			if err != nil {
				t.Fatal(err)
			}
			report, err := bounce.Parse(bytes.NewReader(sample))
			if err != nil || report.Mail != bounce.Delivery || len(report.Recipients) == 0 {
				t.Fatalf("%+v, %v", report, err)
			}
			to := []string{"kim@example.org"}
			want := []string{"sent"}
			for _, r := range report.Recipients {
				to, want = append(to, r.Address), append(want, "bounced")
			}
			b := open(t, t.TempDir())
			d := draftTo(to...)
			d.Subject = report.Subject // all that some have of the message
			id := submit(t, b, d, outbox.SubmitOptions{})
			flush(t, sender(b, &outboxtest.Transport{}, policies(1)))
			if report.MessageID != "" {
				sample = bytes.ReplaceAll(sample, []byte(report.MessageID), []byte(strings.Trim(get(t, b, id).MessageID, "<>")))
			}
			if taken := take(t, b, string(sample)); taken.Item != id {
				t.Errorf("%+v", taken)
			}
			wantStates(t, b, id, outbox.StatePartial, want...)
		})
	}
}

// A bounce within a mail says nothing: neither one that somebody forwards, nor the one
// that a bounce returns.
func TestJ11_OnlyTheOuterReportCounts(t *testing.T) {
	b, item := sentTo(t, "ana@example.org")
	inner := notice{id: "inner", about: item.MessageID, subject: item.Subject, fields: []string{failed("ana@example.org")}}.String()
	forwarded := "From: kim@example.com\nTo: ada@example.org\nSubject: Fwd: Undelivered Mail Returned to Sender\nMessage-ID: <f1@example.com>\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/mixed; boundary=outer\n\n--outer\nContent-Type: text/plain\n\nLook what I got.\n\n--outer\nContent-Type: message/rfc822\n\n" + inner + "\n--outer--\n"
	if taken := take(t, b, forwarded); taken.Mail == bounce.Delivery || len(taken.Recipients) > 0 {
		t.Errorf("forwarded: %+v", taken)
	}
	returned := "From: MAILER-DAEMON@mx.example.net\nTo: postmaster@example.org\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <outer@mx.example.net>\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=outer\n\n--outer\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n" +
		failed("elsewhere@example.net") + "\n--outer\nContent-Type: message/rfc822\n\n" + inner + "\n--outer--\n"
	taken := take(t, b, returned)
	if taken.Item != 0 || len(taken.Recipients) != 1 || taken.Recipients[0].Address != "elsewhere@example.net" {
		t.Errorf("returned: %+v", taken)
	}
	wantStates(t, b, item.ID, outbox.StateSent, "sent")
}

// What speaks of bounces is none.
func TestJ14_AMailAboutBouncesIsNone(t *testing.T) {
	b, item := sentTo(t, "ana@example.org")
	for name, mail := range map[string]string{
		"a newsletter": "From: Deliverability Weekly <news@example.com>\nTo: ada@example.org\nSubject: What does 550 5.1.1 mean?\nMessage-ID: <n1@example.com>\nList-Id: <weekly.example.com>\n" +
			"List-Unsubscribe: <https://example.com/u>\nPrecedence: bulk\n\nWhen the mailer daemon says that delivery has failed:\n\n<ana@example.org>: 550 5.1.1 no such mailbox\n\nthen the address is wrong.\n",
		"a question": "From: Kim <kim@example.com>\nTo: ada@example.org\nSubject: Undelivered Mail Returned to Sender?\nMessage-ID: <q1@example.com>\n\nI got this for ana@example.org:\n\n" +
			"> Final-Recipient: rfc822; ana@example.org\n> Action: failed\n> Status: 5.1.1\n> Message-ID: " + item.MessageID + "\n",
	} {
		if taken := take(t, b, mail); taken.Mail == bounce.Delivery || taken.Item != 0 || len(taken.Recipients) > 0 {
			t.Errorf("%s: %+v", name, taken)
		}
	}
	wantStates(t, b, item.ID, outbox.StateSent, "sent")
}

// Giant reports take neither time nor memory, and what stands at their beginning
// counts.
func TestJ15_AGiantReportIsBounded(t *testing.T) {
	b, item := sentTo(t, "ana@example.org")
	head := "From: MAILER-DAEMON@mx.example.org\nTo: ada@example.org\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
	report := "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n" + failed("ana@example.org")
	original := "\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: " + item.MessageID + "\n"
	var recipients strings.Builder
	for n := range 10_000 {
		fmt.Fprintf(&recipients, "\n%s", failed(fmt.Sprintf("nobody%d@example.org", n)))
	}
	for _, test := range []struct{ name, mail string }{
		{"recipients", head + "Message-ID: <many@mx>\n" + report + recipients.String() + original + "\n--b--\n"},
		{"parts", head + "Message-ID: <parts@mx>\n" + report + original + strings.Repeat("\n--b\nContent-Type: text/plain\n\nx\n", 10_000) + "\n--b--\n"},
		{"nesting", head + "Message-ID: <nested@mx>\n" + report + original + strings.Repeat("\n--b\nContent-Type: multipart/mixed; boundary=b\n\n", 1000)},
		{"octets", head + "Message-ID: <octets@mx>\n" + report + original + "\n--b\nContent-Type: text/plain\n\n" + strings.Repeat("x\n", 25<<20) + "\n--b--\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			taken := take(t, b, test.mail)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if allocated := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 10*time.Second || allocated > 50 { // a second, where nothing else runs
				t.Errorf("%s, %d MiB", took, allocated)
			}
			if n := len(taken.Recipients); n == 0 || n > 1000 {
				t.Errorf("%d recipients", n)
			}
		})
	}
	wantStates(t, b, item.ID, outbox.StateBounced, "bounced")
}
