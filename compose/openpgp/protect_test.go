package openpgp

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/gpgtest"
	"sendoff/internal/readers"
)

// texts are what a message may say, and what is hard about it.
var texts = map[string]string{
	"ASCII":           "Hello Kim,\n\nat nine.\n",
	"no line end":     "Hello",
	"empty":           "",
	"trailing blanks": "two  \ntab\t\n \n-- \nAda\n",
	"dots":            ".\n..\n.a\nend\n.\n",
	"From":            "From here on\n\nFrom there\n>From\n",
	"long lines":      strings.Repeat("word ", 500) + "\n" + strings.Repeat("x", 5000) + "\n",
	"dashes":          "--\n--=_\n-----BEGIN PGP SIGNED MESSAGE-----\n",
	"line ends":       "a\r\nb\rc\nd",
	"control":         "\x01\x1b[31m\x7f\n",
	"German":          "Grüße aus Köln\n",
	"Czech":           "Příliš žluťoučký kůň úpěl ďábelské ódy\n",
	"Polish":          "Zażółć gęślą jaźń\n",
	"Greek":           "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία\n",
	"Russian":         "Съешь же ещё этих мягких французских булок\n",
	"Hebrew":          "דג סקרן שט בים מאוכזב\n",
	"Arabic":          "نص حكيم له سر قاطع\n",
	"Hindi":           "ऋषियों को सताने वाले\n",
	"Thai":            "เป็นมนุษย์สุดประเสริฐ\n",
	"Chinese":         "視野無限廣，窗外有藍天\n",
	"Japanese":        "いろはにほへと ちりぬるを\n",
	"Korean":          "키스의 고유조건은\n",
	"emoji":           "🚀👩‍👩‍👧‍👦\n",
}

func TestSign_WhatIsSignedVerifies(t *testing.T) {
	r := newRig(t)
	pdf := file(t, "Plan für Kim.pdf", bytes.Repeat([]byte("%PDF\x00\r\n. \n"), 5000))
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			for _, files := range [][]compose.Attachment{nil, {pdf, file(t, "a.txt", []byte("From x\n.\n \r"))}} {
				d := r.draft(compose.Signed)
				d.Body, d.Attachments = text, files
				raw := r.mustBuild(d)
				of := gpgtest.Parts(t, raw)
				if said, good := r.kims.Verify([]byte(of[0]), gpgtest.Content(of[1])); len(of) != 2 || !good || !strings.Contains(said, r.ada) {
					t.Errorf("with %d files: %d parts, %s", len(files), len(of), said)
				}
				if changed := strings.Replace(of[0], "text", "test", 1); changed != of[0] {
					if _, good := r.kims.Verify([]byte(changed), gpgtest.Content(of[1])); good {
						t.Error("a changed message has a good signature too")
					}
				}
				if !bytes.Contains(raw, []byte("micalg=pgp-sha")) {
					t.Errorf("no hash is named:\n%.800s", raw)
				}
			}
		})
	}
}

func TestEncrypt_WhatIsEncryptedIsWhatWouldBeSentAndSignedInside(t *testing.T) {
	r := newRig(t)
	data := file(t, "data.bin", bytes.Repeat([]byte{0, 255, 10, 13}, 50_000))
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			d := r.draft(compose.SignEncrypted)
			d.Body, d.Attachments = text, []compose.Attachment{data}
			raw := r.mustBuild(d)
			var signed []byte // the content of the same message without encryption
			d.Protection = compose.Signed
			signed = []byte(gpgtest.Parts(t, r.mustBuild(d))[0])

			of := gpgtest.Parts(t, raw)
			if len(of) != 2 || !strings.HasSuffix(of[0], "\r\n\r\nVersion: 1\r\n") {
				t.Fatalf("parts are %.200q", of)
			}
			out, said, err := r.kims.Try(gpgtest.Content(of[1]), "--status-fd", "2", "--decrypt")
			if err != nil || !strings.Contains(said, "[GNUPG:] GOODSIG ") || !strings.Contains(said, "[GNUPG:] DECRYPTION_OKAY") {
				t.Fatalf("decrypt: %v\n%s", err, said)
			}
			if !sameMessage(t, out, signed) {
				t.Errorf("decrypted is\n%.600s\nsigned was\n%.600s", out, signed)
			}
			if own := r.home.Run(gpgtest.Content(of[1]), "--decrypt"); !bytes.Equal(own, out) {
				t.Error("the sender reads something else")
			}
		})
	}
}

// sameMessage compares two trees but for their boundaries, which come after those
// outside.
func sameMessage(t testing.TB, a, b []byte) bool {
	t.Helper()
	head := []byte("MIME-Version: 1.0\r\n")
	x, y := readers.GoMessage(t, append(bytes.Clone(head), a...)), readers.GoMessage(t, append(bytes.Clone(head), b...))
	return fmt.Sprint(x) == fmt.Sprint(y)
}

func TestProtect_OtherProgramsReadTheTree(t *testing.T) {
	r := newRig(t)
	data := file(t, "data.bin", bytes.Repeat([]byte{0, 255, 10, 13}, 500))
	for protection, want := range map[compose.Protection]string{
		compose.Signed:        "signed(mixed(text/plain application/octet-stream) application/pgp-signature)",
		compose.SignEncrypted: "encrypted(application/pgp-encrypted application/octet-stream)",
	} {
		d := r.draft(protection)
		d.Attachments = []compose.Attachment{data}
		raw := r.mustBuild(d)
		for name, read := range map[string]func(testing.TB, []byte) readers.Reading{
			"python": readers.Python, "go-message": readers.GoMessage, "mshow": readers.Mshow, "reformime": readers.Reformime,
		} {
			t.Run(name, func(t *testing.T) {
				if got := read(t, raw); got.Tree != want || len(got.Defects) > 0 {
					t.Errorf("%s: tree %s, defects %q", protection, got.Tree, got.Defects)
				}
			})
		}
		t.Run("munpack", func(t *testing.T) {
			if got := readers.Munpack(t, raw); protection == compose.Signed && strings.TrimSpace(got.Text) != strings.TrimSpace(d.Body) { // it has line ends of its own
				t.Errorf("it reads %q", got.Text)
			}
		})
	}
}

// Nobody can see who has a blind copy; that there is one they can.
func TestEncrypt_ABlindCopyHasNoKeyIDInTheMessage(t *testing.T) {
	r := newRig(t)
	d := r.draft(compose.Encrypted)
	d.Bcc = "Bob <bob@exämple.net>"
	secret := gpgtest.Content(gpgtest.Parts(t, r.mustBuild(d))[1])
	if out := r.bobs.Run(secret, "--decrypt"); !strings.Contains(string(out), "At nine.") {
		t.Errorf("Bob reads %q", out)
	}
	packets, _, err := r.kims.Try(secret, "--list-packets")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]int{}
	for line := range strings.Lines(string(packets)) {
		if _, id, found := strings.Cut(line, ":pubkey enc packet: "); found {
			ids[id[strings.LastIndexByte(id, ' ')+1:]]++
		}
	}
	if len(ids) != 3 || ids["0000000000000000\n"] != 1 {
		t.Errorf("the message names the keys %v; wanted are Ada's, Kim's and one that is hidden", ids)
	}
	for _, part := range strings.Fields(string(r.home.Run(nil, "--with-colons", "--list-keys", r.bob))) {
		for _, field := range strings.Split(part, ":") {
			if len(field) == 16 && bytes.Contains(packets, []byte(field)) {
				t.Errorf("the message names Bob's key %s", field)
			}
		}
	}
}

func TestEncrypt_NotToSelfIfTheAccountSaysSo(t *testing.T) {
	r := newRig(t)
	r.account.OpenPGP.OthersAlone = true
	secret := gpgtest.Content(gpgtest.Parts(t, r.mustBuild(r.draft(compose.Encrypted)))[1])
	if out, _, err := r.home.Try(secret, "--decrypt"); err == nil {
		t.Errorf("the sender reads %q", out)
	}
	r.kims.Run(secret, "--decrypt")
}

func TestSign_ALockedKeyIsNotAskedForWhereThatMayNotBe(t *testing.T) {
	r := newRig(t)
	fingerprint := r.home.NewLockedKey("Ada <locked@example.org>", "sesame")
	r.home.KillAgent()
	for _, protection := range []compose.Protection{compose.Signed, compose.SignEncrypted} {
		d := r.draft(protection)
		d.From = "locked@example.org"
		if _, err := r.build(d); !errors.Is(err, ErrLocked) {
			t.Errorf("%s: got %v", protection, err)
		}
		if report := r.look(d); len(report.Problems) > 0 || report.Own.Fingerprint != fingerprint {
			t.Errorf("%s: a look finds %+v", protection, report)
		}
	}
	// Where it may ask, and nobody can answer, that is said and does not hang.
	r.program.MayAsk = true
	d := r.draft(compose.Signed)
	d.From = "locked@example.org"
	var told compose.FieldError
	if _, err := r.build(d); !errors.As(err, &told) || told.Field != "protection" || told.Hint == "" {
		t.Errorf("got %v", err)
	}
	r.home.Run([]byte("x"), "--pinentry-mode", "loopback", "--passphrase", "sesame", "-u", fingerprint, "--sign") // now the agent knows it
	r.program.MayAsk = false
	if _, err := r.build(d); err != nil {
		t.Errorf("unlocked: %v", err)
	}
}

func TestProtect_AnErrorOfAFileOrOfTheReaderIsSaidAsItIs(t *testing.T) {
	r := newRig(t)
	noise := make([]byte, 10<<20) // what gpg cannot make smaller
	rand.Read(noise)
	large := file(t, "large.bin", noise)
	for _, protection := range []compose.Protection{compose.Signed, compose.SignEncrypted} {
		d := r.draft(protection)
		d.Attachments = []compose.Attachment{large}
		errFull := errors.New("the disk is full")
		limited := &limitedWriter{left: 1 << 20, err: errFull}
		if _, err := compose.BuildProtected(t.Context(), limited, d, r.stamp, r.program.For(r.account)); !errors.Is(err, errFull) {
			t.Errorf("%s, full: got %v", protection, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := compose.BuildProtected(ctx, io.Discard, d, r.stamp, r.program.For(r.account)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: got %v", protection, err)
		}
	}
}

type limitedWriter struct {
	left int
	err  error
}

func (w *limitedWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, w.err
	}
	return len(p), nil
}

func TestProtect_WithoutGPGNothingGoes(t *testing.T) {
	p := Program{Name: "no-such-gpg-here"}
	d := compose.Draft{From: "ada@example.org", To: "kim@example.com", Protection: compose.Encrypted}
	stamp, err := compose.NewStamp("ada@example.org", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := compose.BuildProtected(t.Context(), &b, d, stamp, p.For(accounts.Account{})); !errors.Is(err, ErrNoProgram) || strings.Contains(b.String(), "encrypted.asc\r\n\r\n-----BEGIN") {
		t.Errorf("got %v and %q", err, b.String())
	}
}

// A large attachment streams: it is in memory neither whole nor twice.
func TestProtect_MemoryDoesNotGrowWithTheMessage(t *testing.T) {
	r := newRig(t)
	const size = 16 << 20
	path := file(t, "large.bin", nil).Path
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	for _, protection := range []compose.Protection{compose.Signed, compose.SignEncrypted} {
		d := r.draft(protection)
		d.Attachments = []compose.Attachment{{Path: path}}
		debug.FreeOSMemory()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := compose.BuildProtected(t.Context(), io.Discard, d, r.stamp, r.program.For(r.account)); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		// All that was ever taken, freed or not.
		if took := after.TotalAlloc - before.TotalAlloc; took > 3<<20 {
			t.Errorf("%s of %d MiB took %d KiB of memory", protection, size>>20, took>>10)
		} else {
			t.Logf("%s of %d MiB took %d KiB of memory", protection, size>>20, took>>10)
		}
	}
}
