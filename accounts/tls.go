package accounts

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"sendoff/internal/config"
)

// ParsePin reads the SHA-256 fingerprint of a server's certificate: 64
// hexadecimal digits, with or without colons, as
// "openssl x509 -noout -fingerprint -sha256" prints it. It is that of the whole
// certificate, not of its key alone, since that is what other tools and our own
// errors show.
func ParsePin(text string) ([sha256.Size]byte, error) {
	raw, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(raw) != sha256.Size {
		return [sha256.Size]byte{}, errors.New("is not the SHA-256 fingerprint of a certificate")
	}
	return [sha256.Size]byte(raw), nil
}

// certificateProblem is what is wrong with a client certificate, and the
// setting to blame for it.
type certificateProblem struct{ setting, problem, hint string }

func (p *certificateProblem) Error() string {
	text := p.setting + ": " + p.problem
	if p.hint != "" {
		text += ": " + p.hint
	}
	return text
}

// ClientCertificate reads the certificate to show to the server, and its key.
// Nothing of the key is in an error. Like a secret it is not kept: ask at the
// moment of use.
func (s SMTP) ClientCertificate() (tls.Certificate, error) {
	certificate, _, err := config.Read(s.ClientCert)
	if err != nil {
		return tls.Certificate{}, &certificateProblem{"client_cert", err.Error(), ""}
	}
	key, info, err := config.Read(s.ClientKey)
	if err == nil {
		err = config.CheckOwn(s.ClientKey, info, 0o077) // it is a secret
	}
	if err != nil {
		p := &certificateProblem{"client_key", err.Error(), ""}
		var e *config.Error
		if errors.As(err, &e) {
			p.hint = e.Hint
		}
		return tls.Certificate{}, p
	}
	if strings.Contains(string(key), "ENCRYPTED") { // "BEGIN ENCRYPTED PRIVATE KEY", "Proc-Type: 4,ENCRYPTED"
		return tls.Certificate{}, &certificateProblem{"client_key", s.ClientKey + " is encrypted, and nobody is there to give the passphrase",
			"openssl pkey -in OLD -out NEW writes it without one"}
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return tls.Certificate{}, &certificateProblem{"client_cert", fmt.Sprintf("%s and client_key are not a certificate and its key in PEM form (%s)",
			s.ClientCert, strings.TrimPrefix(err.Error(), "tls: ")), ""}
	}
	return pair, nil
}

// tls checks what the server is known by and what it is shown.
func (c checker) tls(a Account) error {
	s := a.SMTP
	if err := c.trust("smtp.", s.Security, s.CAFile, s.PinSHA256); err != nil {
		return err
	}
	for _, setting := range []struct{ key, value string }{{"client_cert", s.ClientCert}, {"client_key", s.ClientKey}} {
		if setting.value != "" && s.Security == None {
			return c.notWithoutTLS("smtp." + setting.key)
		}
	}
	switch {
	case s.ClientCert != "" && s.ClientKey == "":
		return c.complain("smtp.client_cert", "has no key", `name its file: client_key = "…"`)
	case s.ClientKey != "" && s.ClientCert == "":
		return c.complain("smtp.client_key", "has no certificate", `name its file: client_cert = "…"`)
	}
	if s.ClientCert == "" {
		return nil
	}
	_, err := s.ClientCertificate()
	var p *certificateProblem
	if errors.As(err, &p) {
		return c.complain("smtp."+p.setting, p.problem, p.hint)
	}
	return err
}

// trust checks what a server is known by; prefix is its table with a dot.
func (c checker) trust(prefix string, security Security, caFile, pin string) error {
	switch {
	case caFile != "" && security == None:
		return c.notWithoutTLS(prefix + "ca_file")
	case pin != "" && security == None:
		return c.notWithoutTLS(prefix + "pin_sha256")
	case pin != "" && caFile != "":
		return c.complain(prefix+"pin_sha256", "there is a ca_file too, and a pin asks no authority", "keep one of them")
	case pin == "":
		return nil
	}
	if _, err := ParsePin(pin); err != nil {
		return c.complain(prefix+"pin_sha256", fmt.Sprintf("%q %s", pin, err), "64 hexadecimal digits, as openssl x509 -noout -fingerprint -sha256 prints them")
	}
	return nil
}

func (c checker) notWithoutTLS(key string) error {
	return c.complain(key, `is not used with security = "none"`, `leave it out, or set security to "tls" or "starttls"`)
}
