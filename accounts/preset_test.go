package accounts

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/idna"
)

// Each provider is a fact that nobody looks at again until it hurts; here is what
// can be told of it without asking the provider.
func TestPresets_ArePlausible(t *testing.T) {
	ids, domains, exchangers := make(map[string]bool), make(map[string]string), make(map[string]string)
	for _, p := range Presets() {
		t.Run(p.ID, func(t *testing.T) {
			if p.ID == "" || p.Name == "" || ids[p.ID] {
				t.Errorf("id %q (twice: %t), name %q", p.ID, ids[p.ID], p.Name)
			}
			ids[p.ID] = true
			for _, list := range []struct {
				names []string
				seen  map[string]string
			}{{p.Domains, domains}, {p.MX, exchangers}} {
				for _, name := range list.names {
					if problem := domainProblem(name); problem != "" {
						t.Errorf("%q %s", name, problem)
					}
					if other := list.seen[name]; other != "" {
						t.Errorf("%s is in %s too", name, other)
					}
					list.seen[name] = p.ID
				}
			}
			checkServers(t, p)
			checkLogin(t, p)
			checkWords(t, p)
			checkLimits(t, p.Limits)
		})
	}
	if len(ids) < 60 {
		t.Errorf("only %d providers", len(ids))
	}
}

// domainProblem says what is wrong with a name, or address, of the file.
func domainProblem(name string) string {
	if ip, err := netip.ParseAddr(name); err == nil {
		if !ip.IsLoopback() {
			return "is an address of some machine"
		}
		return ""
	}
	ascii, err := idna.Registration.ToASCII(name)
	switch {
	case err != nil:
		return err.Error()
	case ascii != name || strings.ToLower(name) != name:
		return "is not in its plain form"
	case !strings.Contains(name, "."):
		return "has no dot"
	}
	return ""
}

// serverPorts are what a security goes with, by service. 2465, 2525 and 2587 are
// there for networks that block the usual ones, 1025 and 1143 are Proton Bridge's.
var serverPorts = map[string]map[Security][]int{
	"smtp": {TLS: {465, 2465}, STARTTLS: {587, 2525, 2587, 1025}},
	"imap": {TLS: {993}, STARTTLS: {1143}},
	"pop3": {TLS: {995}},
}

func checkServers(t *testing.T, p Preset) {
	t.Helper()
	check := func(service string, s Server) {
		t.Helper()
		if problem := domainProblem(s.Host); problem != "" {
			t.Errorf("%s: %s", s, problem)
		}
		if problem, _ := hostProblem(s.Host, service+".example.org"); problem != "" {
			t.Errorf("%s: %s", s, problem)
		}
		if !slices.Contains(serverPorts[service][s.Security], s.Port) {
			t.Errorf("%s: not a port of %s", s, service)
		}
		if ip, err := netip.ParseAddr(s.Host); s.Port < 2000 && s.Port > 1000 && (err != nil || !ip.IsLoopback()) {
			t.Errorf("%s: a port of programs on this machine", s)
		}
	}
	if len(p.SMTP) == 0 && len(p.Hints) == 0 {
		t.Error("does not say why there is no server")
	}
	for i, s := range p.SMTP {
		check("smtp", s)
		if slices.Contains(p.SMTP[:i], s) {
			t.Errorf("%s stands twice", s)
		}
		if s.Security == TLS && i > 0 && p.SMTP[i-1].Security == STARTTLS {
			t.Errorf("%s: STARTTLS goes before it", s)
		}
	}
	if !p.IMAP.IsZero() {
		check("imap", p.IMAP)
	}
	if !p.POP3.IsZero() {
		check("pop3", p.POP3)
	}
}

func checkLogin(t *testing.T, p Preset) {
	t.Helper()
	if len(p.SMTP) == 0 {
		if p.Login != "" || len(p.Secrets) > 0 {
			t.Error("a login without a server")
		}
		return
	}
	if !slices.Contains([]Login{LoginAddress, LoginLocal, LoginFixed, LoginOwn}, p.Login) {
		t.Errorf("login %q", p.Login)
	}
	if (p.LoginName != "") != (p.Login == LoginFixed) {
		t.Errorf("login %q with the name %q", p.Login, p.LoginName)
	}
	if len(p.Secrets) == 0 {
		t.Error("says nothing of the secret")
	}
	for i, kind := range p.Secrets {
		if !slices.Contains([]SecretKind{SecretPassword, SecretAppPassword, SecretOAuth, SecretToken}, kind) || slices.Contains(p.Secrets[:i], kind) {
			t.Errorf("secret %q", kind)
		}
		if kind == SecretAppPassword && i == 0 && len(p.Hints) == 0 {
			t.Error("wants an app password and does not say so")
		}
	}
	for _, s := range p.SMTPFor("ada@example.org") {
		// What a preset gives must make an account, or the wizard would offer it in vain.
		s.Secret = Secret{Env: "SECRET"}
		if s.Username == "" {
			s.Username = "issued"
		}
		a := Account{Name: "work", SMTP: s, Limits: p.Limits.Limits}
		a.From.Address = "ada@example.org"
		if _, err := NewBook("", a); err != nil {
			t.Error(err)
		}
	}
}

func checkWords(t *testing.T, p Preset) {
	t.Helper()
	for _, hint := range p.Hints {
		if first := hint[:1]; !strings.HasSuffix(hint, ".") || first != strings.ToUpper(first) || strings.ContainsAny(hint, "\n\t") || len(hint) > 200 {
			t.Errorf("no sentence: %q", hint)
		}
	}
	if problem := domainProblem(strings.TrimPrefix(p.SPF, "_")); p.SPF != "" && problem != "" {
		t.Errorf("spf %q %s", p.SPF, problem)
	}
	for _, selector := range p.DKIM {
		if problem := domainProblem(selector + ".example.org"); strings.Contains(selector, ".") || problem != "" {
			t.Errorf("selector %q %s", selector, problem)
		}
	}
}

func checkLimits(t *testing.T, l PublishedLimits) {
	t.Helper()
	if l.Published == "" {
		if l != (PublishedLimits{}) || l.String() != "" {
			t.Errorf("limits without words: %+v", l)
		}
		return
	}
	if _, err := time.Parse("2006-01", l.AsOf); err != nil || l.AsOf < "2026" {
		t.Errorf("as_of %q", l.AsOf)
	}
	if l.Source == "" || strings.HasSuffix(l.Published, ".") {
		t.Errorf("source %q, published %q", l.Source, l.Published)
	}
	last := 0
	for _, number := range []int{l.PerSecond, l.PerMinute, l.PerHour, l.PerDay} {
		if number < 0 || number > 1_000_000 || number != 0 && number < last {
			t.Errorf("%+v", l.Limits)
		}
		last = max(last, number)
	}
	if l.Connections < 0 || l.Connections > 20 || l.MessagesPerConnection < 0 {
		t.Errorf("%+v", l)
	}
	if l.MaxSize != 0 && (l.MaxSize < 5_000_000 || l.MaxSize > 200_000_000) {
		t.Errorf("max_size %d", l.MaxSize)
	}
	for number, unit := range map[int]string{l.PerDay: "", l.PerHour: "hour", l.PerMinute: "minute"} {
		if number != 0 && !strings.Contains(l.Published, grouped(number)) || unit != "" && number != 0 && !strings.Contains(l.Published, unit) {
			t.Errorf("%d %s is not in the words: %s", number, unit, l.Published)
		}
	}
}

// grouped writes a number as the words do: 10,000.
func grouped(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// mustFind looks for presets, by what leads to them; "" is none.
func mustFind(t *testing.T, find func(string) (Preset, bool), wanted map[string]string) {
	t.Helper()
	for sought, want := range wanted {
		got, ok := find(sought)
		if got.ID != want || ok != (want != "") {
			t.Errorf("%s: %q, %t", sought, got.ID, ok)
		}
	}
}

func TestPresetFor(t *testing.T) {
	mustFind(t, PresetFor, map[string]string{
		"ada@gmail.com":            "gmail",
		"Ada <Ada@GoogleMail.com>": "gmail",
		"ada@web.de":               "webde",
		"ada@example.org":          "",
		"ada@mail.gmail.com":       "",
		"gmail.com":                "",
		"":                         "",
	})
}

func TestPresetForMX_TakesTheClosest(t *testing.T) {
	mustFind(t, PresetForMX, map[string]string{
		"aspmx.l.google.com.":                      "google-workspace",
		"ALT4.ASPMX.L.GOOGLE.COM":                  "google-workspace",
		"example-org.mail.protection.outlook.com.": "microsoft365",
		"outlook-com.olc.protection.outlook.com":   "outlook",
		"example-org.a-v1.mx.microsoft.":           "microsoft365",
		"in1-smtp.messagingengine.com":             "fastmail",
		"mx.zoho.eu":                               "zoho-eu",
		"mx.zoho.com.au":                           "zoho-au",
		"mx00.mail.com":                            "mailcom",
		"mx.hotmail.com":                           "",
		"evilgoogle.com":                           "",
		"google.com.example.org":                   "",
		".":                                        "",
	})
}

func TestPresetOf(t *testing.T) {
	for _, test := range []struct {
		name, address, host string
		port                int
		want                string
	}{
		{"of the address first", "ada@gmail.com", "smtp.gmail.com", 465, "gmail"},
		{"then for domains of customers", "ada@example.org", "smtp.gmail.com", 465, "google-workspace"},
		{"at another port", "ada@gmail.com", "smtp.gmail.com", 2525, "gmail"},
		{"to read at", "ada@gmail.com", "IMAP.gmail.com.", 993, "gmail"},
		{"a server of nobody", "ada@gmail.com", "smtp.example.org", 465, ""},
		{"no address", "", "posteo.de", 465, "posteo"},
		{"on this machine", "ada@proton.me", "127.0.0.1", 1025, "proton-bridge"},
		{"something else on this machine", "ada@proton.me", "127.0.0.1", 25, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, found := PresetOf(test.address, test.host, test.port)
			if p.ID != test.want || found != (test.want != "") {
				t.Errorf("%q, %t, want %q", p.ID, found, test.want)
			}
		})
	}
}

func TestPreset_Username(t *testing.T) {
	for id, want := range map[string]string{"gmail": "ada@x.example", "webde": "ada", "sendgrid": "apikey", "postmark": "", "tuta": ""} {
		i := slices.IndexFunc(Presets(), func(p Preset) bool { return p.ID == id })
		if i < 0 {
			t.Errorf("no preset %s", id)
			continue
		}
		if got := Presets()[i].Username("ada@x.example"); got != want {
			t.Errorf("%s: %q", id, got)
		}
	}
}

func TestPreset_OAuthIsAsked(t *testing.T) {
	p, _ := PresetFor("ada@outlook.com")
	if servers := p.SMTPFor("ada@outlook.com"); len(servers) != 1 || servers[0].Auth != AuthXOAUTH2 || servers[0].Username != "ada@outlook.com" {
		t.Errorf("%+v", servers)
	}
}

func TestPreset_LimitsSayWhen(t *testing.T) {
	p, _ := PresetFor("ada@gmail.com")
	if got := p.Limits.String(); !strings.HasPrefix(got, "published as of 2026-11: 500 recipients") {
		t.Errorf("%q", got)
	}
}

func TestNearestHost(t *testing.T) {
	for host, want := range map[string]string{
		"smtp.gmial.com":                       "smtp.gmail.com",
		"smtp.gmail.con":                       "smtp.gmail.com",
		"SMTP.GMAIL.CO.":                       "smtp.gmail.com",
		"smtp.ofice365.com":                    "smtp.office365.com",
		"smtp.gmail.com":                       "",
		"smtp.mail.com":                        "", // one letter from Gmail's, and a server of its own
		"mail.example.org":                     "",
		"a.b":                                  "",
		"":                                     "",
		strings.Repeat("smtp.gmail.com", 1000): "",
	} {
		if got := NearestHost(host); got != want {
			t.Errorf("%s: %q", host, got)
		}
	}
}

func TestNearestDomain(t *testing.T) {
	for domain, want := range map[string]string{
		"gmial.com":   "gmail.com",
		"gmail.con":   "gmail.com",
		"hotmial.com": "hotmail.com",
		"ymail.com":   "",
		"gmx.li":      "",
		"example.org": "",
	} {
		if got := NearestDomain(domain); got != want {
			t.Errorf("%s: %q", domain, got)
		}
	}
}

func TestServer_SaysWhatTheLineIs(t *testing.T) {
	for want, s := range map[string]Server{
		"mail.example.org:465 tls":      {Host: "mail.example.org", Port: 465, Security: TLS},
		"mail.example.org:587 starttls": {Host: "mail.example.org", Port: 587, Security: STARTTLS},
		"127.0.0.1:2525 no TLS":         {Host: "127.0.0.1", Port: 2525, Security: None},
	} {
		if got := s.String(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
