package review

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/outbox"
)

var now = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// facts know two accounts, and a few people.
func facts() Facts {
	work := accounts.New("work", mail.Address{Name: "Ada", Address: "ada@example.org"})
	work.SMTP.Host = "smtp.example.org"
	home := accounts.New("home", mail.Address{Name: "Ada", Address: "ada@home.example"})
	home.SMTP.Host = "mail.home.example"
	return Facts{Now: now, Accounts: []accounts.Account{work, home}, Stopped: map[string]outbox.Suppression{}, People: map[string]outbox.Correspondent{
		"kim@example.com":   {Address: "kim@example.com", Sent: 3, Accounts: []string{"work"}},
		"jo@family.example": {Address: "jo@family.example", Sent: 9, Accounts: []string{"home"}},
	}}
}

func letter() compose.Draft {
	return compose.Draft{Account: "work", From: "Ada <ada@example.org>", To: "kim@example.com", Subject: "Figures", Body: "Here they are.\n"}
}

// texts are the findings, each with its severity and fix.
func texts(all []Finding) (lines []string) {
	for _, f := range all {
		line := strings.Repeat("!", int(f.Severity)) + " " + f.Text
		if !f.Fix.IsZero() {
			line += " [" + f.Fix.What + "]"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestLook_FindsNothingInAUsualMessage(t *testing.T) {
	if got := texts(Look(letter(), facts())); len(got) != 0 {
		t.Errorf("got %q", got)
	}
	if got := texts(Look(letter(), Facts{})); len(got) != 0 {
		t.Errorf("without facts it finds %q", got)
	}
}

func TestLook_SaysWhatIsWorthASecondLook(t *testing.T) {
	var many []string
	for i := range manyInTheOpen {
		many = append(many, fmt.Sprintf("m%d@many.example", i))
	}
	tests := []struct {
		name string
		set  func(d *compose.Draft, f *Facts)
		want []string
	}{
		{"a file that is missing", func(d *compose.Draft, _ *Facts) { d.Body = "The figures are attached.\n" },
			[]string{"!! You write “attached”, and nothing is attached. [attach a file]"}},
		{"a file that is there", func(d *compose.Draft, _ *Facts) {
			d.Body, d.Attachments = "The figures are attached.\n", []compose.Attachment{{Path: "/tmp/f"}}
		}, nil},
		{"no subject", func(d *compose.Draft, _ *Facts) { d.Subject = " " }, []string{"! There is no subject. [write one]"}},
		{"a slip in an address", func(d *compose.Draft, _ *Facts) { d.To = "Kim <kim@gmial.com>" },
			[]string{"!! Is kim@gmial.com meant to be kim@gmail.com? [correct it]"}},
		{"many who see each other", func(d *compose.Draft, _ *Facts) { d.To = strings.Join(many, ", ") },
			[]string{"!! 15 people see each other's addresses. [move them to Bcc]"}},
		{"one less", func(d *compose.Draft, _ *Facts) { d.To = strings.Join(many[1:], ", ") }, nil},
		{"many who do not", func(d *compose.Draft, _ *Facts) { d.To, d.Bcc = "", strings.Join(many, ", ") }, nil},
		{"many of the own house", func(d *compose.Draft, _ *Facts) {
			d.To = strings.ReplaceAll(strings.Join(many, ", "), "many.example", "lists.example.org")
		}, nil},
		{"who wants no mail", func(_ *compose.Draft, f *Facts) {
			f.Stopped["kim@example.com"] = outbox.Suppression{Address: "kim@example.com", Why: outbox.WhyUnsubscribe, At: now.AddDate(0, 0, -1)}
		}, []string{"!! kim@example.com is suppressed since yesterday: its owner wants no more mail. [take it off]"}},
		{"who has refused a message", func(_ *compose.Draft, f *Facts) {
			c := f.People["kim@example.com"]
			c.Failure, c.Bounced, c.At = outbox.Result{Class: outbox.ClassRejected, Code: 550, Enhanced: "5.1.1", Text: "no such user"}, true, now.AddDate(0, -1, 0)
			f.People["kim@example.com"] = c
		}, []string{"! kim@example.com bounced 1 Nov: There is no mailbox of that name at example.com. [take it off]"}},
		{"another account's people", func(d *compose.Draft, _ *Facts) { d.To = "jo@family.example, new@family.example" },
			[]string{"! So far you wrote to jo@family.example through home. [send through home]"}},
		{"people of both", func(d *compose.Draft, _ *Facts) { d.To = "jo@family.example, kim@example.com" }, nil},
		{"an account that is gone", func(d *compose.Draft, f *Facts) { d.To, f.Accounts = "jo@family.example", f.Accounts[:1] }, nil},
		{"answers to another account", func(d *compose.Draft, _ *Facts) { d.ReplyTo = "ada@home.example" },
			[]string{"! Answers go to ada@home.example, which is the address of home. [send through home]"}},
		{"a provider's address through another server", func(d *compose.Draft, _ *Facts) { d.From = "ada@gmail.com" },
			[]string{"! smtp.example.org cannot vouch for an address at gmail.com: many receivers will refuse it (DMARC)."}},
		{"a provider's own server", func(d *compose.Draft, f *Facts) {
			d.From, f.Accounts[0].SMTP.Host = "ada@gmail.com", "smtp.gmail.com"
		}, nil},
		{"an identity of another domain", func(d *compose.Draft, _ *Facts) { d.From = "ada@club.example" },
			[]string{" From is at club.example: in order if the server signs for that (DMARC)."}},
		{"an identity of a part of the domain", func(d *compose.Draft, _ *Facts) { d.From = "ada@lists.example.org" }, nil},
		{"a bridge on this machine", func(d *compose.Draft, f *Facts) {
			d.From, f.Accounts[0].SMTP.Host = "ada@gmail.com", "127.0.0.1"
		}, nil},
		{"a large message", func(_ *compose.Draft, f *Facts) { f.Size = 40_000_000 },
			[]string{"! It is about 40 MB: many servers take no more than 25. [look at the files]"}},
		{"one that the account's own server does not take", func(_ *compose.Draft, f *Facts) {
			f.Size, f.Accounts[0].Limits.MaxSize = 40_000_000, 30_000_000
		}, nil},
		{"somebody twice", func(d *compose.Draft, _ *Facts) {
			d.To, d.Cc = "kim@example.com, Kim <KIM@example.com>", "kim@example.com"
		},
			[]string{" kim@example.com stands there more than once, and gets one copy. [keep the first]"}},
		{"files whose names change", func(d *compose.Draft, _ *Facts) {
			d.Attachments = []compose.Attachment{{Path: `/tmp/back\slash.txt`}, {Path: "/tmp/Grüße.txt"}, {Path: "/tmp/a", Name: "b\u00a0"}}
		}, []string{` The file "back\\slash.txt" is sent as slash.txt.`, ` The file "b\u00a0" is sent as b.`}},
		{"an old draft", func(_ *compose.Draft, f *Facts) { f.Begun = now.AddDate(0, 0, -41) }, []string{" You began this 41 days ago."}},
		{"a year that was mistyped", func(_ *compose.Draft, f *Facts) { f.Leaves = now.AddDate(10, 0, 0) },
			[]string{"! It leaves in more than a year, on 1 Dec 2036."}},
		{"the gravest first", func(d *compose.Draft, f *Facts) {
			d.Subject, d.Body, f.Begun = "", "attached\n", now.AddDate(-1, 0, 0)
		}, []string{"!! You write “attached”, and nothing is attached. [attach a file]", "! There is no subject. [write one]", " You began this 365 days ago."}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d, f := letter(), facts()
			test.set(&d, &f)
			if got := texts(Look(d, f)); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// Whatever a fix changes: what it was about is found no more.
func TestFix_MendsWhatWasFound(t *testing.T) {
	drafts := map[string]func(d *compose.Draft, f *Facts){
		"slip": func(d *compose.Draft, _ *Facts) {
			d.To, d.Bcc = `"Lee, Kim" <Kim@Gmial.com>, kim@example.com`, "kim@gmial.com"
		},
		"open": func(d *compose.Draft, _ *Facts) {
			d.To = strings.Repeat("x@a.example, y@b.example, ", 1)
			d.Cc = numbered(30)
		},
		"account": func(d *compose.Draft, _ *Facts) { d.To = "jo@family.example" },
		"stopped": func(d *compose.Draft, f *Facts) {
			d.Cc = "no@example.com"
			f.Stopped["no@example.com"] = outbox.Suppression{Why: outbox.WhyHard, At: now}
		},
		"idn": func(d *compose.Draft, f *Facts) {
			d.Cc = "no@bücher.example"
			f.Stopped["no@xn--bcher-kva.example"] = outbox.Suppression{Why: outbox.WhyHard, At: now}
		},
		"answers": func(d *compose.Draft, _ *Facts) { d.ReplyTo = "ada@home.example" },
		"twice": func(d *compose.Draft, _ *Facts) {
			d.To, d.Cc, d.Bcc = "kim@example.com, a@example.com, kim@example.com", "A <a@example.com>", "KIM@example.com"
		},
		"two ends": func(d *compose.Draft, _ *Facts) { d.To = "a@hotmial.con, b@example.con" },
	}
	for name, set := range drafts {
		t.Run(name, func(t *testing.T) {
			d, f := letter(), facts()
			set(&d, &f)
			found := Look(d, f)
			if len(found) == 0 {
				t.Fatal("nothing is found")
			}
			for _, finding := range found {
				d = finding.Fix.Mend(d)
			}
			if left := texts(Look(d, f)); len(left) != 0 {
				t.Errorf("%q is left of %q in %+v", left, texts(found), d)
			}
			if problems := d.Check(); len(problems) != 0 {
				t.Errorf("the fix leaves %v", problems)
			}
		})
	}
}

func numbered(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("m%d@many.example", i))
	}
	return strings.Join(all, ", ")
}

func TestLook_ShowsNothingUncleaned(t *testing.T) {
	d, f := letter(), facts()
	d.To = "\"\x1b[2J\" <k\u202eim@gmial.com>, jo@family.example"
	f.Accounts[1].Name = "home"
	for _, finding := range Look(d, f) {
		if strings.ContainsAny(finding.Text+finding.Fix.What, "\x1b\u202e") {
			t.Errorf("%q", finding.Text)
		}
	}
}

// Many of a kind are told in a few lines, and mended at once.
func TestLook_TellsManyOfAKindInAFewLines(t *testing.T) {
	d, f := letter(), facts()
	var slips, stopped []string
	for i := range 5000 {
		slips = append(slips, fmt.Sprintf("m%d@gmial.com", i))
		stopped = append(stopped, fmt.Sprintf("s%d@many.example", i))
		f.Stopped[stopped[i]] = outbox.Suppression{Address: stopped[i], Why: outbox.WhyPerson, At: now}
		f.People[fmt.Sprintf("p%d@domain%d.example", i, i)] = outbox.Correspondent{Sent: 1}
	}
	d.To, d.Bcc = "kim@example.com", strings.Join(append(slips, stopped...), ", ")
	began := time.Now()
	found := Look(d, f)
	if got := texts(found); len(got) != 2*maxAlike || got[maxAlike-1] != "!! 4996 more addresses look misspelt. [correct them]" || got[2*maxAlike-1] != "!! 4996 more are suppressed or have refused mail. [take them off]" {
		t.Errorf("got %q", got)
	}
	for _, finding := range found {
		d = finding.Fix.Mend(d)
	}
	if left := texts(Look(d, f)); len(left) != 0 || len(compose.Addresses(d.Bcc)) != 5000 {
		t.Errorf("%q is left", left)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it takes %s", took)
	}
}
