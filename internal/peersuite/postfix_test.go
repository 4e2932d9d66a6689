package peersuite

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/internal/peers"
	"sendoff/internal/smtptest"
)

// What Postfix and those behind which it stands have against anybody.
const (
	refused  = "refused@example.org"
	deferred = "later@example.org"
	maxSize  = 10 << 20
)

// postfix is one that delivers into a Maildir.
type postfix struct {
	*peers.Postfix
	address   string
	mail      string
	authority *smtptest.Authority
}

func startPostfix(t *testing.T) *postfix {
	t.Helper()
	dir := peers.OpenDir(t)
	p := &postfix{address: peers.FreeAddress(t), mail: filepath.Join(dir, "mail"), authority: smtptest.NewAuthority(t)}
	certificate, key := p.authority.Files()
	p.Postfix = peers.NeedPostfix(t, fmt.Sprintf(`%s
virtual_mailbox_domains = example.org
virtual_mailbox_base = %s
virtual_mailbox_maps = static:mail/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_mailbox_limit = 0
message_size_limit = %d
smtpd_tls_security_level = may
smtpd_tls_chain_files = %s, %s
smtpd_recipient_restrictions = check_recipient_access inline:{{%s=550 5.1.1 no such mailbox}, {%s=450 4.2.1 the mailbox is busy}}, reject_unauth_destination
`, peers.PostfixLog, dir, maxSize, key, certificate, refused, deferred), peers.Door{Address: p.address})
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(p.Log(t))
		}
	})
	return p
}

// taken waits until nothing is on its way any more and reads the Maildir, where
// each recipient has a copy.
func (p *postfix) taken(t *testing.T) []taken {
	t.Helper()
	p.AwaitDelivery(t)
	return maildir(t, p.mail, "Delivered-To: ")
}

// maildir reads a Maildir in which a field on top of each copy says whose it is.
func maildir(t *testing.T, dir, field string) (all []taken) {
	t.Helper()
	if _, err := os.Stat(dir); err != nil { // nothing has come yet
		return nil
	}
	for _, text := range peers.Files(t, filepath.Join(dir, "new")) {
		_, rest, _ := strings.Cut("\n"+string(text), "\n"+field)
		recipient, _, _ := strings.Cut(rest, "\n")
		all = append(all, taken{[]string{recipient}, withCRLF(text)})
	}
	return all
}

func TestPostfix(t *testing.T) {
	p := startPostfix(t)
	s := &server{
		smtp: at(t, p.address, accounts.STARTTLS), roots: p.authority.Pool, refused: refused, deferred: deferred, maxSize: maxSize, utf8: true, trips: 1,
		adds: "Return-Path X-Original-To Delivered-To Received", taken: p.taken,
	}
	s.run(t)
}
