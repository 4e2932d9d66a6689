package openpgp

import (
	"bytes"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"

	"sendoff/compose"
)

// The review says how large the message will be, before gpg has made it.
func TestOutline_SizeIsCloseToThatOfAProtectedMessage(t *testing.T) {
	r := newRig(t)
	path := filepath.Join(t.TempDir(), "noise.bin")
	noise := make([]byte, 200_000)
	_, _ = rand.Read(noise)
	if err := os.WriteFile(path, noise, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []compose.Protection{compose.Signed, compose.Encrypted, compose.SignEncrypted} {
		for _, files := range [][]compose.Attachment{nil, {{Path: path}}} {
			d := r.draft(p)
			d.Attachments = files
			raw, err := r.build(d)
			if err != nil {
				t.Fatal(err)
			}
			outline, problems := d.Outline()
			plain := d
			plain.Protection = compose.Unprotected
			var b bytes.Buffer
			if _, err := compose.Build(&b, plain, r.stamp); err != nil || len(problems) > 0 {
				t.Fatal(err, problems)
			}
			if off, most := outline.Size-int64(len(raw)), int64(700+len(raw)/50); off < -most || off > most || outline.Size <= int64(b.Len()) {
				t.Errorf("%s: it says %d, the message has %d, without %d", p, outline.Size, len(raw), b.Len())
			} else {
				t.Logf("%s: it says %d, the message has %d, without %d", p, outline.Size, len(raw), b.Len())
			}
		}
	}
}
