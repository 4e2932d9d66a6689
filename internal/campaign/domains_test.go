package campaign

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/internal/dnstest"
)

const domainZone = `
example.org        MX 10 mx.example.org
nomx.example       A  127.0.0.1
null.example       MX 0 .
text.example       TXT nothing but this
busy.example       SERVFAIL
`

// asking looks at a list of these addresses and asks about their domains.
func asking(t *testing.T, d *Domains, addresses ...string) Look {
	t.Helper()
	rows := make([]string, len(addresses))
	for i, a := range addresses {
		rows[i] = a + ",Ana,Ana,12,"
	}
	return look(t, opened(t, sampleAt(t, rows...)), Senders{}, Rules{Domains: d}, nil)
}

func wrongWith(k Look) (texts []string) {
	for _, p := range k.Problems {
		texts = append(texts, strings.TrimPrefix(p.Error(), filepath.Dir(p.File)+string(filepath.Separator)))
	}
	return texts
}

func TestDomains_TellByLineWhatTakesNoMail(t *testing.T) {
	server := dnstest.Serve(t, domainZone)
	d := NewDomains(server.Resolver())
	k := asking(t, d, "a@example.org", "b@Example.ORG", "c@nomx.example", "d@null.example", "e@text.example", "f@gone.example", "g@busy.example", "h@[192.0.2.1]")
	want := []string{
		"people.csv:5: row 4: null.example takes no mail", "people.csv:6: row 5: text.example has no mail server", "people.csv:7: row 6: gone.example has no mail server",
	}
	if got := wrongWith(k); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if want := []string{"the name servers say nothing of 1 domain now, which may take mail or not: busy.example"}; !slices.Equal(k.Remarks, want) || k.Letters != 5 {
		t.Errorf("%d letters, %q", k.Letters, k.Remarks)
	}
	if asked := server.Asked(); len(asked) == 0 || slices.ContainsFunc(asked, func(q string) bool { return strings.Contains(q, "192.0.2.1") }) {
		t.Errorf("asked: %q", asked)
	}
}

func TestDomains_AskOncePerDomain(t *testing.T) {
	server := dnstest.Serve(t, "example.org MX 10 mx.example.org")
	d := NewDomains(server.Resolver())
	var all []string
	for n := range 500 {
		all = append(all, fmt.Sprintf("user%d@example.org", n))
	}
	for range 2 {
		if k := asking(t, d, all...); k.Letters != 500 || len(k.Remarks) > 0 {
			t.Fatalf("%d letters, %q", k.Letters, k.Remarks)
		}
	}
	if n := server.Questions(); n != 1 {
		t.Errorf("%d questions for one domain", n)
	}
}

// A domain that was mended is found so by the next look.
func TestDomains_AskAgainAboutWhatTookNoMail(t *testing.T) {
	zone := "other.example MX 0 ."
	d := NewDomains(nil)
	d.resolver = dnstest.Serve(t, zone).Resolver()
	if k := asking(t, d, "ana@other.example"); k.Letters != 0 {
		t.Fatalf("%d letters", k.Letters)
	}
	d.resolver = dnstest.Serve(t, "other.example MX 10 mx.other.example").Resolver()
	if k := asking(t, d, "ana@other.example"); k.Letters != 1 {
		t.Errorf("%q", wrongWith(k))
	}
}

// Without a network nothing is wrong, it is said once, and it takes no minutes.
func TestDomains_SayOnceThatNobodyAnswers(t *testing.T) {
	var all []string
	for n := range 300 {
		all = append(all, fmt.Sprintf("ana@d%d.example", n))
	}
	down := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("network is unreachable")
	}}
	k := asking(t, NewDomains(down), all...)
	if want := []string{"no name server answers, so it was not looked whether the domains of the list take mail"}; !slices.Equal(k.Remarks, want) || k.Letters != 300 || k.Errors > 0 {
		t.Errorf("%d letters, %d errors, %q", k.Letters, k.Errors, k.Remarks)
	}
}

func TestDomains_EndWhereNameServersAreSilent(t *testing.T) {
	dnstest.BeforeBubble(t)
	zone, all := "", []string{"example.org"}
	for n := range 1000 {
		zone += fmt.Sprintf("d%d.example SILENCE\n", n)
		all = append(all, fmt.Sprintf("d%d.example", n))
	}
	for name, test := range map[string]struct {
		zone   string
		most   time.Duration
		remark string
	}{
		"all of them": {zone, 2 * domainLimit, // a look-up that has begun goes on to its limit
			"no name server answers, so it was not looked whether the domains of the list take mail"},
		"all but first": {zone + "example.org MX 10 mx.example.org\n", domainsLimit, "the name servers say nothing of 1000 domains now, which may take mail or not: d0.example, d1.example, d10.example …"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := NewDomains(dnstest.ServeInMemory(t, test.zone).Resolver())
				asked := all
				if test.most < domainsLimit {
					asked = all[1:]
				}
				began, last := time.Now(), 0.0
				remark, err := d.lookUp(t.Context(), asked, func(share float64) { last = share })
				if took := time.Since(began); err != nil || remark != test.remark || took > test.most || last != 1 {
					t.Errorf("after %s, at %f: %q, %v", took, last, remark, err)
				}
			})
		})
	}
}

func TestDomains_StopWithTheLook(t *testing.T) {
	c := opened(t, sampleAt(t, "ana@slow.example,Ana,Ana,12,"))
	ctx, cancel := context.WithCancel(t.Context())
	resolver := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		cancel()
		return nil, errors.New("too late")
	}}
	if _, err := c.Look(ctx, Senders{}, Rules{Domains: NewDomains(resolver)}, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// Nobody is asked where nobody wants that.
func TestLook_AsksNoNameServerByItself(t *testing.T) {
	k := look(t, opened(t, sampleAt(t, "ana@gone.invalid,Ana,Ana,12,")), Senders{}, Rules{}, nil)
	if k.Letters != 1 || k.Errors > 0 {
		t.Errorf("%d letters, %q", k.Letters, wrongWith(k))
	}
}
