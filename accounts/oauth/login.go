package oauth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
)

// loginLimit is how long a person may take with a browser.
const loginLimit = 15 * time.Minute

// Person takes part in a login.
type Person struct {
	// Browse is told what to open in a browser. code is "", or what to type there.
	Browse func(url, code string)
	// Paste gives the address that the browser was sent to in the end, for a browser
	// on another machine. It is asked again if that was none, and its ctx ends when
	// nobody waits for it any more. nil: nobody can paste anything.
	Paste func(ctx context.Context) (string, error)
}

var (
	errNoAddress = errors.New("what was pasted is not the address that the browser was sent to")
	errNoRefresh = fmt.Errorf("%w so that a login lasts: it gave no refresh token, for which scopes may have to ask (offline_access)", ErrProvider)
	errNoDevice  = fmt.Errorf("%w by a code: for mail it has no such login, or device_url is missing", ErrProvider)
	errNoBrowser = fmt.Errorf("%w by a browser: it has no such login, or auth_url is missing", ErrProvider)
)

// Login has a person agree with a browser, by an authorization code (RFC 6749 §4.1)
// with PKCE (RFC 7636), and keeps what comes of it. The code comes to a port of this
// machine (RFC 8252 §7.3), or by [Person.Paste].
func (t *Tokens) Login(ctx context.Context, a accounts.Account, c accounts.OAuthClient, p Person) error {
	if c.AuthURL == "" {
		return errNoBrowser
	}
	ctx, stop := context.WithTimeoutCause(ctx, loginLimit, ErrTooLate)
	defer stop()
	w, err := t.wire(ctx, a, c)
	if err != nil {
		return err
	}
	defer w.close()
	back, err := listenForRedirect(rand.Text())
	if err != nil {
		return err
	}
	defer back.close()
	w.config.RedirectURL = back.url

	verifier := oauth2.GenerateVerifier()
	p.Browse(w.config.AuthCodeURL(back.state, oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("login_hint", a.SMTP.Username)), "")
	code, err := back.wait(ctx, p.Paste)
	if err != nil {
		return err
	}
	return t.keep(ctx, a, c, w, func(ctx context.Context) (*oauth2.Token, error) {
		return w.config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	})
}

// LoginByDevice is Login for a browser on another machine, where a code has to be
// typed (RFC 8628). Not every provider has it.
func (t *Tokens) LoginByDevice(ctx context.Context, a accounts.Account, c accounts.OAuthClient, p Person) error {
	if c.DeviceURL == "" {
		return errNoDevice
	}
	ctx, stop := context.WithTimeoutCause(ctx, loginLimit, ErrTooLate)
	defer stop()
	w, err := t.wire(ctx, a, c)
	if err != nil {
		return err
	}
	defer w.close()
	device, err := w.config.DeviceAuth(w.context(ctx))
	if err != nil {
		return w.explain(err)
	}
	if device.DeviceCode == "" || device.UserCode == "" || !webPage(device.VerificationURI) {
		return laterf("%s gives an answer that makes no sense", hostOf(c.DeviceURL))
	}
	// The library would take 0 for 5 s and panic at less.
	device.Interval = min(max(device.Interval, 0), 60)
	p.Browse(cleantext.Line(device.VerificationURI), cleantext.Line(device.UserCode))
	token, err := w.pollDevice(ctx, device)
	if err != nil {
		return err
	}
	return t.keep(ctx, a, c, w, func(context.Context) (*oauth2.Token, error) { return token, nil })
}

// pollDevice asks until a person has agreed, or it is too late for that. A network
// that fails meanwhile changes nothing (RFC 8628 §3.5).
func (w *wire) pollDevice(ctx context.Context, device *oauth2.DeviceAuthResponse) (*oauth2.Token, error) {
	for {
		token, err := w.config.DeviceAccessToken(w.context(ctx), device)
		if err == nil {
			return token, nil
		}
		late := !device.Expiry.IsZero() && !time.Now().Before(device.Expiry)
		explained := explainLogin(w.explain(err))
		switch {
		case late:
			return nil, ErrTooLate
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case !errors.Is(explained, accounts.ErrTryLater):
			return nil, explained
		}
	}
}

// keep gets the tokens and keeps them, in its turn: another process may be about to
// renew those of the login before.
func (t *Tokens) keep(ctx context.Context, a accounts.Account, c accounts.OAuthClient, w *wire, get func(context.Context) (*oauth2.Token, error)) error {
	lock, err := t.lock(ctx, a.Name)
	if err != nil {
		return err
	}
	defer lock.Release()
	ctx, stop := unhurried(ctx)
	defer stop()
	token, err := get(w.context(ctx))
	if err != nil {
		return explainLogin(w.explain(err))
	}
	if token.RefreshToken == "" && !token.Expiry.IsZero() {
		return fmt.Errorf("%s: %w", hostOf(c.TokenURL), errNoRefresh)
	}
	return t.write(ctx, a, c, keptFrom(token, c))
}

// explainLogin puts what a person has done, or left, into plain words.
func explainLogin(err error) error {
	var said *refusal
	if !errors.As(err, &said) {
		return err
	}
	switch said.code {
	case "access_denied", "authorization_declined":
		return ErrDenied
	case "expired_token":
		return ErrTooLate
	}
	return err
}

// webPage tells what can be opened in a browser, and does nothing else.
func webPage(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// codeFrom reads the query with which a browser is sent back. ok is false if it is
// of another login, or of none.
func codeFrom(query url.Values, state string) (code string, ok bool, err error) {
	if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(state)) != 1 {
		return "", false, nil
	}
	if problem := query.Get("error"); problem != "" {
		return "", true, explainLogin(&refusal{"the provider", shorten(problem, 50), shorten(query.Get("error_description"), 300)})
	}
	code = query.Get("code")
	return code, code != "", nil
}

// pasted reads the address a browser was sent to, as a person copies it.
func pasted(text, state string) (code string, ok bool, err error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		return "", false, nil
	}
	return codeFrom(u.Query(), state)
}
