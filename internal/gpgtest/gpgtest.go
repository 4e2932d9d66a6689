// Package gpgtest makes homes of GnuPG with keys to throw away, and does what the
// reader of a message does.
//
// It is for tests alone. It knows nothing of our own code.
package gpgtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/internal/peers"
)

// Home is a home of GnuPG.
type Home struct {
	tb  testing.TB
	dir string
}

// New makes an empty home, and ends its agent with the test. Its path is short: the
// agent's socket is in it, and the path of one has at most a hundred characters.
func New(tb testing.TB) *Home {
	tb.Helper()
	peers.Need(tb, "gpg")
	dir, err := os.MkdirTemp("/tmp", "gpg-") // 0700
	if err != nil {
		tb.Fatal(err)
	}
	h := &Home{tb, dir}
	// No test asks the person who runs it.
	if err := os.WriteFile(filepath.Join(dir, "gpg-agent.conf"), []byte("pinentry-program /bin/false\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		h.KillAgent()
		if err := os.RemoveAll(dir); err != nil {
			tb.Error(err)
		}
	})
	return h
}

// Dir is what GNUPGHOME has to be.
func (h *Home) Dir() string { return h.dir }

// Environ is the environment of who lives there.
func (h *Home) Environ() []string { return append(os.Environ(), "GNUPGHOME="+h.dir) }

// KillAgent ends the agent, which forgets its passphrases.
func (h *Home) KillAgent() {
	cmd := exec.Command(peers.Need(h.tb, "gpgconf"), "--kill", "all")
	cmd.Env = h.Environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		h.tb.Errorf("gpgconf: %v\n%s", err, out)
	}
}

// Try runs gpg, and gives what it printed.
func (h *Home) Try(input []byte, args ...string) (out []byte, complaint string, err error) {
	cmd := exec.Command(peers.Need(h.tb, "gpg"), append([]string{"--batch", "--no-tty", "--quiet"}, args...)...)
	cmd.Env, cmd.Stdin = h.Environ(), bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err = cmd.Output()
	return out, stderr.String(), err
}

// Run is Try that must end well.
func (h *Home) Run(input []byte, args ...string) []byte {
	h.tb.Helper()
	out, complaint, err := h.Try(input, args...)
	if err != nil {
		h.tb.Fatalf("gpg %q: %v\n%s", args, err, complaint)
	}
	return out
}

// NewKey makes a key that signs and encrypts, without a passphrase, and gives its
// fingerprint. The options stand before the command.
func (h *Home) NewKey(uid string, options ...string) string {
	h.tb.Helper()
	return h.NewLockedKey(uid, "", options...)
}

// NewLockedKey is NewKey with a passphrase.
func (h *Home) NewLockedKey(uid, passphrase string, options ...string) string {
	h.tb.Helper()
	args := append([]string{"--pinentry-mode", "loopback", "--passphrase", passphrase}, options...)
	h.Run(nil, append(args, "--quick-gen-key", uid, "future-default", "default", "1y")...)
	return h.Fingerprint(uid)
}

// Fingerprint is that of the newest key with a user ID.
func (h *Home) Fingerprint(uid string) string {
	h.tb.Helper()
	fingerprint, primary := "", false
	for line := range strings.Lines(string(h.Run(nil, "--with-colons", "--list-keys", "="+uid))) {
		fields := strings.Split(line, ":")
		switch {
		case fields[0] == "pub":
			primary = true
		case fields[0] == "fpr" && primary:
			fingerprint, primary = fields[9], false
		}
	}
	return fingerprint
}

// Learn takes the public key of somebody who lives in another home, and vouches
// for it.
func (h *Home) Learn(other *Home, fingerprint string) {
	h.tb.Helper()
	h.Meet(other, fingerprint)
	h.Run(nil, "--quick-lsign-key", fingerprint)
}

// Meet takes a public key for which nobody vouches.
func (h *Home) Meet(other *Home, fingerprint string) {
	h.tb.Helper()
	h.Run(other.Run(nil, "--export", fingerprint), "--import")
}

// Verify tells whether a detached signature is good, and what gpg says about it.
func (h *Home) Verify(content, signature []byte) (status string, good bool) {
	h.tb.Helper()
	path := filepath.Join(h.tb.TempDir(), "signature.asc")
	if err := os.WriteFile(path, signature, 0o600); err != nil {
		h.tb.Fatal(err)
	}
	out, complaint, err := h.Try(content, "--status-fd", "1", "--verify", path, "-")
	return string(out) + complaint, err == nil && strings.Contains(string(out), "[GNUPG:] GOODSIG ")
}

// Parts takes a multipart apart, at its outermost boundary, octet by octet.
func Parts(tb testing.TB, message []byte) []string {
	tb.Helper()
	_, body, found := strings.Cut(string(message), "\r\n\r\n--")
	boundary, rest, ended := strings.Cut(body, "\r\n")
	if !found || !ended {
		tb.Fatalf("this is no multipart: %.500s", message)
	}
	rest, _, found = strings.Cut(rest, "\r\n--"+boundary+"--\r\n")
	if !found {
		tb.Fatal("the multipart has no end")
	}
	return strings.Split(rest, "\r\n--"+boundary+"\r\n")
}

// Content is what stands below the header of a part.
func Content(part string) []byte {
	_, content, _ := strings.Cut(part, "\r\n\r\n")
	return []byte(content)
}
