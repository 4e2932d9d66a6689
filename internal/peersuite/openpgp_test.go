package peersuite

import (
	"fmt"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/compose/openpgp"
	"sendoff/internal/gpgtest"
	"sendoff/internal/readers"
)

// What was signed and encrypted arrives so through servers of others: gpg says that
// every signature is good, and in what it decrypts a reader finds what was sent.
func TestOpenPGP(t *testing.T) {
	ada, ana := gpgtest.New(t), gpgtest.New(t)
	adaKey, anaKey := ada.NewKey("Ada <"+sender+">"), ana.NewKey("Ana <ana@example.org>")
	ada.Learn(ana, anaKey)
	ana.Learn(ada, adaKey)
	protector := openpgp.Program{Environ: ada.Environ}.For(accounts.Account{Name: "work"})
	t.Run("smtp-sink", func(t *testing.T) { readProtected(t, startSink(t).server(t), protector, ana) })
	t.Run("postfix", func(t *testing.T) {
		needLong(t)
		p := startPostfix(t)
		s := &server{smtp: at(t, p.address, accounts.None), adds: "Return-Path X-Original-To Delivered-To Received", taken: p.taken}
		readProtected(t, s, protector, ana)
	})
}

// readProtected delivers every specimen to a server, signed, and signed and
// encrypted, and has their reader look at what has arrived.
func readProtected(t *testing.T, s *server, protector compose.Protector, reader *gpgtest.Home) {
	t.Helper()
	r := newRig(t, s)
	r.protector = protector
	byID := make(map[string]specimen)
	for _, one := range specimens(t) {
		for _, protection := range []compose.Protection{compose.Signed, compose.SignEncrypted} {
			d := one.draft
			d.Account, d.From, d.To, d.Cc, d.Bcc, d.Protection = "work", "Ada <"+sender+">", "Ana <ana@example.org>", "", "", protection
			one.draft = d
			byID[r.item(r.queue(d)).MessageID] = one
		}
	}
	r.deliver(t, byID, func(one specimen, raw []byte) {
		t.Run(fmt.Sprintf("%s, %s", one.name, one.draft.Protection), func(t *testing.T) { one.openedBy(t, reader, raw) })
	})
}

// openedBy verifies or decrypts a specimen, and reads what is inside.
func (s specimen) openedBy(t *testing.T, reader *gpgtest.Home, raw []byte) {
	parts := gpgtest.Parts(t, raw)
	inside := []byte(parts[0])
	if s.draft.Protection.Encrypts() {
		out, said, err := reader.Try(gpgtest.Content(parts[1]), "--status-fd", "2", "--decrypt")
		if err != nil || !strings.Contains(said, "[GNUPG:] GOODSIG ") {
			t.Fatalf("decrypt: %v\n%s", err, said)
		}
		inside = out
	} else if said, good := reader.Verify(inside, gpgtest.Content(parts[1])); !good {
		t.Fatalf("verify: %s", said)
	}
	r := readers.Python(t, append([]byte("MIME-Version: 1.0\r\n"), inside...))
	if len(r.Defects) > 0 {
		t.Errorf("defects: %q", r.Defects)
	}
	s.compareParts(t, r)
}
