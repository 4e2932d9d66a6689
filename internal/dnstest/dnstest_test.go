package dnstest_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/internal/dnstest"
)

const zone = `
example.org                   MX    20 backup.example.org.
example.org                   MX    10 mx.example.org
example.org                   TXT   v=spf1 include:_spf.example.net -all
_submissions._tcp.example.org SRV   0 1 465 smtp.example.org
_submission._tcp.example.org  SRV   0 0 0 .
smtp.example.org              A     127.0.0.1
smtp.example.org              AAAA  ::1
mail.example.org              CNAME smtp.example.org
*.wild.example.org            A     127.0.0.2

# in trouble
broken.example.org SERVFAIL
slow.example.org   SILENCE
`

func TestServer_AnswersFromItsZone(t *testing.T) {
	ctx, s := t.Context(), dnstest.Serve(t, zone+"long.example.org TXT "+strings.Repeat("x", 700))
	r := s.Resolver()
	hosts, err := r.LookupMX(ctx, "example.org.")
	if err != nil || len(hosts) != 2 || *hosts[0] != (net.MX{Host: "mx.example.org.", Pref: 10}) {
		t.Errorf("MX: %v, %v", hosts, err)
	}
	texts, err := r.LookupTXT(ctx, "Example.ORG.")
	if err != nil || !slices.Equal(texts, []string{"v=spf1 include:_spf.example.net -all"}) {
		t.Errorf("TXT: %q, %v", texts, err)
	}
	if texts, err = r.LookupTXT(ctx, "long.example.org."); err != nil || len(texts) != 1 || len(texts[0]) != 700 {
		t.Errorf("a long TXT: %q, %v", texts, err)
	}
	_, services, err := r.LookupSRV(ctx, "submissions", "tcp", "example.org.")
	if err != nil || len(services) != 1 || *services[0] != (net.SRV{Target: "smtp.example.org.", Port: 465, Weight: 1}) {
		t.Errorf("SRV: %v, %v", services, err)
	}
	for name, want := range map[string][]string{
		"mail.example.org.":     {"127.0.0.1", "::1"},
		"any.wild.example.org.": {"127.0.0.2"},
		"a.b.wild.example.org.": {"127.0.0.2"},
	} {
		got, err := r.LookupHost(ctx, name)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if asked := s.Asked(); !slices.Contains(asked, "MX example.org") || !slices.Contains(asked, "SRV _submissions._tcp.example.org") {
		t.Errorf("asked: %q", asked)
	}
}

func TestServer_Failures(t *testing.T) {
	r := dnstest.Serve(t, zone).Resolver()
	for name, want := range map[string]net.DNSError{
		"nobody.example.org.": {IsNotFound: true},
		"_tcp.example.org.":   {IsNotFound: true}, // there, without an address
		"broken.example.org.": {IsTemporary: true},
	} {
		_, err := r.LookupHost(t.Context(), name)
		var got *net.DNSError
		if !errors.As(err, &got) || got.IsNotFound != want.IsNotFound || got.IsTemporary != want.IsTemporary {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestServer_KeepsSilentInVirtualTime(t *testing.T) {
	dnstest.BeforeBubble(t)
	synctest.Test(t, func(t *testing.T) {
		r := dnstest.ServeInMemory(t, zone).Resolver()
		if got, err := r.LookupHost(t.Context(), "any.wild.example.org."); err != nil || len(got) != 1 {
			t.Errorf("%q, %v", got, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		if got, err := r.LookupHost(ctx, "slow.example.org."); err == nil {
			t.Errorf("%q", got)
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("gave up after %s", took)
		}
	})
}
