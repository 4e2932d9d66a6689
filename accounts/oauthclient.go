package accounts

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"sendoff/internal/config"
)

// OAuthClient is what the user has registered at a provider, so that tokens
// (OAuth 2) can be had there: [oauth.NAME] of accounts.toml.
type OAuthClient struct {
	Name     string
	ID       string
	Secret   Secret // none for a public client
	Scopes   []string
	Keyring  bool   // what a login brings is kept in the keyring, not in a file
	AuthURL  string // where a person agrees, with a browser
	TokenURL string
	// DeviceURL is where a login begins that ends in a browser on another machine
	// (RFC 8628). Empty: the provider has none for mail.
	DeviceURL string
}

// providers fill in what a client of theirs leaves out. Nobody's client ID is
// here: providers lock out a client for what one of its users does.
var providers = map[string]OAuthClient{
	"google": {
		// Without these it gives a refresh token at the first login alone. Its device
		// login is for a short list of scopes, without mail.
		AuthURL:  "https://accounts.google.com/o/oauth2/v2/auth?access_type=offline&prompt=consent",
		TokenURL: "https://oauth2.googleapis.com/token",
		Scopes:   []string{"https://mail.google.com/"},
	},
	"microsoft": {
		AuthURL:   "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
		TokenURL:  "https://login.microsoftonline.com/common/oauth2/v2.0/token",
		DeviceURL: "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode",
		Scopes: []string{"https://outlook.office.com/SMTP.Send", "https://outlook.office.com/IMAP.AccessAsUser.All",
			"https://outlook.office.com/POP.AccessAsUser.All", "offline_access"},
	},
}

// oauthEntry is [oauth.NAME] as it stands on disk.
type oauthEntry struct {
	ClientID     string      `toml:"client_id"`
	ClientSecret secretEntry `toml:"client_secret"`
	AuthURL      string      `toml:"auth_url"`
	TokenURL     string      `toml:"token_url"`
	DeviceURL    string      `toml:"device_url"`
	Scopes       []string    `toml:"scopes"`
	Keyring      bool        `toml:"keyring"`
}

const (
	oauthHint        = `as in [oauth.google] and below it client_id = "…", from the provider's page for developers`
	clientSecretHint = `say where it is kept: client_secret = { command = […] }, { file = "…" } or { env = "…" }; most clients of programs have none`
)

// clients reads and checks all of [oauth.…].
func (l loader) clients(entries map[string]oauthEntry) ([]OAuthClient, error) {
	var all []OAuthClient
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		e, usual := entries[name], providers[name]
		c := OAuthClient{
			Name: name, ID: e.ClientID, Keyring: e.Keyring, Scopes: e.Scopes,
			AuthURL: cmp.Or(e.AuthURL, usual.AuthURL), TokenURL: cmp.Or(e.TokenURL, usual.TokenURL), DeviceURL: cmp.Or(e.DeviceURL, usual.DeviceURL),
		}
		if len(c.Scopes) == 0 {
			c.Scopes = usual.Scopes
		}
		l.at = "oauth." + name
		var err error
		c.Secret, err = l.secretPlace("client_secret", e.ClientSecret)
		wrong = append(wrong, err, l.client(c))
		all = append(all, c)
	}
	return all, config.Join(wrong...)
}

// client says what is wrong with one.
func (c checker) client(o OAuthClient) error {
	if strings.ContainsFunc(o.Name, func(r rune) bool { return !isASCIIWord(r) }) || o.Name == "" {
		return c.doc.Error(c.at, fmt.Sprintf("%q cannot be the name of a provider", o.Name), "letters, digits, - and _")
	}
	unprintable := func(r rune) bool { return r <= ' ' || r > '~' }
	switch {
	case o.ID == "":
		return c.complain("client_id", "is missing", oauthHint)
	case strings.ContainsFunc(o.ID, unicode.IsControl):
		return c.complain("client_id", "holds control characters", "")
	case o.AuthURL == "" && o.DeviceURL == "":
		return c.complain("auth_url", "is missing", fmt.Sprintf("%s are known here; of others the addresses of their servers are wanted", strings.Join(slices.Sorted(maps.Keys(providers)), " and ")))
	case o.TokenURL == "":
		return c.complain("token_url", "is missing", `for example token_url = "https://login.example.org/token"`)
	case o.Secret.Keyring || o.Secret.OAuth != "":
		return c.complain("client_secret", "cannot be kept there", clientSecretHint)
	case c.doc.Has(c.path("client_secret")) && o.Secret.IsZero():
		return c.complain("client_secret", "names no place", clientSecretHint)
	}
	for i, scope := range o.Scopes {
		if scope == "" || strings.ContainsFunc(scope, unprintable) { // RFC 6749 §3.3
			return c.complain(fmt.Sprintf("scopes[%d]", i), fmt.Sprintf("%q is not a scope", scope), "a list of words without spaces")
		}
	}
	for key, text := range map[string]string{"auth_url": o.AuthURL, "token_url": o.TokenURL, "device_url": o.DeviceURL} {
		if text != "" && !safeURL(text) {
			return c.complain(key, "is not a URL with https", "tokens go to https alone; http is for this machine")
		}
	}
	return c.place("client_secret", o.Secret)
}

func isASCIIWord(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_'
}

// safeURL tells what a password may be sent to.
func safeURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && net.ParseIP(u.Hostname()).IsLoopback()
}
