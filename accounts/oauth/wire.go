package oauth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
)

// maxAnswer is far above any answer with tokens.
const maxAnswer = 256 << 10

// invalidGrant is the code for a code or refresh token that is not, or no longer,
// good for anything (RFC 6749 §5.2).
const invalidGrant = "invalid_grant"

// errSenseless is an answer that the library is not to see.
var errSenseless = errors.New("no answer of OAuth 2")

// refusal is an answer by which a provider says no.
type refusal struct {
	server string
	code   string // of RFC 6749 §5.2 and others; "" if it gave none
	said   string // in its own words, cleaned
}

func (r *refusal) Error() string {
	if r.said == "" {
		return fmt.Sprintf("%s says %s", r.server, r.code)
	}
	return fmt.Sprintf("%s says %s: %s", r.server, r.code, r.said)
}

func (r *refusal) Unwrap() error { return ErrRefused }

// wire is the way to a provider for one exchange. It is for one goroutine.
type wire struct {
	config    *oauth2.Config
	transport *http.Transport
	sent      []string // secrets, which a provider may repeat
}

// wire asks for the secret of the client, and for that of the proxy through
// which the account's server is reached: where one needs that, it is for all.
func (t *Tokens) wire(ctx context.Context, a accounts.Account, c accounts.OAuthClient) (*wire, error) {
	w := &wire{
		config: &oauth2.Config{
			ClientID: c.ID, Scopes: c.Scopes,
			// Not by trial: a provider that sees a code twice may take back what it gave
			// for it (RFC 6749 §4.1.2).
			Endpoint: oauth2.Endpoint{AuthURL: c.AuthURL, TokenURL: c.TokenURL, DeviceAuthURL: c.DeviceURL, AuthStyle: oauth2.AuthStyleInParams},
		},
		transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: t.dial, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: exchangeLimit, MaxResponseHeaderBytes: maxAnswer,
		},
	}
	if !c.Secret.IsZero() {
		secret, err := c.Secret.Resolve(ctx)
		if err != nil {
			return nil, fmt.Errorf("client_secret of %s: %w", c.Name, err)
		}
		w.config.ClientSecret = secret
	}
	if p := a.SMTP.Proxy; !p.IsZero() {
		through, err := proxyURL(ctx, p)
		if err != nil {
			return nil, err
		}
		w.transport.Proxy = http.ProxyURL(through)
	}
	return w, nil
}

func proxyURL(ctx context.Context, p accounts.Proxy) (*url.URL, error) {
	u := &url.URL{Scheme: string(p.Scheme), Host: p.Address()}
	if p.Username != "" {
		password, err := p.Secret.Resolve(ctx)
		if err != nil {
			return nil, err
		}
		u.User = url.UserPassword(p.Username, password)
	}
	return u, nil
}

func (w *wire) close() { w.transport.CloseIdleConnections() }

// context has the library use this wire. It gives some requests no context of
// their own, hence ctx goes along here.
func (w *wire) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport: careful{w, ctx},
		// A redirect would carry the secrets of the request to who knows where.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
}

// careful reads answers whole, within limits, and lets pass to the library what it
// can cope with: it takes null for an answer, and does not close all that it reads.
type careful struct {
	*wire
	ctx context.Context
}

func (c careful) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(request.Context(), exchangeLimit)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	if err := c.remember(request); err != nil {
		return nil, err
	}
	response, err := c.transport.RoundTrip(request.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > maxAnswer, response.StatusCode < http.StatusMultipleChoices && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")):
		return nil, errSenseless
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// remember notes the secrets of a request.
func (w *wire) remember(request *http.Request) error {
	body, err := request.GetBody()
	if err != nil {
		return err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	values, err := url.ParseQuery(string(text))
	if err != nil {
		return err
	}
	for _, key := range []string{"client_secret", "code", "code_verifier", "refresh_token", "device_code"} {
		if secret := values.Get(key); secret != "" {
			w.sent = append(w.sent, secret)
		}
	}
	return nil
}

// explain says what went wrong, without what was sent or came. It is a *refusal,
// or wraps [accounts.ErrTryLater].
func (w *wire) explain(err error) error {
	server := hostOf(w.config.Endpoint.TokenURL)
	var said *oauth2.RetrieveError
	var lost *url.Error
	switch {
	case errors.As(err, &said) && (said.ErrorCode == "" || passing(said)):
		return laterf("%s answers %s", server, cleantext.Line(said.Response.Status))
	case errors.As(err, &said):
		return &refusal{server, w.clean(said.ErrorCode, 50), w.clean(said.ErrorDescription, 300)}
	case errors.Is(err, errSenseless):
		return laterf("%s gives an answer that makes no sense", server)
	case errors.As(err, &lost) && lost.Timeout():
		return laterf("%s does not answer", server)
	case errors.As(err, &lost):
		return laterf("%s cannot be reached: %s", server, cleantext.Line(lost.Err.Error()))
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return laterf("%s gives an answer that makes no sense", server) // the library's words may hold a piece of it
}

// passing tells that a provider has trouble of its own, which passes.
func passing(said *oauth2.RetrieveError) bool {
	status := said.Response.StatusCode
	return status >= 500 || status == http.StatusTooManyRequests || said.ErrorCode == "temporarily_unavailable" || said.ErrorCode == "server_error"
}

func laterf(format string, arguments ...any) error {
	return fmt.Errorf(format+": %w", append(arguments, accounts.ErrTryLater)...)
}

// clean makes a provider's words fit to be shown. Where they repeat a secret, or the
// beginning of one, nothing is left of them: the code beside them says enough.
func (w *wire) clean(text string, most int) string {
	const piece = 12 // bytes, of which the rest cannot be guessed
	for _, secret := range w.sent {
		if strings.Contains(text, secret[:min(len(secret), piece)]) {
			return ""
		}
	}
	return shorten(text, most)
}

// shorten makes what a stranger says one line of at most so many bytes.
func shorten(text string, most int) string {
	text = strings.TrimSpace(cleantext.Line(text))
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// hostOf is the server of a URL, as a person reads it.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "the provider"
	}
	return cleantext.Line(u.Host)
}
