package discover

import (
	"cmp"
	"slices"

	"sendoff/accounts"
)

// trust is the order of the roads: what sendoff knows, the word of the domain
// itself, then hearsay.
var trust = map[Source]int{
	SourcePreset: 0, SourceAutoconfig: 1, SourceWellKnown: 2, SourceMX: 3, SourceSRV: 5, SourceISPDB: 6, SourceISPDBMX: 7, SourceGuess: 8,
}

// leftOver is the place of the domain's own word where its mail goes elsewhere:
// behind SourceMX. A web hoster goes on saying "mail.example.org" for years after
// the mail has moved to a large provider.
const leftOver = 4

// rank puts what the roads offered in order, best first, and makes one finding of
// offers of the same server. mx is the preset of where the domain's mail goes,
// nil if there is none.
func rank(offers []Finding, mx *accounts.Preset) []Finding {
	place := func(f Finding) int {
		if own := f.Source == SourceAutoconfig || f.Source == SourceWellKnown; own && mx != nil && !mx.Serves(f.SMTP.Host, f.SMTP.Port) {
			return leftOver
		}
		return trust[f.Source]
	}
	sorted := slices.Clone(offers)
	slices.SortStableFunc(sorted, func(a, b Finding) int { return cmp.Compare(place(a), place(b)) })

	var findings []Finding
	for _, f := range sorted {
		if place(f) == leftOver {
			f.Why += "; but mail for it goes to " + mx.Name + ", so this may be left over"
		}
		same := func(other Finding) bool {
			return other.SMTP.Host == f.SMTP.Host && other.SMTP.Port == f.SMTP.Port && other.SMTP.Security == f.SMTP.Security
		}
		i := slices.IndexFunc(findings, same)
		if i < 0 {
			findings = append(findings, withPreset(f, mx))
			continue
		}
		findings[i] = join(findings[i], f)
	}
	return findings
}

// join adds to a finding what a road behind it says of the same server.
func join(f, other Finding) Finding {
	if other.Source != f.Source && !slices.Contains(f.Also, other.Source) {
		f.Also = append(f.Also, other.Source)
	}
	if f.Mailbox.IsZero() {
		f.Mailbox = other.Mailbox
		f.Confirm = cmp.Or(f.Confirm, other.Confirm) // which may be about that
	}
	if len(f.Secrets) == 0 {
		f.Secrets = other.Secrets
	}
	return f
}

// withPreset adds what sendoff knows of the server, whoever named it.
func withPreset(f Finding, mx *accounts.Preset) Finding {
	if f.Preset != nil {
		return f
	}
	if mx != nil && mx.Serves(f.SMTP.Host, f.SMTP.Port) { // Google Workspace, not Gmail: they share a server
		f.Preset = mx
	} else if p, ok := accounts.PresetForHost(f.SMTP.Host); ok {
		f.Preset = &p
	}
	return f
}
