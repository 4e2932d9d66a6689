package unsubscribe

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

func TestFind_ReadsAWishOutOfAddressAndSubject(t *testing.T) {
	k := key(t)
	token := k.Token(ana)
	encoded := base64.StdEncoding.EncodeToString([]byte("Unsubscribe " + token))
	for name, mail := range map[string]string{
		"in the subject":        "To: office@example.org\r\nSubject: unsubscribe " + token + "\r\n\r\n",
		"alone":                 "subject:" + token,
		"in upper case":         "SUBJECT: UNSUBSCRIBE " + strings.ToUpper(token) + "\n\nbody",
		"answered":              "Subject: Re: AW: unsubscribe <" + token + ">, please\r\n\r\n",
		"folded":                "Subject: unsubscribe\r\n " + token + "\r\nFrom: x\r\n\r\n",
		"encoded":               "Subject: =?utf-8?B?" + encoded[:40] + "?=\r\n =?utf-8?B?" + encoded[40:] + "?=\r\n\r\n",
		"in the address":        "From: Ana <ana@example.org>\r\nTo: <office+" + token + "@example.org>\r\n\r\n",
		"in one of several":     "To: a@example.org, \"B\" <office-" + token + "@example.org>, c@example.org\r\n\r\n",
		"where it came to":      "To: office@example.org\nDelivered-To: office+" + token + "@example.org\n\n",
		"behind a broken field": "no colon here\r\n: nothing\r\nTo: office+" + token + "@x\r\n\r\n",
		"behind another token":  "Subject: " + key(t).Token(ana) + " " + token + "\r\n\r\n",
		"behind empty lines":    "\r\n\r\nSubject: " + token + "\r\n\r\n",
	} {
		if w, err := k.Find([]byte(mail)); err != nil || w != ana {
			t.Errorf("%s: %+v, %v", name, w, err)
		}
	}
}

func TestFind_ChangesNothingForWhatItHasNotSigned(t *testing.T) {
	k := key(t)
	token, foreign := k.Token(ana), key(t).Token(ana)
	for mail, want := range map[string]error{
		"":                             ErrNoToken,
		"Subject: unsubscribe\r\n\r\n": ErrNoToken,
		"Subject: donaudampfschifffahrtsgesellschaftskapitaen\r\n\r\n":   ErrNoToken,
		"Subject: hello\r\n\r\nunsubscribe " + token:                     ErrNoToken, // quoted by an answer to a letter
		"X-Subject: " + token + "\r\n\r\n":                               ErrNoToken,
		"From: office+" + token + "@example.org\r\n\r\n":                 ErrNoToken,
		"X: y\r\n " + token + "\r\n\r\n":                                 ErrNoToken,
		"Subject: " + token[:20] + " " + token[20:] + "\r\n\r\n":         ErrNoToken,
		"Subject: " + foreign + "\r\n\r\n":                               ErrForged,
		"To: office+" + foreign + "@example.org\r\n\r\n":                 ErrForged,
		"Subject: " + strings.Repeat(foreign+" ", 10_000) + token + "\n": ErrForged,
		strings.Repeat("X: y\n", 60_000) + "Subject: " + token + "\n":    ErrNoToken,
	} {
		if w, err := k.Find([]byte(mail)); !errors.Is(err, want) || w != (Wish{}) {
			t.Errorf("%.60q: %+v, %v; want %v", mail, w, err, want)
		}
	}
}

func FuzzFind(f *testing.F) {
	k := key(f)
	token, foreign := k.Token(ana), key(f).Token(Wish{"other", "eve@example.org"})
	for _, mail := range []string{"Subject: unsubscribe " + token, "To: <office+" + token + "@x>\r\n\r\n", "Subject: =?utf-8?q?" + token + "?=", "To: " + foreign, "\n \nTo"} {
		f.Add([]byte(mail))
	}
	f.Fuzz(func(t *testing.T, mail []byte) {
		w, err := k.Find(mail)
		if err == nil && w != ana || err != nil && w != (Wish{}) {
			t.Fatalf("%q: %+v, %v", mail, w, err)
		}
	})
}
