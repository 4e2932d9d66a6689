package smtptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority is a certificate authority made for one test.
type Authority struct {
	Pool *x509.CertPool // trusts it
	PEM  []byte         // its certificate, for a file

	tb          testing.TB
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
}

// NewAuthority makes an authority.
func NewAuthority(tb testing.TB) *Authority {
	tb.Helper()
	a := &Authority{tb: tb, key: newKey(tb), Pool: x509.NewCertPool()}
	template := template("smtptest authority")
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	raw := a.sign(template, template, &a.key.PublicKey)
	a.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	a.Pool.AppendCertsFromPEM(a.PEM)
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		tb.Fatalf("smtptest: %v", err)
	}
	a.certificate = certificate
	return a
}

// Server is a TLS configuration for 127.0.0.1 and localhost. change, if it is
// not nil, may spoil the certificate before it is signed.
func (a *Authority) Server(change func(*x509.Certificate)) *tls.Config {
	a.tb.Helper()
	key := newKey(a.tb)
	template := template("localhost")
	template.DNSNames, template.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
	if change != nil {
		change(template)
	}
	raw := a.sign(template, a.certificate, &key.PublicKey)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
}

// Files writes a certificate that is good for either end, and its key, as the
// PEM files that settings name.
func (a *Authority) Files() (certificate, key string) {
	a.tb.Helper()
	pair := a.Server(nil).Certificates[0]
	raw, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		a.tb.Fatalf("smtptest: %v", err)
	}
	dir := a.tb.TempDir()
	certificate, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{
		certificate: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: raw},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			a.tb.Fatalf("smtptest: %v", err)
		}
	}
	return certificate, key
}

func (a *Authority) sign(template, parent *x509.Certificate, key *ecdsa.PublicKey) []byte {
	a.tb.Helper()
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key, a.key)
	if err != nil {
		a.tb.Fatalf("smtptest: %v", err)
	}
	return raw
}

// template is valid around any time a test may pretend: virtual time begins in
// the year 2000.
func template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatalf("smtptest: %v", err)
	}
	return key
}
