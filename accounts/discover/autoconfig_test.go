package discover

import (
	"net/http"
	"strings"
	"testing"
)

const ownPage = "autoconfig.example.org/mail/config-v1.1.xml"

func redirect(to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
}

func TestAutoconfig_WhatItMakesOfAnswers(t *testing.T) {
	good := settings("smtp smtp.example.org 465 SSL %EMAILADDRESS% password-cleartext")
	for name, test := range map[string]struct {
		page  http.HandlerFunc
		state State
		said  string
	}{
		"good":              {page(good), Found, "autoconfig.example.org says so"},
		"missing":           {http.NotFound, Nothing, "autoconfig.example.org has none (HTTP 404)"},
		"a web page":        {page("<!doctype html><html><body>Welcome!<br></body></html>"), Nothing, "with something else than settings"},
		"empty":             {page(""), Nothing, "with something else than settings"},
		"cut off":           {page(good[:len(good)-20]), Nothing, "with something else than settings"},
		"no sending":        {page(settings("imap imap.example.org 993 SSL x password-cleartext")), Nothing, "names no server to send through"},
		"too large":         {page(good + strings.Repeat(" ", maxConfig)), Refused, "sends more than settings can be"},
		"only plaintext":    {page(settings("smtp smtp.example.org 25 plain x password-cleartext")), Refused, "smtp.example.org port 25 is without encryption: refused"},
		"Latin-1":           {page(strings.Replace(good, "UTF-8", "ISO-8859-1", 1)), Found, "says so"},
		"escapes":           {page(settings("smtp smtp\u202e.example 25 plain x password-cleartext")), Refused, "smtp\ufffd"},
		"moved":             {redirect("https://example.org/good.xml"), Found, "says so"},
		"moved to clear":    {redirect("http://example.org/good.xml"), Refused, "leads to example.org without encryption"},
		"moved for ever":    {redirect("https://autoconfig.example.org/mail/config-v1.1.xml"), Refused, "leads on and on"},
		"moved to a login":  {redirect("https://x:y@example.org/good.xml"), Refused, "leads to a login"},
		"passed to others":  {redirect("https://tracker.example/good.xml?who=ada%2540example.org"), Refused, "would pass the address on to tracker.example"},
		"moved to others":   {redirect("https://tracker.example/good.xml"), Found, "says so"},
		"kept to its own":   {redirect("https://example.org/good.xml?who=ada@example.org"), Found, "says so"},
		"moved to a desert": {redirect("https://nobody.example/good.xml"), Nothing, "there is no nobody.example"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "autoconfig.example.org A 127.0.0.1\nexample.org A 127.0.0.1\ntracker.example A 127.0.0.1", map[string]http.HandlerFunc{
				ownPage: test.page, "example.org/good.xml": page(good), "tracker.example/good.xml": page(good),
			})
			checkRoad(t, w.find(askDomain), SourceAutoconfig, test.state, test.said)
			w.web.Close()
			if len(w.requests) > 6 { // four here, one each at example.org and tracker.example
				t.Errorf("%d requests", len(w.requests))
			}
			for _, request := range w.requests {
				if strings.HasPrefix(request, "tracker") && strings.Contains(request, "ada") {
					t.Errorf("passed on: %s", request)
				}
			}
		})
	}
}

// Settings that came over a certificate nobody vouches for are no settings.
func TestAutoconfig_UnknownAuthority(t *testing.T) {
	w := newWorld(t, "autoconfig.example.org A 127.0.0.1", map[string]http.HandlerFunc{
		ownPage: page(settings("smtp smtp.example.org 465 SSL %EMAILADDRESS% password-cleartext")),
	})
	w.dials.TLSClientConfig = nil
	result := w.find(nil)
	checkFindings(t, result)
	checkRoad(t, result, SourceAutoconfig, Refused, "a certificate that nobody vouches for")
}
