package oauth

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzRedirect: whatever a page sends a browser here with, it is no code without the
// state.
func FuzzRedirect(f *testing.F) {
	f.Add("http://127.0.0.1:1/?code=x&state=the-state-of-this-login")
	f.Add("http://127.0.0.1:1/?code=x&state=other")
	f.Add("http://127.0.0.1:1/?error=access_denied&state=the-state-of-this-login")
	f.Add("?code&state=%ff")
	f.Add("%zz")
	const state = "the-state-of-this-login"
	f.Fuzz(func(t *testing.T, text string) {
		code, ok, err := pasted(text, state)
		if ok && code == "" && err == nil {
			t.Error("neither code nor error")
		}
		if u, wrong := url.Parse(strings.TrimSpace(text)); ok && (wrong != nil || u.Query().Get("state") != state) {
			t.Errorf("%q passes", text)
		}
	})
}
