package check

import (
	"context"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/internal/dnstest"
)

// Each row changes the zone of a domain in which all is well by the lines that
// stand in it, name by name.
func TestAdvice(t *testing.T) {
	const eleven = `
		example.org TXT v=spf1 include:a.example include:b.example -all
		a.example   TXT v=spf1 a mx a:1.example a:2.example a:3.example -all
		b.example   TXT v=spf1 a mx a:1.example a:2.example ptr -all`
	elsewhere := strings.Replace(domain, "v=spf1 mx -all", "v=spf1 include:spf.mailjet.com -all\nspf.mailjet.com TXT v=spf1 ip4:192.0.2.0/24 -all", 1)
	for _, test := range []struct {
		name, zone, from, server string
		step                     string
		state                    State
		cause                    Cause
		says                     string
	}{
		{"mx", domain, "", "", StepMX, OK, "", "goes to mx.example.org"},
		{"no MX", "example.org TXT hello", "", "", StepMX, Advice, CauseNoMX, "cannot come back"},
		{"no MX, an address", "example.org A 192.0.2.1", "", "", StepMX, Advice, CauseNoMX, "some servers take its address"},
		{"null MX", "example.org MX 0 .", "", "", StepMX, Advice, CauseNullMX, "takes no mail"},
		{"no domain at all", "other.example A 192.0.2.1", "", "", StepMX, Advice, CauseNoMX, "cannot come back"},

		{"spf", domain, "", "", StepSPF, OK, "", ""},
		{"no SPF", "example.org TXT hello", "", "", StepSPF, Advice, CauseNoSPF, "no SPF record"},
		{"a word like SPF", "example.org TXT v=spf10 -all", "", "", StepSPF, Advice, CauseNoSPF, ""},
		{"two SPF", "example.org TXT v=spf1 mx -all\nexample.org TXT v=spf1 a -all", "", "", StepSPF, Advice, CauseManySPF, "counts as none"},
		{"everybody", "example.org TXT v=spf1 mx +all", "", "", StepSPF, Advice, CauseSPFOpen, "+all"},
		{"everybody, without a sign", "example.org TXT v=spf1 mx all", "", "", StepSPF, Advice, CauseSPFOpen, "+all"},
		{"twelve look-ups", eleven, "", "", StepSPF, Advice, CauseSPFLookups, "more than 10"},
		{"ten look-ups", strings.Replace(eleven, "a:2.example ptr", "", 1), "", "", StepSPF, OK, "", ""},
		{"a circle", "example.org TXT v=spf1 include:example.org -all", "", "", StepSPF, Advice, CauseSPFLookups, ""},
		{"an include of nothing", "example.org TXT v=spf1 include:gone.example -all", "", "", StepSPF, Advice, CauseSPFBroken, "gone.example"},
		{"a macro", "example.org TXT v=spf1 exists:%{i}.spf.example -all", "", "", StepSPF, OK, "", ""},
		{"not the provider", elsewhere, "", "smtp.gmail.com", StepSPF, Advice, CauseSPFProvider, "include:_spf.google.com"},
		{"the provider", "example.org TXT v=spf1 include:_spf.google.com ~all\n_spf.google.com TXT v=spf1 ip4:192.0.2.0/24 ~all", "", "smtp.gmail.com", StepSPF, OK, "", "lets Google"},
		{"nobody", "example.org TXT v=spf1 -all", "", "smtp.gmail.com", StepSPF, Advice, CauseSPFProvider, "does not let"},
		{"addresses that do not let", "example.org TXT v=spf1 -ip4:192.0.2.1 ~mx ?a -all", "", "smtp.gmail.com", StepSPF, Advice, CauseSPFProvider, "does not let"},
		{"its mail exchangers", domain, "", "smtp.gmail.com", StepSPF, OK, "", "cannot be told"},
		{"its address", "example.org TXT v=spf1 a/24 -all", "", "smtp.gmail.com", StepSPF, OK, "", "cannot be told"},
		{"addresses", "example.org TXT v=spf1 ip4:192.0.2.0/24 -all", "", "smtp.gmail.com", StepSPF, OK, "", "cannot be told"},
		{"addresses of IPv6", "example.org TXT v=spf1 +IP6:2001:db8::/32 -all", "", "smtp.gmail.com", StepSPF, OK, "", "cannot be told"},
		{"a name of the address", "example.org TXT v=spf1 ptr -all", "", "smtp.gmail.com", StepSPF, OK, "", "cannot be told"},
		{"a list by address", "example.org TXT v=spf1 exists:%{i}.spf.example -all", "", "smtp.gmail.com", StepSPF, OK, "", "cannot be told"},
		{"an include with a macro", "example.org TXT v=spf1 include:%{i}._ip.%{d}._spf.example -all", "", "smtp.gmail.com", StepSPF, OK, "", "cannot be told"},
		{"a redirect with a macro", "example.org TXT v=spf1 redirect=%{d}.spf.example", "", "smtp.gmail.com", StepSPF, OK, "", "cannot be told"},
		{"addresses that somebody has gathered", "example.org TXT v=spf1 include:flat.example -all\nflat.example TXT v=spf1 ip4:192.0.2.1 -all", "", "smtp.gmail.com", StepSPF, OK, "", "cannot be told"},
		{"addresses beside the provider", "example.org TXT v=spf1 mx include:_spf.google.com -all\n_spf.google.com TXT v=spf1 -all", "", "smtp.gmail.com", StepSPF, OK, "", "lets Google"},
		{"silence", "example.org SERVFAIL", "", "", StepSPF, Skipped, CauseNoDNS, ""},

		{"dkim", domain, "", "", StepDKIM, OK, "", "under mail"},
		{"no key found", "example.org TXT hello", "", "", StepDKIM, Advice, CauseNoDKIM, "usual names"},
		{"a key that was taken back", "mail._domainkey.example.org TXT v=DKIM1; p=", "", "", StepDKIM, Advice, CauseNoDKIM, ""},
		{"the provider's own name", "20230601._domainkey.gmail.com TXT v=DKIM1; k=rsa; p=MIGf", "ada@gmail.com", "smtp.gmail.com", StepDKIM, OK, "", "20230601"},

		{"dmarc", domain, "", "", StepDMARC, OK, "", "p=reject"},
		{"no DMARC", "example.org TXT hello", "", "", StepDMARC, Advice, CauseNoDMARC, "_dmarc.example.org"},
		{"of the organisation", domain, "ada@mail.example.org", "", StepDMARC, OK, "", "p=reject, at _dmarc.example.org"},
		{"of the organisation, for those below", "_dmarc.example.org TXT v=DMARC1; p=reject; sp=quarantine; rua=mailto:d@example.org", "ada@mail.example.org", "", StepDMARC, OK, "", "p=quarantine"},
		{"not of a public suffix", "_dmarc.co.uk TXT v=DMARC1; p=reject\nexample.co.uk TXT hi", "ada@example.co.uk", "", StepDMARC, Advice, CauseNoDMARC, ""},
		{"two", "_dmarc.example.org TXT v=DMARC1; p=none; rua=mailto:a@b.example\n_dmarc.example.org TXT v=DMARC1; p=reject", "", "", StepDMARC, Advice, CauseManyDMARC, ""},
		{"nothing asked", "_dmarc.example.org TXT v=DMARC1; p=none", "", "", StepDMARC, Advice, CauseDMARCNoReport, "rua"},

		{"own server", domain, "", "", StepAlignment, OK, "", "its own servers"},
		{"gmail for another domain", elsewhere, "", "smtp.gmail.com", StepAlignment, Advice, CauseUnaligned, "p=reject"},
		{"gmail for another domain, quarantine", "_dmarc.example.org TXT v=DMARC1; p=quarantine", "", "smtp.gmail.com", StepAlignment, Advice, CauseUnaligned, "p=quarantine"},
		{"gmail for another domain, no DMARC", "example.org TXT hi", "", "smtp.gmail.com", StepAlignment, Advice, CauseUnaligned, "many receivers"},
		{"gmail for another domain, which goes by address", domain, "", "smtp.gmail.com", StepAlignment, Skipped, CauseNotNeeded, "does not tell"},
		{"gmail for its own", "gmail.com TXT hi", "ada@gmail.com", "smtp.gmail.com", StepAlignment, OK, "", ""},
		{"Workspace", "example.org MX 1 aspmx.l.google.com", "", "smtp.gmail.com", StepAlignment, OK, "", "lets"},
		{"let in by SPF", "example.org TXT v=spf1 include:_spf.google.com -all\n_spf.google.com TXT v=spf1 -all", "", "smtp.gmail.com", StepAlignment, OK, "", ""},
		{"an unknown provider", domain, "", "mail.hoster.example", StepAlignment, Skipped, CauseNotNeeded, "does not tell"},
		{"an unknown provider that takes the mail too", "example.org MX 1 mx.hoster.example", "", "mail.hoster.example", StepAlignment, OK, "", "lets mail.hoster.example"},
		{"silence", "example.org SERVFAIL", "", "smtp.gmail.com", StepAlignment, Skipped, CauseNoDNS, ""},
	} {
		t.Run(test.step+"/"+test.name, func(t *testing.T) {
			a := accounts.Account{SMTP: accounts.SMTP{Host: host}}
			if a.From.Address = test.from; test.from == "" {
				a.From.Address = "ada@example.org"
			}
			if test.server != "" {
				a.SMTP.Host = test.server
			}
			steps := advised(t, a, test.zone)
			if len(steps) != len(adviceSteps) {
				t.Errorf("%d steps", len(steps))
			}
			s := step(t, Report{Steps: steps}, test.step)
			if s.State != test.state || s.Cause != test.cause || !strings.Contains(s.Found+s.Hint, test.says) {
				t.Errorf("%+v", s)
			}
			if s.State == Advice && s.Hint == "" {
				t.Errorf("no hint for %+v", s)
			}
		})
	}
}

// Receivers look for SPF at the domain that bounces go to, and count it for From where
// both are of one organisation.
func TestAdvice_GoesByTheBounceAddress(t *testing.T) {
	const elsewhere = "\nexample.net TXT v=spf1 include:_spf.google.com -all\n_spf.google.com TXT v=spf1 ip4:192.0.2.0/24 -all\n"
	keyless := strings.Replace(domain, "mail._domainkey", "none._other", 1)
	below := strings.Replace(elsewhere, "example.net", "bounces.example.org", 1)
	for _, test := range []struct {
		name, zone, bounces, server string
		step                        string
		state                       State
		cause                       Cause
		says                        string
	}{
		{"of From", domain, "b+{token}@example.org", "", StepAlignment, OK, "", "its own servers"},
		{"the case makes no difference", domain, "b+{token}@Example.ORG", "", StepSPF, OK, "", "example.org says who may send for it"},
		{"of the organisation", domain + below, "b+{token}@bounces.example.org", "smtp.gmail.com", StepAlignment, OK, "", "lets Google"},
		{"of the organisation, which does not let", domain + "\nbounces.example.org TXT v=spf1 -all", "b+{token}@bounces.example.org", "smtp.gmail.com", StepAlignment, Advice, CauseUnaligned, "p=reject"},
		{"of the organisation, which is strict", strings.Replace(keyless, "p=reject", "p=reject; aspf=s", 1) + below, "b+{token}@bounces.example.org", "smtp.gmail.com", StepAlignment, Advice, CauseUnaligned, "goes by bounces.example.org"},
		{"of the organisation, which is not", keyless + below, "b+{token}@bounces.example.org", "smtp.gmail.com", StepAlignment, OK, "", "lets Google"},
		{"elsewhere, signed", domain + elsewhere, "b+{token}@example.net", "", StepAlignment, OK, "", "proves nothing for example.org"},
		{"elsewhere, a key", strings.Replace(domain, "MX", "TXT", 1) + elsewhere, "b+{token}@example.net", "smtp.gmail.com", StepAlignment, OK, "", "there is a key"},
		{"elsewhere, no key", keyless + elsewhere, "b+{token}@example.net", "smtp.gmail.com", StepAlignment, Advice, CauseUnaligned, "no DKIM key is found either: example.org asks receivers to refuse it"},
		{"elsewhere, silence", keyless + elsewhere + "\nmail._domainkey.example.org SERVFAIL", "b+{token}@example.net", "smtp.gmail.com", StepAlignment, Skipped, CauseNoDNS, ""},

		{"bounces go elsewhere", domain + "\nexample.net MX 1 in.example.net", "b+{token}@example.net", "", StepMX, OK, "", "mail for example.net goes to in.example.net; mail for example.org goes to mx.example.org"},
		{"bounces go nowhere", domain + "\nexample.net MX 0 .", "b+{token}@example.net", "", StepMX, Advice, CauseNullMX, "example.net says that it takes no mail, so bounces cannot come back; mail for example.org"},
		{"answers go nowhere", "example.org TXT hello\nexample.net MX 1 in.example.net", "b+{token}@example.net", "", StepMX, Advice, CauseNoMX, "example.org has no MX record, so answers cannot come back; mail for example.net"},
		{"bounces go where nobody answers", domain + "\nexample.net SERVFAIL", "b+{token}@example.net", "", StepMX, Skipped, CauseNoDNS, ""},
		{"answers go where nobody answers", "example.org SERVFAIL\nexample.net MX 1 in.example.net", "b+{token}@example.net", "", StepMX, OK, "", "mail for example.net goes to in.example.net"},

		{"both", domain + elsewhere, "b+{token}@example.net", "smtp.gmail.com", StepSPF, OK, "", "example.net (receivers go by the domain of bounce_address); example.org says"},
		{"no policy there", domain, "b+{token}@example.net", "", StepSPF, Advice, CauseNoSPF, "example.net does not say"},
		{"not the provider there", domain + "\nexample.net TXT v=spf1 -all", "b+{token}@example.net", "smtp.gmail.com", StepSPF, Advice, CauseSPFProvider, "send for example.net"},
		{"not the provider here, which nobody asks", "example.org TXT v=spf1 -all" + elsewhere, "b+{token}@example.net", "smtp.gmail.com", StepSPF, OK, "", "lets Google Workspace send for example.net"},
		{"everybody here", "example.org TXT v=spf1 +all" + elsewhere, "b+{token}@example.net", "smtp.gmail.com", StepSPF, Advice, CauseSPFOpen, "send as example.org"},
		{"silence there", domain + "\nexample.net SERVFAIL", "b+{token}@example.net", "", StepSPF, Skipped, CauseNoDNS, ""},
		{"silence here", "example.org SERVFAIL" + elsewhere, "b+{token}@example.net", "", StepSPF, OK, "", "example.net says"},
	} {
		t.Run(test.step+"/"+test.name, func(t *testing.T) {
			a := accounts.Account{SMTP: accounts.SMTP{Host: host}, BounceAddress: test.bounces}
			a.From.Address = "ada@example.org"
			if test.server != "" {
				a.SMTP.Host = test.server
			}
			s := step(t, Report{Steps: advised(t, a, test.zone)}, test.step)
			if s.State != test.state || s.Cause != test.cause || !strings.Contains(s.Found+s.Hint, test.says) {
				t.Errorf("%+v", s)
			}
			if s.State == Advice && s.Hint == "" {
				t.Errorf("no hint for %+v", s)
			}
		})
	}
}

// advised gives the steps of an account where the DNS has a zone.
func advised(t *testing.T, a accounts.Account, zone string) (steps []Step) {
	t.Helper()
	r := &run{account: a, options: Options{Resolver: dnstest.Serve(t, zone).Resolver()}}
	out := make(chan Step, maxSteps)
	r.advice(t.Context(), out)
	close(out)
	for s := range out {
		steps = append(steps, s)
	}
	return steps
}

// An account on this machine, or of a domain that only this machine knows, is
// nobody's business in the DNS.
func TestAdvice_AsksNobodyAboutTheOwnMachine(t *testing.T) {
	server := dnstest.Serve(t, domain)
	for _, a := range []accounts.Account{
		{SMTP: accounts.SMTP{Host: "127.0.0.1"}}, {SMTP: accounts.SMTP{Host: "localhost"}}, {SMTP: accounts.SMTP{Host: host}},
	} {
		if a.From.Address = "ada@example.org"; a.SMTP.Host == host {
			a.From.Address = "ada@laptop"
		}
		r := &run{account: a, options: Options{Resolver: server.Resolver()}}
		out := make(chan Step, maxSteps)
		r.advice(t.Context(), out)
		close(out)
		for s := range out {
			if s.State != Skipped {
				t.Errorf("%+v", s)
			}
		}
	}
	if asked := server.Asked(); len(asked) > 0 {
		t.Errorf("it was asked for %v", asked)
	}
}

// FuzzAdvice holds that no record of a domain, which anybody may write, makes
// more of it than steps with words.
func FuzzAdvice(f *testing.F) {
	const own, foreign = "mail.example.org", "example.net"
	f.Add("v=spf1 include:a.example ?all", "v=DMARC1; p=reject; sp=none", "v=DKIM1; p=x", own)
	f.Add("v=spf1 redirect=%{d} + -", "v=DMARC1", "p", foreign)
	f.Add("v=spf1 +all", "v=DMARC1; aspf=s", "p", "bounces.example.org")
	f.Add("V=SPF1 a/24 mx: ip4:1.2.3.4 exists: include:", ";;v=DMARC1;p==", "", own)
	f.Fuzz(func(t *testing.T, spf, dmarc, key, bounces string) {
		asked := 0
		text := func(context.Context, string) answer[string] {
			asked++
			return answer[string]{values: []string{spf}}
		}
		seen := records{domain: "mail.example.org", bounces: bounces, server: host, dmarcAt: "example.org"}
		seen.policy.of.values, seen.dmarc.values = []string{spf}, []string{dmarc}
		seen.policy.policy = readPolicy(t.Context(), seen.domain, text)
		seen.own = seen.policy
		if isKey(key) {
			seen.dkim = []string{"mail"}
		}
		if asked > maxSPFLookups+1 {
			t.Errorf("%d look-ups", asked)
		}
		for _, s := range seen.advise() {
			if s.State == Fail || s.Found == "" || s.State == Advice && (s.Cause == "" || s.Hint == "") {
				t.Errorf("%+v", s)
			}
		}
	})
}
