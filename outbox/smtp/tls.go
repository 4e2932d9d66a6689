package smtp

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"sendoff/accounts"
	"sendoff/internal/cleantext"
	"sendoff/outbox"
)

// tlsConfig is how the account wants its line secured; nil: not at all.
func tlsConfig(settings accounts.SMTP, roots *x509.CertPool) (*tls.Config, error) {
	if settings.Security == accounts.None {
		return nil, nil
	}
	config := &tls.Config{
		ServerName: settings.Host,
		RootCAs:    roots,
		MinVersion: tls.VersionTLS12, // RFC 8996 ended 1.0 and 1.1
		// Small first records are for web pages; a body goes out in full ones.
		DynamicRecordSizingDisabled: true,
	}
	if settings.CAFile != "" {
		text, err := os.ReadFile(settings.CAFile)
		if err != nil {
			return nil, accountFailure("ca_file: %v", err).because(ErrSettings)
		}
		if config.RootCAs = x509.NewCertPool(); !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, accountFailure("ca_file: %s holds no certificate in PEM form", settings.CAFile).because(ErrSettings)
		}
	}
	if settings.ClientCert != "" {
		certificate, err := settings.ClientCertificate()
		if err != nil {
			return nil, accountFailure("%v", err).because(ErrSettings)
		}
		// Whatever authorities the server names: the account has this one, and a
		// server that knows certificates by their fingerprints names others.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &certificate, nil }
	}
	if settings.PinSHA256 != "" {
		pin, err := accounts.ParsePin(settings.PinSHA256)
		if err != nil {
			return nil, accountFailure("pin_sha256 %v", err).because(ErrSettings)
		}
		trustOnly(config, pin)
	}
	return config, nil
}

// trustOnly makes a configuration take one certificate and no other. Who gave it
// out, for which name and until when counts no more: it is that very one.
func trustOnly(config *tls.Config, pin [sha256.Size]byte) {
	config.InsecureSkipVerify = true // VerifyConnection does it, in every handshake
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if seen := sha256.Sum256(state.PeerCertificates[0].Raw); seen != pin {
			return &pinError{seen}
		}
		return nil
	}
}

// pinError is a certificate that is not the pinned one.
type pinError struct{ seen [sha256.Size]byte }

func (e *pinError) Is(target error) bool { return target == ErrPinned }

func (e *pinError) Error() string {
	return fmt.Sprintf("its certificate has the SHA-256 fingerprint %X, not that of pin_sha256", e.seen)
}

// handshake secures the line and speaks over TLS from then on.
func (s *session) handshake(ctx context.Context, config *tls.Config) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	conn := tls.Client(s.line, s.noting(config))
	s.line.allowRead(handshakeTimeout)
	if err := conn.HandshakeContext(ctx); err != nil {
		s.broken = true
		return s.tlsFailure(err)
	}
	state := conn.ConnectionState()
	s.tls = tls.VersionName(state.Version)
	s.dialogue.note("%s with %s", s.tls, tls.CipherSuiteName(state.CipherSuite))
	s.speakOver(conn)
	return nil
}

// noting makes a configuration without a client certificate note that the server
// has asked for one.
func (s *session) noting(config *tls.Config) *tls.Config {
	if config.GetClientCertificate != nil {
		return config
	}
	config = config.Clone()
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		s.wantsCertificate = true
		return new(tls.Certificate), nil // which says: none
	}
	return config
}

// tlsFailure explains why the line could not be secured. What only a change of
// the account or of the server mends stops the account.
func (s *session) tlsFailure(err error) *failure {
	var (
		certificate *tls.CertificateVerificationError
		pin         *pinError
		record      tls.RecordHeaderError
	)
	switch alert := alertIn(err); {
	case errors.As(err, &pin):
		return accountFailure("%s cannot be trusted: %v; has it been renewed, or is somebody on the line?", s.server, pin).from(err)
	case errors.As(err, &certificate):
		return accountFailure("%s", s.certificateProblem(certificate)).from(err)
	case errors.As(err, &record):
		return s.notTLS(record.RecordHeader).from(err)
	case onlyOldTLS(err):
		return accountFailure("%s speaks only old TLS; 1.2 is the least that is safe", s.server).from(err).because(ErrOldTLS)
	case alert != "":
		return accountFailure("%s refuses the TLS handshake: %s%s", s.server, alert, s.aboutClient(alert)).from(err).because(s.aboutAlert())
	case errors.Is(err, context.DeadlineExceeded), timedOut(err):
		f := &failure{Result: outbox.Result{Class: outbox.ClassNetwork}, cause: err}
		f.Text = fmt.Sprintf("%s: no answer %s within %s", s.server, phaseTLS, inWords(handshakeTimeout))
		return f
	}
	return lost(phaseTLS, err)
}

// onlyOldTLS tells that the two ends have no version of TLS in common: from 1.2
// on every server has had the older ones too.
func onlyOldTLS(err error) bool {
	return containsAny(err.Error(), "protocol version not supported", "unsupported protocol version")
}

// alertIn is the alert by which a server has ended TLS, "" if it has not.
// crypto/tls keeps its type of alert to itself.
func alertIn(err error) string {
	var alert *net.OpError
	if errors.As(err, &alert) && alert.Op == "remote error" {
		return alert.Err.Error()
	}
	return ""
}

// aboutAlert is the reason for an alert.
func (s *session) aboutAlert() error {
	if s.wantsCertificate || s.settings.ClientCert != "" {
		return ErrCertWanted
	}
	return ErrTLSRefused
}

// aboutClient says more of an alert that is about our certificate, or about
// there being none.
func (s *session) aboutClient(alert string) string {
	switch {
	case s.wantsCertificate:
		return "; it has asked for a certificate: name one with client_cert and client_key"
	case s.settings.ClientCert != "" && strings.Contains(alert, "certificate"):
		return "; is client_cert the one that it knows?"
	}
	return ""
}

// lateRefusal is a server that refuses the TLS handshake after it has ended for
// us: in TLS 1.3 a certificate of ours is looked at only then, and its alert
// comes in place of the next answer. Any other error stays what it is.
func (s *session) lateRefusal(err error) error {
	if s.tls != "" && alertIn(err) != "" && resultOf(err).Class == outbox.ClassNetwork {
		return s.tlsFailure(err)
	}
	return err
}

// certificateProblem names what is wrong with a certificate and what may be
// done about it.
func (s *session) certificateProblem(err *tls.CertificateVerificationError) string {
	var (
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		unknown x509.UnknownAuthorityError
	)
	switch {
	case errors.As(err, &host):
		return fmt.Sprintf("the certificate of %s is for another host: %s", s.server, certificateNames(host.Certificate))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate of %s is valid from %s to %s: it has expired, or the clock of this machine is wrong",
			s.server, invalid.Cert.NotBefore.Format(time.DateOnly), invalid.Cert.NotAfter.Format(time.DateOnly))
	case errors.As(err, &unknown) && len(err.UnverifiedCertificates) > 0:
		sum := sha256.Sum256(err.UnverifiedCertificates[0].Raw)
		return fmt.Sprintf("the certificate of %s is from an authority that is not trusted here: name it with ca_file, or pin the certificate if it is the right one (SHA-256 %X) with pin_sha256", s.server, sum)
	}
	return fmt.Sprintf("the certificate of %s cannot be trusted: %v", s.server, err.Err)
}

// certificateNames are the first few hosts that a certificate is for.
func certificateNames(c *x509.Certificate) string {
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		names = []string{c.Subject.CommonName}
	}
	return cleantext.Line(strings.Join(names[:min(len(names), 3)], ", "))
}

// notTLS tells by its first bytes what answers where TLS was expected.
func (s *session) notTLS(first [5]byte) *failure {
	f := &failure{reason: ErrNotMail}
	if text := string(first[:]); strings.HasPrefix(text, "HTTP/") {
		f.Class, f.Text = outbox.ClassNetwork, s.server+": "+notSMTP(text).problem
		return f
	}
	if _, _, _, ok := parseReplyLine(string(first[:4])); ok {
		if s.settings.Security == accounts.TLS {
			return accountFailure(`port %d speaks plain SMTP: use security = "starttls", usually on port 587`, s.settings.Port).because(ErrSpeaksPlain)
		}
	}
	f.Class, f.Text = outbox.ClassProtocol, s.server+": what answers does not speak TLS"
	return f
}
