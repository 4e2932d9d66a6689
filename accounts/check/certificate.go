package check

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"sendoff/outbox/smtp"
)

// clock is a moment as a person compares it with a watch.
const clock = "2006-01-02 15:04"

// certificateRules are for certificates that cannot be trusted. When a
// certificate is not valid today, the machine's own clock is as likely to be
// wrong.
var certificateRules = []rule{
	{CauseCertPin, because(smtp.ErrPinned), func(s sight) (string, string) {
		return s.answer.Text, "change pin_sha256 only when you know that the certificate was renewed"
	}},
	{CauseCertNotYetValid, func(s sight) bool { c := s.invalid(); return c != nil && s.now.Before(c.NotBefore) }, func(s sight) (string, string) {
		return fmt.Sprintf("the certificate is valid from %s, and the clock here says %s", s.invalid().NotBefore.Local().Format(clock), s.now.Local().Format(clock)),
			"set the clock of this machine; if it is right, tell the server's administrator"
	}},
	{CauseCertExpired, func(s sight) bool { return s.invalid() != nil }, func(s sight) (string, string) {
		return fmt.Sprintf("the certificate expired on %s", s.invalid().NotAfter.Local().Format(clock)),
			fmt.Sprintf("if your clock (%s) is right, tell the server's administrator; else set it", s.now.Local().Format(clock))
	}},
	{CauseCertName, as[x509.HostnameError], func(s sight) (string, string) {
		var host x509.HostnameError
		errors.As(s.err, &host)
		names := namesOf(host.Certificate)
		found := fmt.Sprintf("the certificate is for %s, not %s", listed(names), s.host)
		if len(names) == 1 && !strings.Contains(names[0], "*") {
			return found, fmt.Sprintf("if that is your provider's server, set host = %q", names[0])
		}
		return found, "set the host to a name that the certificate has, if that is your provider's server"
	}},
	{CauseCertAuthority, as[x509.UnknownAuthorityError], func(s sight) (string, string) {
		return "the certificate is signed by an unknown authority: self-signed, or a company's proxy is on the line",
			fmt.Sprintf("only if you run this server, and know the fingerprint: pin_sha256 = %q; or name its authority with ca_file", s.fingerprint())
	}},
	{CauseCertificate, as[*tls.CertificateVerificationError], func(s sight) (string, string) {
		return s.answer.Text, "tell the server's administrator"
	}},
}

// invalid is the certificate that is not valid at this time; nil for none.
func (s sight) invalid() *x509.Certificate {
	var e x509.CertificateInvalidError
	if errors.As(s.err, &e) && e.Reason == x509.Expired {
		return e.Cert
	}
	return nil
}

// fingerprint is that of the server's own certificate.
func (s sight) fingerprint() string {
	var e *tls.CertificateVerificationError
	if !errors.As(s.err, &e) || len(e.UnverifiedCertificates) == 0 {
		return ""
	}
	return fmt.Sprintf("%X", sha256.Sum256(e.UnverifiedCertificates[0].Raw))
}

// aboutCertificate names whom a certificate is for, who signed it and until when
// it is valid.
func aboutCertificate(state *tls.ConnectionState, pinned bool, now time.Time) (found, hint string) {
	if len(state.PeerCertificates) == 0 {
		return "", ""
	}
	c := state.PeerCertificates[0]
	found = fmt.Sprintf("for %s, by %s, until %s", listed(namesOf(c)), issuer(c), c.NotAfter.Local().Format(time.DateOnly))
	if pinned {
		return "the pinned one; " + found, ""
	}
	if left := c.NotAfter.Sub(now); left < soonExpired {
		hint = fmt.Sprintf("it expires in %d days: see that it is renewed", int(left.Hours()/24))
	}
	return found, hint
}

// soonExpired is when those who renew certificates by themselves have done so.
const soonExpired = 7 * 24 * time.Hour

func namesOf(c *x509.Certificate) []string {
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return []string{c.Subject.CommonName}
	}
	return names
}

// listed are the first few of some names.
func listed(names []string) string {
	const most = 3
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

func issuer(c *x509.Certificate) string {
	for _, name := range append(c.Issuer.Organization, c.Issuer.CommonName) {
		if name != "" {
			return name
		}
	}
	return "an authority without a name"
}
