package importer

import (
	"net/url"
	"strconv"
	"strings"
)

// serverURL is a server as mutt and aerc write it:
// scheme://[user[:password]@]host[:port][/path][?query].
type serverURL struct {
	scheme         string // lower case
	user, password string
	hasPassword    bool
	host           string // without brackets
	port           int    // 0 if there is none
	path           string // without the slash in front
	query          url.Values
}

// parseServerURL reads one. Unlike net/url it takes a user name that holds an
// "@", as both programs do, and its complaint quotes nothing: a password may
// stand in any part of what is mistyped.
func parseServerURL(text string) (u serverURL, problem string) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return u, "is not a URL"
	}
	u.scheme = strings.ToLower(scheme)
	rest, query, _ := strings.Cut(rest, "?")
	u.query, _ = url.ParseQuery(query) // what is wrong in it stands for nothing we use
	if first := strings.IndexByte(rest, '/'); first >= 0 && isAuthority(rest[:first], rest[first:]) {
		rest, u.path = rest[:first], rest[first+1:]
	}
	at := max(strings.LastIndexByte(rest, '@'), 0)
	if end := strings.IndexByte(rest[at:], '/'); end >= 0 {
		rest, u.path = rest[:at+end], rest[at+end+1:]
	}
	host := rest
	if at > 0 {
		user, password, hasPassword := strings.Cut(rest[:at], ":")
		host, u.hasPassword = rest[at+1:], hasPassword
		for _, part := range []struct {
			text string
			into *string
		}{{user, &u.user}, {password, &u.password}} {
			decoded, err := url.PathUnescape(part.text)
			if err != nil {
				return u, "has a % that begins no character: write it as %25"
			}
			*part.into = decoded
		}
	}
	if path, err := url.PathUnescape(u.path); err == nil {
		u.path = path
	}
	return u, u.setHost(host)
}

// isAuthority tells that what stands before the first slash is all there is of user
// and host. Else the slash is part of a password that should have been written as
// %2F, as in user:pass/word@host.
func isAuthority(text, rest string) bool {
	host, port, hasPort := strings.Cut(text, ":")
	_, err := strconv.Atoi(port)
	return !strings.Contains(rest, "@") || strings.Contains(text, "@") || !hasPort || host == "" || err == nil || strings.HasPrefix(text, "[")
}

func (u *serverURL) setHost(text string) (problem string) {
	port := ""
	if inside, rest, ok := strings.Cut(strings.TrimPrefix(text, "["), "]"); ok && strings.HasPrefix(text, "[") {
		u.host, port = inside, strings.TrimPrefix(rest, ":")
	} else {
		u.host, port, _ = strings.Cut(text, ":")
	}
	if port == "" {
		return ""
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 {
		return "has something else than a port behind its host"
	}
	u.port = n
	return ""
}
