package discover

import (
	"slices"
	"strings"
	"testing"

	"sendoff/accounts"
)

func TestRank(t *testing.T) {
	google, _ := accounts.PresetForMX("aspmx.l.google.com")
	offer := func(source Source, host string) Finding {
		return Finding{Source: source, SMTP: accounts.SMTP{Host: host, Port: 465, Security: accounts.TLS}}
	}
	for name, test := range map[string]struct {
		offers []Finding
		mx     *accounts.Preset
		want   string
	}{
		"by trust": {
			offers: []Finding{offer(SourceGuess, "g"), offer(SourceISPDBMX, "im"), offer(SourceISPDB, "i"), offer(SourceSRV, "s"), offer(SourceMX, "m"),
				offer(SourceWellKnown, "w"), offer(SourceAutoconfig, "a"), offer(SourcePreset, "p")},
			want: "p a w m s i im g",
		},
		"the domain's word agrees with its MX": {
			offers: []Finding{offer(SourceMX, "smtp.gmail.com"), offer(SourceAutoconfig, "smtp.gmail.com")}, mx: &google,
			want: "smtp.gmail.com+mx",
		},
		"the domain's word is left over": {
			offers: []Finding{offer(SourceAutoconfig, "old"), offer(SourceSRV, "srv"), offer(SourceMX, "smtp.gmail.com")}, mx: &google,
			want: "smtp.gmail.com old srv",
		},
		"a stale list does not beat the MX": {
			offers: []Finding{offer(SourceISPDB, "stale"), offer(SourceMX, "smtp.gmail.com")}, mx: &google,
			want: "smtp.gmail.com stale",
		},
		"the order of a road stays": {
			offers: []Finding{offer(SourceSRV, "b"), offer(SourceSRV, "a"), offer(SourceSRV, "b")},
			want:   "b a",
		},
		"nothing": {},
	} {
		var got []string
		for _, f := range rank(test.offers, test.mx) {
			text := f.SMTP.Host
			for _, source := range f.Also {
				text += "+" + string(source)
			}
			got = append(got, text)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestRank_JoinsWhatTheOthersKnow(t *testing.T) {
	server := accounts.SMTP{Host: "smtp.example.org", Port: 465, Security: accounts.TLS}
	got := rank([]Finding{
		{Source: SourceISPDB, SMTP: server, Mailbox: accounts.Mailbox{Protocol: accounts.IMAP, Host: "imap.example.org"}, Confirm: "is it?", Secrets: []accounts.SecretKind{accounts.SecretPassword}},
		{Source: SourceSRV, SMTP: server},
	}, nil)
	if len(got) != 1 || got[0].Source != SourceSRV || got[0].Mailbox.Host != "imap.example.org" || got[0].Confirm != "is it?" || !slices.Equal(got[0].Secrets, []accounts.SecretKind{accounts.SecretPassword}) {
		t.Errorf("%+v", got)
	}
}
