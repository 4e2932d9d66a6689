package accounts

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// Proxy is a way to the server by another machine that passes on what is said.
// The zero Proxy is none.
//
// The name of the server goes to the proxy as it is, and the proxy looks it up:
// what other programs call socks5h. Where a proxy is needed names can often be
// looked up only behind it, and a lookup here would tell whom one is writing
// through.
type Proxy struct {
	Scheme   ProxyScheme
	Host     string // a name or an IP address without brackets
	Port     int
	Username string // empty: no login at the proxy
	Secret   Secret
}

// ProxyScheme is how a proxy is spoken to.
type ProxyScheme string

// The schemes.
const (
	SOCKS5 ProxyScheme = "socks5" // RFC 1928, with the login of RFC 1929
	HTTP   ProxyScheme = "http"   // CONNECT of RFC 9110 §9.3.6, with the Basic login
)

// IsZero tells that there is no proxy.
func (p Proxy) IsZero() bool { return p.Scheme == "" }

// Address is host:port.
func (p Proxy) Address() string { return net.JoinHostPort(p.Host, strconv.Itoa(p.Port)) }

// String is the URL as the file has it, which has no password in it; "" for none.
func (p Proxy) String() string {
	if p.IsZero() {
		return ""
	}
	u := url.URL{Scheme: string(p.Scheme), Host: p.Address()}
	if p.Username != "" {
		u.User = url.User(p.Username)
	}
	return u.String()
}

// maxSOCKSLogin is the longest user name and password that SOCKS5 can carry.
const maxSOCKSLogin = 255

const (
	proxyHint       = `for example proxy = "socks5://proxy.example.org:1080" or "http://proxy.example.org:3128"`
	proxySecretHint = `name the place where it is kept: proxy = "socks5://user@…" and proxy_secret = { command = […] }, { keyring = true }, { file = "…" } or { env = "…" }`
)

// proxyURL reads a proxy as the file has it. What is wrong with it is said
// without its text: a password may stand in any part of one that is mistyped.
func (l loader) proxyURL(text string) (Proxy, error) {
	const key = "smtp.proxy"
	if text == "" {
		return Proxy{}, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return Proxy{}, l.complain(key, "is not the URL of a proxy", proxyHint)
	}
	p := Proxy{Scheme: ProxyScheme(u.Scheme), Host: u.Hostname(), Username: u.User.Username()}
	_, password := u.User.Password()
	rest := *u
	rest.Scheme, rest.User, rest.Host = "", nil, ""
	switch port, err := strconv.Atoi(u.Port()); {
	case password:
		return Proxy{}, l.complain(key, "a password does not belong in this file", proxySecretHint)
	case u.User != nil && p.Username == "":
		return Proxy{}, l.complain(key, "has an empty user name", proxyHint)
	case rest != (url.URL{}):
		return Proxy{}, l.complain(key, "has something behind the port", proxyHint)
	case err != nil:
		return Proxy{}, l.complain(key, "names no port", proxyHint)
	default:
		p.Port = port
	}
	return p, nil
}

// proxy says what is wrong with the way to the server.
func (c checker) proxy(a Account) error {
	const key = "smtp.proxy"
	p := a.SMTP.Proxy
	if p.IsZero() {
		if !p.Secret.IsZero() {
			return c.complain("smtp.proxy_secret", "there is no proxy", proxyHint)
		}
		return nil
	}
	if problem, _ := hostProblem(p.Host, "proxy.example.org"); problem != "" {
		return c.complain(key, "names no host that one can connect to", proxyHint)
	}
	switch {
	case p.Scheme != SOCKS5 && p.Scheme != HTTP:
		return c.complain(key, "is of a kind that is not known here: socks5 and http are (socks5 is what others call socks5h)", proxyHint)
	case p.Port < 1 || p.Port > 65535:
		return c.complain(key, fmt.Sprintf("the port %d is out of range", p.Port), proxyHint)
	case strings.ContainsFunc(p.Username, unicode.IsControl):
		return c.complain(key, "has control characters in its user name", "")
	case p.Scheme == SOCKS5 && len(p.Username) > maxSOCKSLogin:
		return c.complain(key, fmt.Sprintf("has a user name that is longer than %d bytes", maxSOCKSLogin), "")
	case p.Scheme == HTTP && strings.Contains(p.Username, ":"): // RFC 7617 §2
		return c.complain(key, "has a colon in its user name", "")
	case p.Username != "" && p.Secret.IsZero():
		return c.complain(key, "has a user name and no secret to log in with", proxySecretHint)
	case p.Username == "" && !p.Secret.IsZero():
		return c.complain("smtp.proxy_secret", "has no user name to log in with", proxySecretHint)
	}
	if p.Secret.OAuth != "" {
		return c.complain("smtp.proxy_secret", "cannot be a token", proxySecretHint)
	}
	return c.place("smtp.proxy_secret", p.Secret)
}
