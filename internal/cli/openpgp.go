package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/compose/openpgp"
	"sendoff/internal/campaign"
	"sendoff/outbox"
	"sendoff/ui"
)

// protectFlags say what OpenPGP does for one message, whatever its account says.
type protectFlags struct{ sign, noSign, encrypt, noEncrypt bool }

func (f *protectFlags) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.sign, "sign", false, "sign it with OpenPGP (gpg)")
	cmd.Flags().BoolVar(&f.noSign, "no-sign", false, "do not sign it, whatever the account says")
	cmd.Flags().BoolVar(&f.encrypt, "encrypt", false, "encrypt it for all recipients; without a key of each it is not queued")
	cmd.Flags().BoolVar(&f.noEncrypt, "no-encrypt", false, "do not encrypt it, whatever the account says")
}

func (f *protectFlags) check(cmd *cobra.Command) error {
	if err := atMostOne(cmd, "sign", "no-sign"); err != nil {
		return err
	}
	return atMostOne(cmd, "encrypt", "no-encrypt")
}

// wishes are those of the account, and of the flags before them.
func (f *protectFlags) wishes(of accounts.OpenPGP) accounts.OpenPGP {
	of.Sign = (of.Sign || f.sign) && !f.noSign
	switch {
	case f.encrypt:
		of.Encrypt = accounts.EncryptAlways
	case f.noEncrypt:
		of.Encrypt = accounts.EncryptNever
	}
	return of
}

// protect says in a draft what OpenPGP does for it, and in the options who does it.
// What is in the way is an error: nothing is sent in the clear instead.
func (p *program) protect(ctx context.Context, f protectFlags, d *compose.Draft, o *outbox.SubmitOptions, account accounts.Account, where places) error {
	account.OpenPGP = f.wishes(account.OpenPGP)
	gpg := gpgOf(&accountSource{path: where.accounts})
	gpg.MayAsk, gpg.Terminal = true, terminalOf(p.In, p.Err, p.Out)
	report, err := gpg.Look(ctx, *d, account)
	switch {
	case err != nil:
		return err
	case len(report.Problems) > 0:
		return report.Problems
	case report.Possible:
		return hinted{usagef("account %s asks whether to encrypt, and everybody has a key", account.Name), "--encrypt or --no-encrypt says it"}
	case report.Lack != "":
		fmt.Fprintf(p.Err, "sendoff: not encrypted: %s\n", report.Lack)
	}
	report.Apply(d)
	if (f.noSign || f.noEncrypt) && !report.Protection.Protects() {
		d.Protection = compose.Unprotected // also when it is taken back, whatever the account says
	}
	o.Protector = gpg.For(account)
	return nil
}

// sayUnprotected says what the letters of a campaign lack that other messages by their
// account have.
func (p *program) sayUnprotected(u campaign.Unprotected) {
	if u.Lacks != "" {
		p.say(errors.New(u.String()), "sendoff send signs and encrypts single messages")
	}
}

// keyrings are the gpg of the interface: that which may not ask for a passphrase,
// since the interface has the terminal, and that which may when it is given that.
func (p *program) keyrings(source *accountSource) (quiet, asks ui.Keyring) {
	gpg := gpgOf(source)
	asking := gpg
	asking.MayAsk, asking.Terminal = true, terminalOf(p.In, p.Out)
	return gpg, asking
}

// gpgOf is the user's gpg, which does not see the secrets of accounts.
func gpgOf(source *accountSource) openpgp.Program { return openpgp.Program{Environ: source.environ} }

// terminalOf is the first of some streams that is a terminal, by its name, so that a
// passphrase can be asked for there also when the text comes through a pipe; ""
// where systems do not tell.
func terminalOf(streams ...any) string {
	for _, stream := range streams {
		if !isTerminal(stream) {
			continue
		}
		if name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", stream.(*os.File).Fd())); err == nil {
			return name
		}
	}
	return ""
}
