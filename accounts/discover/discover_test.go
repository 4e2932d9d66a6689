package discover

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/accounts"
	"sendoff/internal/dnstest"
)

func TestFind_ByTheDomainsOwnServer(t *testing.T) {
	w := newWorld(t, "autoconfig.example.org A 127.0.0.1", map[string]http.HandlerFunc{
		"autoconfig.example.org/mail/config-v1.1.xml": page(settings(
			"pop3 pop.%EMAILDOMAIN% 995 SSL %EMAILLOCALPART% password-cleartext",
			"imap mail.example.org 143 plain %EMAILADDRESS% password-cleartext",
			"imap imap.example.org 993 SSL %EMAILADDRESS% password-cleartext",
			"smtp smtp.example.org 25 plain %EMAILADDRESS% password-cleartext",
			"smtp smtp.example.org 587 STARTTLS %EMAILLOCALPART% password-encrypted",
			"smtp smtp.example.org 465 SSL %EMAILADDRESS% OAuth2 password-cleartext",
		)),
	})
	result := w.find(nil)
	checkFindings(t, result,
		"autoconfig smtp.example.org:587 starttls ada",
		"autoconfig smtp.example.org:465 tls ada@example.org",
	)
	checkRoad(t, result, SourceAutoconfig, Found, "smtp.example.org port 25 is without encryption: refused; mail.example.org port 143 is without encryption: refused")
	if got := result.Findings[0]; got.Confirm != "" || got.Why != "autoconfig.example.org says so" ||
		got.Mailbox.Protocol != accounts.IMAP || got.Mailbox.Host != "imap.example.org" || got.Mailbox.Port != 993 || got.Mailbox.Username != "ada@example.org" {
		t.Errorf("%+v", got)
	}
	if got := result.Findings[1].Secrets; len(got) != 2 || got[0] != accounts.SecretOAuth || got[1] != accounts.SecretPassword {
		t.Errorf("secrets %q", got)
	}
	if result.Offline {
		t.Error("is called offline")
	}
}

func TestFind_OnlyTheOwnServerSeesTheAddress(t *testing.T) {
	zone := "*.example.org A 127.0.0.1\nexample.org A 127.0.0.1\nexample.org MX 10 mx.example.net\nautoconfig.thunderbird.net A 127.0.0.1"
	for _, asked := range []bool{false, true} {
		w := newWorld(t, zone, map[string]http.HandlerFunc{
			"autoconfig.example.org/mail/config-v1.1.xml":             page(""),
			"example.org/.well-known/autoconfig/mail/config-v1.1.xml": page(""),
			"autoconfig.thunderbird.net/v1.1/example.org":             page(""),
			"autoconfig.thunderbird.net/v1.1/example.net":             page(""),
		})
		w.find(func(o *Options) { o.AskDomain = asked })
		w.web.Close() // all requests are noted now
		seen := 0
		for _, request := range w.requests {
			if !strings.Contains(request, "ada") {
				continue
			}
			seen++
			if !strings.HasPrefix(request, "autoconfig.example.org/mail/config-v1.1.xml?emailaddress=ada%40example.org") {
				t.Errorf("asked: %s", request)
			}
		}
		if len(w.requests) != 4 || (seen == 1) != asked || seen > 1 {
			t.Errorf("agreed: %t, seen by %d of %q", asked, seen, w.requests)
		}
		for _, question := range w.names.Asked() {
			if strings.Contains(question, "ada") {
				t.Errorf("asked DNS: %s", question)
			}
		}
	}
}

func TestFind_SaysThatTheWholeAddressMayHelp(t *testing.T) {
	w := newWorld(t, "autoconfig.example.org A 127.0.0.1", map[string]http.HandlerFunc{
		"autoconfig.example.org/mail/config-v1.1.xml": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("emailaddress") == "" {
				http.Error(w, "whose?", http.StatusBadRequest)
				return
			}
			// A server that echoes what it was asked as the user name.
			page(settings("smtp smtp.example.org 465 SSL ada%40example.org password-cleartext"))(w, r)
		},
	})
	silent := w.find(nil)
	checkRoad(t, silent, SourceAutoconfig, Nothing, "(HTTP 400); it may know more if it is shown the whole address")
	if !road(t, silent, SourceAutoconfig).MayKnow || road(t, w.find(askDomain), SourceAutoconfig).MayKnow {
		t.Error("it is not told when the address helps")
	}
	checkFindings(t, w.find(askDomain), "autoconfig smtp.example.org:465 tls ada@example.org")
	if said := road(t, newWorld(t, "", nil).find(nil), SourceAutoconfig).Said; said != "there is no autoconfig.example.org" {
		t.Errorf("of a server that is not there: %q", said)
	}
}

func TestFind_HostedByAPreset(t *testing.T) {
	w := newWorld(t, "example.org MX 20 alt1.aspmx.l.google.com\nexample.org MX 10 aspmx.l.google.com", nil)
	result := w.find(nil)
	checkFindings(t, result, "mx smtp.gmail.com:465 tls ada@example.org", "mx smtp.gmail.com:587 starttls ada@example.org")
	best := result.Findings[0]
	if best.Preset == nil || best.Preset.ID != "google-workspace" || best.Why != "mail for example.org goes to Google Workspace (aspmx.l.google.com)" ||
		best.Confirm != "" || best.Mailbox.Host != "imap.gmail.com" || best.Secrets[0] != accounts.SecretAppPassword {
		t.Errorf("%+v", best)
	}
}

// A web hoster goes on naming its own server when the mail has long moved.
func TestFind_LeftOverSettingsGoBehindTheMX(t *testing.T) {
	w := newWorld(t, "example.org MX 0 example-org.mail.protection.outlook.com\nautoconfig.example.org A 127.0.0.1", map[string]http.HandlerFunc{
		"autoconfig.example.org/mail/config-v1.1.xml": page(settings("smtp mail.example.org 465 SSL %EMAILADDRESS% password-cleartext")),
	})
	result := w.find(nil)
	checkFindings(t, result, "mx smtp.office365.com:587 starttls ada@example.org xoauth2", "autoconfig mail.example.org:465 tls ada@example.org")
	if why := result.Findings[1].Why; !strings.HasSuffix(why, "but mail for it goes to Microsoft 365, so this may be left over") {
		t.Errorf("%q", why)
	}
}

func TestFind_BySRV(t *testing.T) {
	w := newWorld(t, `
_submissions._tcp.example.org SRV 10 0 465 later.example.org
_submissions._tcp.example.org SRV 0 1 465 lighter.example.org
_submissions._tcp.example.org SRV 0 5 10465 smtp.example.org
_submission._tcp.example.org  SRV 0 1 587 mail.example.net
_imaps._tcp.example.org       SRV 0 0 0 .
_pop3s._tcp.example.org       SRV 0 1 995 pop.example.org`, nil)
	result := w.find(nil)
	checkFindings(t, result, "srv smtp.example.org:10465 tls ada@example.org", "srv mail.example.net:587 starttls ada@example.org")
	checkRoad(t, result, SourceSRV, Found, "no imaps is offered")
	if got := result.Findings[0]; got.Confirm != "" || got.Mailbox.Protocol != accounts.POP3 || got.Mailbox.Host != "pop.example.org" {
		t.Errorf("%+v", got)
	}
	if got := result.Findings[1].Confirm; !strings.Contains(got, "mail.example.net does not belong to example.org") {
		t.Errorf("a target outside the domain: %q", got)
	}
}

// The mailbox gets a password too.
func TestFind_SRVNamesAMailboxElsewhere(t *testing.T) {
	w := newWorld(t, "_submissions._tcp.example.org SRV 0 1 465 smtp.example.org\n_imaps._tcp.example.org SRV 0 1 993 imap.example.net", nil)
	if f := w.find(nil).Findings; len(f) != 1 || !strings.HasPrefix(f[0].Confirm, "imap.example.net does not belong to example.org") {
		t.Errorf("%+v", f)
	}
	w = newWorld(t, "_submissions._tcp.example.org SRV 0 1 465 smtp.example.net\n_imaps._tcp.example.org SRV 0 1 993 imap.example.net", nil)
	if f := w.find(nil).Findings; len(f) != 1 || !strings.HasPrefix(f[0].Confirm, "smtp.example.net and imap.example.net do not belong to example.org") {
		t.Errorf("%+v", f)
	}
}

func TestFind_SRVOffersNothing(t *testing.T) {
	w := newWorld(t, "_submissions._tcp.example.org SRV 0 0 0 .", nil)
	result := w.find(nil)
	checkFindings(t, result)
	checkRoad(t, result, SourceSRV, Nothing, "no submissions is offered")
}

func TestFind_ByTheISPDB(t *testing.T) {
	zone := "autoconfig.thunderbird.net A 127.0.0.1\nexample.org MX 10 mx3.mail.hoster.co.uk"
	w := newWorld(t, zone, map[string]http.HandlerFunc{
		"autoconfig.thunderbird.net/v1.1/example.org":  page(settings("smtp smtp.example.org 465 SSL %EMAILADDRESS% password-cleartext")),
		"autoconfig.thunderbird.net/v1.1/hoster.co.uk": page(settings("smtp smtp.hoster.co.uk 465 SSL %EMAILADDRESS% password-cleartext")),
	})
	result := w.find(nil)
	checkFindings(t, result, "ispdb smtp.example.org:465 tls ada@example.org", "ispdb-mx smtp.hoster.co.uk:465 tls ada@example.org")
	if f := result.Findings; f[0].Confirm != "" || f[1].Confirm == "" {
		t.Errorf("to be confirmed: %q, %q", f[0].Confirm, f[1].Confirm)
	}
}

func TestFind_GuessesAreGuesses(t *testing.T) {
	w := newWorld(t, "mail.example.org A 127.0.0.1", nil)
	result := w.find(nil)
	checkFindings(t, result, "guess mail.example.org:465 tls ada@example.org guess", "guess mail.example.org:587 starttls ada@example.org guess")
	if got := result.Findings[0]; got.Mailbox.Host != "mail.example.org" || got.Why != "a guess: there is a mail.example.org" {
		t.Errorf("%+v", got)
	}
	result = newWorld(t, "example.org A 127.0.0.1", nil).find(nil)
	checkFindings(t, result)
	checkRoad(t, result, SourceGuess, Nothing, "neither smtp.example.org nor mail.example.org")
}

// Every name of the domain leads to its web server, which has a certificate for
// none of them: only that road is lost.
func TestFind_WildcardWithAWrongCertificate(t *testing.T) {
	w := newWorld(t, "*.example.org A 127.0.0.1\nexample.org A 127.0.0.1\n_submissions._tcp.example.org SRV 0 1 465 smtp.example.org\nautoconfig.thunderbird.net A 127.0.0.1",
		map[string]http.HandlerFunc{
			"autoconfig.thunderbird.net/v1.1/example.org": page(settings("smtp smtp.example.org 465 SSL %EMAILADDRESS% password-cleartext")),
		})
	result := w.find(nil)
	checkRoad(t, result, SourceAutoconfig, Refused, "autoconfig.example.org shows the certificate of another name")
	checkRoad(t, result, SourceWellKnown, Refused, "example.org shows the certificate of another name")
	if len(result.Findings) == 0 || short(result.Findings[0]) != "srv smtp.example.org:465 tls ada@example.org" {
		t.Errorf("%+v", result.Findings)
	} else if also := result.Findings[0].Also; len(also) != 2 || also[0] != SourceISPDB || also[1] != SourceGuess {
		t.Errorf("also %q", also)
	}
}

func TestFind_TheSameServerOnce(t *testing.T) {
	w := newWorld(t, "gmail.com MX 5 gmail-smtp-in.l.google.com\nautoconfig.thunderbird.net A 127.0.0.1", map[string]http.HandlerFunc{
		"autoconfig.thunderbird.net/v1.1/gmail.com": page(settings("smtp smtp.gmail.com 465 SSL %EMAILADDRESS% OAuth2")),
	})
	result, err := Find(t.Context(), "Ada <ada@gmail.com>", w.options())
	if err != nil {
		t.Fatal(err)
	}
	checkFindings(t, result, "preset smtp.gmail.com:465 tls ada@gmail.com", "preset smtp.gmail.com:587 starttls ada@gmail.com")
	if f := result.Findings[0]; f.Preset.ID != "gmail" || len(f.Also) != 2 || f.Also[0] != SourceMX || f.Also[1] != SourceISPDB {
		t.Errorf("%+v", f)
	}
}

func TestFind_WhoeverNamesAServerItsPresetIsKnown(t *testing.T) {
	w := newWorld(t, "_submissions._tcp.example.org SRV 0 1 465 smtp.fastmail.com", nil)
	if f := w.find(nil).Findings; len(f) != 1 || f[0].Preset == nil || f[0].Preset.ID != "fastmail" {
		t.Errorf("%+v", f)
	}
}

func TestFind_ProviderWithoutSMTP(t *testing.T) {
	result, err := Find(t.Context(), "ada@tuta.com", newWorld(t, "tuta.com MX 10 mail.tutanota.de", nil).options())
	if err != nil {
		t.Fatal(err)
	}
	checkFindings(t, result)
	checkRoad(t, result, SourcePreset, Refused, "Tuta has no SMTP server")
	checkRoad(t, result, SourceMX, Refused, "Tuta has no SMTP server")
}

func TestFind_InternationalDomain(t *testing.T) {
	w := newWorld(t, "_submissions._tcp.xn--bcher-kva.example SRV 0 1 465 smtp.xn--bcher-kva.example", nil)
	result, err := Find(t.Context(), "ada@Bücher.example", w.options())
	if err != nil {
		t.Fatal(err)
	}
	checkFindings(t, result, "srv smtp.xn--bcher-kva.example:465 tls ada@xn--bcher-kva.example")
	if result.Findings[0].Confirm != "" {
		t.Errorf("to be confirmed: %q", result.Findings[0].Confirm)
	}
}

func TestFind_SlipInTheDomain(t *testing.T) {
	result, err := Find(t.Context(), "ada@gmial.com", newWorld(t, "", nil).options())
	if err != nil || result.DidYouMean != "ada@gmail.com" {
		t.Errorf("%q, %v", result.DidYouMean, err)
	}
}

func TestFind_NoAddress(t *testing.T) {
	for _, address := range []string{"", "ada", "ada@", "ada@localhost", "ada@[127.0.0.1]", "ada@127.0.0.1", "ada@exa mple.org", "ada@-.org", "a@b..org"} {
		if _, err := Find(t.Context(), address, Options{}); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := Find(t.Context(), "ada\x1b[31m", Options{}); err == nil || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("%q", err)
	}
}

// Without a network presets work, and it is said that nobody could be asked.
func TestFind_Offline(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "") // the client is the one of a user's machine
	t.Setenv("https_proxy", "")
	down := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("network is unreachable")}
	}
	o := Options{Resolver: &net.Resolver{PreferGo: true, Dial: down}}
	result, err := Find(t.Context(), "ada@gmx.de", o)
	if err != nil || !result.Offline {
		t.Errorf("offline: %t, %v", result.Offline, err)
	}
	checkFindings(t, result, "preset mail.gmx.net:465 tls ada@gmx.de", "preset mail.gmx.net:587 starttls ada@gmx.de")
	for _, r := range result.Roads[1:] {
		if r.State != Failed || r.Said == "" {
			t.Errorf("%+v", r)
		}
	}
}

// blackHole is a web that takes connections and never says a word.
func blackHole(t *testing.T) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		t.Cleanup(func() { _ = server.Close() })
		return client, nil
	}}}
}

func TestFind_BlackHolesEndAtTheLimit(t *testing.T) {
	dnstest.BeforeBubble(t)
	synctest.Test(t, func(t *testing.T) {
		names := dnstest.ServeInMemory(t, `
_submissions._tcp.example.org SRV 0 1 465 smtp.example.org
_submission._tcp.example.org SILENCE
smtp.example.org SILENCE`)
		start := time.Now()
		result, err := Find(t.Context(), "ada@example.org", Options{Resolver: names.Resolver(), Client: blackHole(t)})
		if took := time.Since(start); err != nil || took != 8*time.Second {
			t.Errorf("took %s, %v", took, err)
		}
		checkFindings(t, result, "srv smtp.example.org:465 tls ada@example.org")
		checkRoad(t, result, SourceAutoconfig, Failed, "did not answer in time")
		checkRoad(t, result, SourceGuess, Failed, "DNS did not answer in time")
		if took := road(t, result, SourceSRV).Took; took != 3*time.Second {
			t.Errorf("SRV took %s", took)
		}
		if result.Offline {
			t.Error("is called offline")
		}
	})
}

func TestFind_SilentDNSIsOffline(t *testing.T) {
	dnstest.BeforeBubble(t)
	synctest.Test(t, func(t *testing.T) {
		names := dnstest.ServeInMemory(t, "*.gmail.com SILENCE\ngmail.com SILENCE\n*.thunderbird.net SILENCE")
		dial := (&net.Dialer{Resolver: names.Resolver()}).DialContext
		result, err := Find(t.Context(), "ada@gmail.com", Options{Resolver: names.Resolver(), Client: &http.Client{Transport: &http.Transport{DialContext: dial}}})
		if err != nil || !result.Offline || len(result.Findings) != 2 || result.Findings[0].Source != SourcePreset {
			t.Errorf("%+v, %v", result, err)
		}
	})
}

func TestFind_GivenUp(t *testing.T) {
	dnstest.BeforeBubble(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		names := dnstest.ServeInMemory(t, "gmail.com SILENCE\n*.gmail.com SILENCE")
		start := time.Now()
		result, err := Find(ctx, "ada@gmail.com", Options{Resolver: names.Resolver(), Client: blackHole(t)})
		if took := time.Since(start); err != nil || took != time.Second || len(result.Findings) == 0 {
			t.Errorf("took %s, %+v, %v", took, result, err)
		}
	})
}

// Who shows a list of what is asked can fill it in as the answers come.
func TestFind_TellsOfEachRoadAsItAnswers(t *testing.T) {
	w := newWorld(t, "mail.example.org A 127.0.0.1\n", nil)
	var told []Road
	result := w.find(func(o *Options) { o.Told = func(r Road) { told = append(told, r) } })
	if len(told) != len(Sources()) || len(result.Roads) != len(told) {
		t.Fatalf("told of %d roads, %d in the result", len(told), len(result.Roads))
	}
	for i, source := range Sources() {
		if result.Roads[i].Source != source {
			t.Errorf("road %d is %s", i, result.Roads[i].Source)
		}
		if !slices.Contains(told, result.Roads[i]) {
			t.Errorf("nobody was told of %+v", result.Roads[i])
		}
	}
}

func TestKnown_AsksNobody(t *testing.T) {
	known, err := Known("Ada <ada@gmail.com>")
	if err != nil || known.Address != "ada@gmail.com" || len(known.Findings) == 0 || known.Findings[0].Source != SourcePreset || known.Findings[0].SMTP.Host != "smtp.gmail.com" {
		t.Errorf("%+v, %v", known, err)
	}
	if near, err := Known("ada@gmial.com"); err != nil || near.DidYouMean != "ada@gmail.com" || len(near.Findings) > 0 {
		t.Errorf("%+v, %v", near, err)
	}
	if _, err := Known("ada"); !errors.Is(err, ErrAddress) {
		t.Errorf("got %v", err)
	}
}
