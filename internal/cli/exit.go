package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"sendoff/accounts"
	"sendoff/accounts/discover"
	"sendoff/accounts/oauth"
	"sendoff/compose"
	"sendoff/compose/merge"
	"sendoff/compose/openpgp"
	"sendoff/internal/campaign"
	"sendoff/internal/config"
	"sendoff/internal/sandbox"
	"sendoff/outbox"
	"sendoff/ui"
)

// The exit codes are those of sysexits(3), and 76 for an uncertain outcome, so
// that a script which repeats on 75 does not send twice.
const (
	exitOK          = 0
	exitUsage       = 64
	exitData        = 65
	exitNoInput     = 66
	exitRefused     = 69
	exitInternal    = 70
	exitCannotWrite = 73
	exitIO          = 74
	exitTryLater    = 75
	exitUncertain   = 76
	exitPermission  = 77
	exitConfig      = 78
)

// exitCodes is the table that --help prints.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{exitOK, "ok"},
	{exitUsage, "usage"},
	{exitData, "bad data: an address, a header, a message, a template, a row"},
	{exitNoInput, "no such file or item"},
	{exitRefused, "refused for good, or not to be had on this machine"},
	{exitInternal, "a fault in sendoff"},
	{exitCannotWrite, "cannot write"},
	{exitIO, "input/output error"},
	{exitTryLater, "try later: something still waits"},
	{exitUncertain, "uncertain: it may have arrived"},
	{exitPermission, "permission"},
	{exitConfig, "configuration"},
}

func exitCodeHelp() string {
	var b strings.Builder
	b.WriteString("Exit codes:")
	for _, e := range exitCodes {
		fmt.Fprintf(&b, " %d %s;", e.code, e.meaning)
	}
	return strings.TrimSuffix(b.String(), ";") + "."
}

// usageError is a mistake on the command line itself.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// dataError is a mistake in what was given, not in how.
type dataError struct{ error }

func (e dataError) Unwrap() error { return e.error }

// unavailableError is a service of the machine that is not there.
type unavailableError struct{ error }

func (e unavailableError) Unwrap() error { return e.error }

// hinted is an error with what the person can do about it.
type hinted struct {
	error
	hint string
}

func (e hinted) Unwrap() error { return e.error }

// outcomeError ends a command by a delivery's outcome. There is nothing to
// report: the command has said it.
type outcomeError struct{ code int }

func (e outcomeError) Error() string { return fmt.Sprintf("outcome %d", e.code) }

// byOutcome is nil for exitOK.
func byOutcome(code int) error {
	if code == exitOK {
		return nil
	}
	return outcomeError{code}
}

// exits leads from errors to exit codes and hints: the first that matches. A
// hint the error brings itself goes before the table's.
var exits = []struct {
	matches func(error) bool
	code    int
	hint    string
}{
	{as[usageError], exitUsage, "sendoff --help explains every command"},
	{is(ui.ErrStuck), exitIO, ""},
	{as[outputError], exitIO, "only what it prints is missing: what the command did stays done"},
	{as[unavailableError], exitRefused, ""},
	{is(outbox.ErrDiskFull), exitCannotWrite, "make room, then do it again: nothing was half queued"},
	{is(outbox.ErrReadOnly), exitCannotWrite, "sendoff doctor looks at the paths and their permissions"},
	{is(outbox.ErrUnsafeDir), exitPermission, "move the outbox, or take the rights of others away with chmod go-w"},
	{is(outbox.ErrNewerSchema), exitConfig, "use the newer program"},
	{is(outbox.ErrOlderSender), exitTryLater, "end that one (restart the daemon, close the interface), then do it again"},
	{is(outbox.ErrPurged), exitNoInput, "keep_content in config.toml says how long texts are kept"},
	{is(outbox.ErrDamaged), exitIO, "sendoff doctor says what else is damaged; restore the file from a backup, or delete the item"},
	{is(outbox.ErrSenderRuns), exitTryLater, "end it (stop the daemon, close the interface), then do it again"},
	{is(outbox.ErrCorrupt), exitIO, hintRebuild},
	{is(outbox.ErrIO), exitIO, "look at the disk and the system's log, then do it again"},
	{is(outbox.ErrLocked), exitTryLater, "another program holds the database; try again"},
	{is(errSecondLook), exitData, ""},
	{is(outbox.ErrTooLarge), exitData, "send a link, or raise max_size if the provider takes more"},
	{is(outbox.ErrNoCampaign), exitNoInput, "sendoff merge list shows what there is"},
	{is(outbox.ErrCampaignThere), exitData, "choose another one with --name"},
	{is(outbox.ErrCampaignOver), exitData, "sendoff merge status tells its state"},
	{is(outbox.ErrCampaignHolds), exitTryLater, "sendoff merge list shows the campaigns"},
	{is(outbox.ErrCampaignOpen), exitData, "sendoff merge cancel ends it for good; then it can be deleted"},
	{is(outbox.ErrNotFound), exitNoInput, "sendoff list shows what there is"},
	{is(outbox.ErrAmbiguous), exitData, "type more of the ID"},
	{is(outbox.ErrBadID), exitUsage, "an ID looks like a1 or b2c: sendoff list shows them"},
	{is(outbox.ErrStopping), exitTryLater, "sendoff show ID tells what comes of it"},
	{is(outbox.ErrTooLate), exitData, "sendoff show ID tells what becomes of it"},
	{is(outbox.ErrBusy), exitTryLater, "wait for the answer, then do it again"},
	{is(outbox.ErrOldMail), exitData, "--redate sends it as a new message with the date of now; --any-age sends it with its old date"},
	{is(outbox.ErrReplaced), exitData, "sendoff show tells what became of that one"},
	{is(outbox.ErrDayLimit), exitTryLater, "wait until it goes on by itself, or say --against-limit"},
	{is(outbox.ErrMayHaveArrived), exitData, "--resend-uncertain sends it again; --mark-sent says that it arrived"},
	{is(outbox.ErrNotDraft), exitData, "sendoff show ID tells its state"},
	{is(outbox.ErrOfCampaign), exitData, "sendoff merge delete CAMPAIGN deletes one that is over, with its letters"},
	{is(outbox.ErrTransition), exitData, "sendoff show ID tells its state"},
	{is(outbox.ErrNameInUse), exitData, "move them to another account first, with sendoff retry -a NAME ID, or choose another name"},
	{is(accounts.ErrChanged), exitTryLater, "do it again"},
	{is(accounts.ErrSecretThere), exitUsage, "write the password into it yourself, or remove it first: what is there is not overwritten"},
	{as[importError], exitData, ""},
	{as[dataError], exitData, ""},
	{as[nothingFoundError], exitNoInput, ""},
	{is(openpgp.ErrNoProgram), exitRefused, "install GnuPG (in Debian: gnupg), or send it without: --no-sign --no-encrypt"},
	{as[*openpgp.Error], exitRefused, "see whether gpg itself is well: gpg --list-secret-keys"},
	{isMissingFile, exitNoInput, ""},
	{as[compose.FieldError], exitData, ""},
	{as[merge.Problems], exitData, ""},
	{as[merge.Problem], exitData, ""},
	{is(campaign.ErrWrong), exitData, "mend it, or leave those rows out with --skip-invalid"},
	{is(campaign.ErrNoLetters), exitData, "sendoff merge check says why"},
	{is(campaign.ErrChanged), exitData, "do it again"},
	{as[campaign.EncryptsError], exitData, "send them by another account: -a"},
	{as[campaign.TooLargeError], exitData, "send a link, or raise max_size if the provider takes more"},
	{as[campaign.NoRowError], exitNoInput, "rows are counted from 1, without the line that names the columns"},
	{as[cannotWriteError], exitCannotWrite, ""},
	{is(discover.ErrAddress), exitData, "write it as ada@example.org"},
	{as[*config.Error], exitConfig, ""},
	{is(errNoMailbox), exitConfig, "[account.mailbox] in accounts.toml says where the bounces of an account arrive"},
	{is(accounts.ErrNoAccounts), exitConfig, "sendoff account add sets one up; sendoff demo works without one"},
	{as[*accounts.LookupError], exitConfig, ""},
	{as[accounts.NotAllowedError], exitUsage, "add the address to its identities in accounts.toml, or choose another account"},
	{is(accounts.ErrKeyringLocked), exitTryLater, ""},
	{is(accounts.ErrKeyringAbsent), exitRefused, ""},
	{is(accounts.ErrTryLater), exitTryLater, ""},
	{is(oauth.ErrTooLate), exitTryLater, "do it again"},
	{is(oauth.ErrLogin), exitPermission, ""},
	{is(oauth.ErrDenied), exitPermission, "do it again, and agree"},
	{is(oauth.ErrRefused), exitRefused, "see that [oauth.…] of accounts.toml has the client ID, secret and scopes of your registration at the provider"},
	{is(oauth.ErrProvider), exitConfig, "README.md shows what [oauth.…] of accounts.toml takes"},
	{as[*net.AddrError], exitUsage, "write it as 127.0.0.1:2525"},
	{as[*net.OpError], exitIO, ""},
	{is(syscall.ENOSPC), exitCannotWrite, "make room, then do it again"},
	{is(syscall.EDQUOT), exitCannotWrite, "make room, then do it again"},
	{is(syscall.EIO), exitIO, "look at the disk and the system's log, then do it again"},
	{is(fs.ErrPermission), exitPermission, ""},
	{is(fs.ErrExist), exitCannotWrite, "nothing that is there is overwritten: name another place"},
	{is(syscall.ENOTDIR), exitCannotWrite, "name a folder"},
	{is(fs.ErrNotExist), exitNoInput, ""},
	{is(syscall.EISDIR), exitNoInput, "name a file"},
	{is(sandbox.ErrNotLoopback), exitUsage, "use 127.0.0.1 or [::1]: nobody else may reach it"},
	{is(context.Canceled), exitTryLater, ""},
	{is(context.DeadlineExceeded), exitTryLater, ""},
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func as[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// isMissingFile tells a file that cannot be read from other mistakes in a message.
func isMissingFile(err error) bool {
	var field compose.FieldError
	return errors.As(err, &field) && (field.Field == "attachments" || field.Field == "inline" && field.Err != nil)
}

// exitFor finds the exit code and the hint for an error.
func exitFor(err error) (code int, hint string) {
	code = exitInternal
	for _, e := range exits {
		if e.matches(err) {
			code, hint = e.code, e.hint
			break
		}
	}
	if own := ownHint(err); own != "" {
		hint = own
	}
	return code, hint
}

// ownHint is the hint that an error brings with it.
func ownHint(err error) string {
	var h hinted
	var field compose.FieldError
	var setting *config.Error
	var lookup *accounts.LookupError
	switch {
	case errors.As(err, &h):
		return h.hint
	case errors.As(err, &field):
		return fieldHint(field)
	case errors.As(err, &setting):
		return setting.Hint
	case errors.As(err, &lookup):
		return lookup.Hint
	}
	return ""
}
