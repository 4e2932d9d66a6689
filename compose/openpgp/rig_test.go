package openpgp

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/gpgtest"
)

// rig is Ada, who writes, with what she knows of Kim and Bob, who read.
type rig struct {
	t                *testing.T
	home, kims, bobs *gpgtest.Home
	ada, kim, bob    string // fingerprints
	program          Program
	account          accounts.Account
	stamp            compose.Stamp
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, home: gpgtest.New(t), kims: gpgtest.New(t), bobs: gpgtest.New(t)}
	r.ada = r.home.NewKey("Ada Example <ada@example.org>")
	r.kim = r.kims.NewKey("Kim <Kim@example.com>")
	r.bob = r.bobs.NewKey("bob@xn--exmple-cua.net")
	r.home.Learn(r.kims, r.kim)
	r.home.Learn(r.bobs, r.bob)
	r.kims.Learn(r.home, r.ada)
	r.bobs.Learn(r.home, r.ada)
	r.program = Program{Environ: r.home.Environ}
	var err error
	if r.stamp, err = compose.NewStamp("ada@example.org", time.Now()); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) draft(p compose.Protection) compose.Draft {
	return compose.Draft{From: "Ada <ada@example.org>", To: "kim@example.com", Subject: "The plan", Body: "At nine.\n", Style: compose.StylePlain, Protection: p}
}

func (r *rig) look(d compose.Draft) Report {
	r.t.Helper()
	report, err := r.program.Look(r.t.Context(), d, r.account)
	if err != nil {
		r.t.Fatal(err)
	}
	return report
}

func (r *rig) build(d compose.Draft) ([]byte, error) {
	var b bytes.Buffer
	_, err := compose.BuildProtected(r.t.Context(), &b, d, r.stamp, r.program.For(r.account))
	return b.Bytes(), err
}

func (r *rig) mustBuild(d compose.Draft) []byte {
	r.t.Helper()
	raw, err := r.build(d)
	if err != nil {
		r.t.Fatalf("build: %v", err)
	}
	return raw
}

func file(t testing.TB, name string, content []byte) compose.Attachment {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return compose.Attachment{Path: path}
}

// revoke takes a key back, as its owner does.
func revoke(t testing.TB, h *gpgtest.Home, fingerprint string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(h.Dir(), "openpgp-revocs.d", fingerprint+".rev"))
	if err != nil {
		t.Fatal(err)
	}
	h.Run(bytes.Replace(text, []byte("\n:-----BEGIN"), []byte("\n-----BEGIN"), 1), "--import")
}

// conf writes gpg.conf.
func conf(t testing.TB, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "gpg.conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
