package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/accounts/importer"
	"sendoff/internal/config"
)

// importError is a file of another program that no account can be taken from.
type importError struct{ error }

func (e importError) Unwrap() error { return e.error }

// nothingFoundError is that no program has left a file.
type nothingFoundError struct{ error }

func (p *program) accountImportCommand() *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "import [FILE]",
		Short: "Take over the accounts of another mail program",
		Long: "Reads the settings of msmtp, mutt and neomutt, aerc, himalaya, git send-email and Thunderbird, in their usual places or in FILE, " +
			"shows for each account what would be written into accounts.toml and asks. Commands that print a password stay commands; none is run. " +
			"A password that stands in such a file is never shown, and copied only if you say so, into a file that only you can read. " +
			"With --yes nothing is asked and no password is copied.",
		Example: "sendoff account import\nsendoff account import ~/.msmtprc\nsendoff account import --from mutt --yes ~/mail/work.rc",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return hinted{usagef("one file, not %d", len(args)), "import them one after the other"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.from != "" && !slices.Contains(importer.Kinds(), importer.Kind(o.from)) {
				return hinted{usagef("no program %q is known", o.from), hintKinds()}
			}
			return p.changeAccounts(func(file *accounts.File, where places) error {
				run := importRun{p: p, ctx: cmd.Context(), o: o, machine: importer.ThisMachine(xdg.ConfigHome), file: file, where: where}
				return run.all(args)
			})
		},
	}
	cmd.Flags().StringVar(&o.from, "from", "", "whose files: "+kindNames()+" (default: all, or by FILE)")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "take over all accounts that are not there yet, without a question and without clear passwords")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "an array of what was found; without --yes nothing is written")
	return cmd
}

func kindNames() string {
	var names []string
	for _, kind := range importer.Kinds() {
		names = append(names, string(kind))
	}
	return strings.Join(names, ", ")
}

func hintKinds() string { return "say whose it is, --from one of " + kindNames() }

type importOptions struct {
	from        string
	yes, asJSON bool
}

// importRun is one import.
type importRun struct {
	p       *program
	ctx     context.Context // of the command; the run ends with it
	o       importOptions
	machine importer.Machine
	file    *accounts.File
	where   places

	d       *dialogue // nil: nobody is asked
	found   int       // how many there are
	entries []importEntry
}

// importState is what becomes of an account that was found.
type importState string

// The states. They are words of the JSON output.
const (
	importNew     importState = "new" // it can be written
	importWritten importState = "written"
	importExists  importState = "exists"
	importRefused importState = "refused"
	importSkipped importState = "skipped" // the person did not want it
)

// importEntry is an account that was found, as it would be written.
type importEntry struct {
	importer.Found
	account accounts.Account
	state   importState
	other   string // the account that it is already
}

func (r *importRun) all(args []string) error {
	found, err := r.find(args)
	if err != nil {
		return err
	}
	if !r.o.yes && !r.o.asJSON {
		r.d = r.p.dialogue()
	}
	empty := r.file.Book() == nil
	r.found = len(found)
	for _, f := range found {
		if err := r.one(f, empty); err != nil {
			return err
		}
	}
	if r.o.asJSON {
		if err := writeJSON(r.p.Out, r.json()); err != nil {
			return err
		}
	}
	return r.verdict()
}

// verdict is how the command ends.
func (r *importRun) verdict() error {
	count := make(map[importState]int)
	for _, e := range r.entries {
		count[e.state]++
	}
	switch {
	case count[importNew] > 0 && !r.o.asJSON:
		return hinted{usagef("nothing was written: there is nobody to ask"), "--yes takes over what is shown, without clear passwords"}
	case len(r.entries) == count[importRefused]:
		return hinted{importError{errors.New("none of the accounts that were found can be used")}, "sendoff account add sets one up"}
	}
	return nil
}

// find reads the file that is named, or those that there are.
func (r *importRun) find(args []string) ([]importer.Found, error) {
	if len(args) == 1 {
		return r.readFile(args[0])
	}
	var found []importer.Found
	sources := r.machine.Usual()
	for _, source := range sources {
		if r.o.from != "" && source.Kind != importer.Kind(r.o.from) {
			continue
		}
		more, err := r.machine.Read(source.Kind, source.Files...)
		if err != nil { // one of many: the others can be of use
			r.p.say(fmt.Errorf("%s is left out: %w", source.Kind, err), "")
		}
		found = append(found, more...)
	}
	if len(found) == 0 {
		return nil, hinted{nothingFoundError{errors.New("no account of another program was found")},
			"sendoff account import FILE reads one in another place; sendoff account add sets one up"}
	}
	return found, nil
}

func (r *importRun) readFile(name string) ([]importer.Found, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	data, err := r.machine.ReadFile(path)
	if err != nil {
		return nil, readFailure(name, err)
	}
	kind := importer.Kind(r.o.from)
	if kind == "" {
		kind = importer.Recognise(path, data)
	}
	if kind == "" {
		return nil, hinted{usagef("%s: it cannot be told whose file this is", name), hintKinds()}
	}
	found, err := r.machine.Read(kind, path)
	if err != nil {
		return nil, importError{err}
	}
	if len(found) == 0 {
		return nil, hinted{importError{fmt.Errorf("%s: no account of %s stands there", name, kind)}, hintKinds()}
	}
	return found, nil
}

// readFailure is about an input, and no mistake in our own settings, as what the
// reader of files gives would be.
func readFailure(name string, err error) error {
	var e *config.Error
	var system *fs.PathError
	switch {
	case errors.As(err, &system):
		return fmt.Errorf("%s: %w", name, system.Err)
	case errors.As(err, &e):
		return importError{fmt.Errorf("%s: %s", name, e.Problem)}
	}
	return err
}

// one goes through the steps of one account: is it there, what would be written,
// is that wanted, write it.
func (r *importRun) one(f importer.Found, first bool) error {
	e := importEntry{Found: f, account: f.Account, state: importNew}
	e.account.Name = r.freeName(f.Account.Name)
	if e.Problem != "" {
		e.state = importRefused
	} else if e.other = r.existing(f.Account); e.other != "" {
		e.state = importExists
	}
	var secrets [2]accounts.TypedSecret
	if e.state == importNew {
		secrets = r.placeSecrets(&e)
		if err := r.file.Add(e.account); err != nil {
			e.state, e.Problem = importRefused, problemText(err)
		}
	}
	if !r.o.asJSON {
		r.show(e)
	}
	var err error
	if e.state == importNew {
		e.state, err = r.decide(&e, secrets, first)
	}
	r.entries = append(r.entries, e)
	return err
}

// problemText is a complaint about an account that is in no file yet.
func problemText(err error) string {
	var e *config.Error
	if errors.As(err, &e) {
		return strings.TrimPrefix(e.Key, "account.") + ": " + e.Problem
	}
	return err.Error()
}

// decide asks, where somebody can be asked, and writes. The account is in the file
// already, but not on disk.
func (r *importRun) decide(e *importEntry, secrets [2]accounts.TypedSecret, first bool) (importState, error) {
	switch {
	case r.o.yes:
	case r.d == nil:
		return importNew, nil
	default:
		wanted, err := r.d.askYes(r.ctx, "Write account "+e.account.Name+"?")
		if err == nil && wanted {
			err = r.askClear(e, &secrets)
		}
		if errors.Is(err, errNoAnswer) && r.wrote() {
			err = hinted{usagef("the question was not answered"), "the accounts before stand there, this one does not"}
		}
		if err != nil {
			return importNew, err
		}
		if !wanted {
			return importSkipped, r.file.Remove(e.account.Name)
		}
	}
	if first && e.Default && !r.hasDefault() {
		if err := r.file.SetDefault(e.account.Name); err != nil {
			return importNew, err
		}
	}
	save := func() error { return secrets[1].KeepAnd(r.ctx, r.file.Save) }
	if err := secrets[0].KeepAnd(r.ctx, save); err != nil {
		return importNew, err
	}
	r.sayWritten(*e, secrets)
	return importWritten, nil
}

// wrote tells that an account was written.
func (r *importRun) wrote() bool {
	return slices.ContainsFunc(r.entries, func(e importEntry) bool { return e.state == importWritten })
}

// hasDefault tells that an account was written that is the default of its program.
func (r *importRun) hasDefault() bool {
	return slices.ContainsFunc(r.entries, func(e importEntry) bool { return e.Default && e.state == importWritten })
}

// placeSecrets names files for the secrets that are not known. They do not exist
// yet: an account says where its password is kept, and so the place goes before
// the password.
func (r *importRun) placeSecrets(e *importEntry) (secrets [2]accounts.TypedSecret) {
	if e.WantsSecret() {
		secrets[0].Place.File = r.freeFile(e.account.Name + ".secret")
		e.account.SMTP.Secret = secrets[0].Place
	}
	if e.WantsMailboxSecret() {
		secrets[1].Place.File = r.freeFile(e.account.Name + ".mailbox.secret")
		e.account.Mailbox.Secret = secrets[1].Place
	}
	return secrets
}

// askClear asks what is to become of passwords that stand in a file.
func (r *importRun) askClear(e *importEntry, secrets *[2]accounts.TypedSecret) error {
	for i, clear := range []*importer.Clear{e.Clear, e.ClearMailbox} {
		if clear == nil || strings.ContainsAny(clear.Reveal(), "\r\n\x00") { // a secret is one line
			continue
		}
		n, err := r.d.choose(r.ctx, "There is "+clear.String()+".",
			"leave it there: you name a place for it later, with sendoff account secret "+e.account.Name,
			"copy it into a new file that only you can read")
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		place, err := r.d.askNewFile(r.ctx, secrets[i].Place.File)
		if err != nil {
			return err
		}
		secrets[i] = accounts.TypedSecret{Place: place, Text: clear.Reveal()}
	}
	a, err := r.file.Account(e.account.Name)
	if err != nil {
		return err
	}
	a.SMTP.Secret, a.Mailbox.Secret = orPlace(secrets[0].Place, a.SMTP.Secret), orPlace(secrets[1].Place, a.Mailbox.Secret)
	return r.file.Set(a.Name, a)
}

func orPlace(place, usual accounts.Secret) accounts.Secret {
	if place.IsZero() {
		return usual
	}
	return place
}

// existing is the account that has the same login at the same server, "" if none
// has.
func (r *importRun) existing(found accounts.Account) string {
	book := r.file.Book()
	if book == nil {
		return ""
	}
	for _, a := range book.Accounts {
		same := strings.EqualFold(a.SMTP.Host, found.SMTP.Host) && a.SMTP.Username == found.SMTP.Username
		if same && (a.SMTP.Username != "" || a.SMTP.Port == found.SMTP.Port && a.Allows(found.From.Address)) {
			return a.Name
		}
	}
	return ""
}

// freeName is a name that no account has yet.
func (r *importRun) freeName(name string) string {
	return free(name, func(name string) bool {
		book := r.file.Book()
		return book == nil || !slices.ContainsFunc(book.Accounts, func(a accounts.Account) bool { return strings.EqualFold(a.Name, name) })
	})
}

// freeFile is a path beside accounts.toml where nothing is yet.
func (r *importRun) freeFile(name string) string {
	return free(filepath.Join(filepath.Dir(r.where.accounts), name), func(path string) bool {
		_, err := os.Lstat(path)
		return errors.Is(err, fs.ErrNotExist)
	})
}

// free puts a number behind a name until it is free.
func free(name string, isFree func(string) bool) string {
	for n := 2; ; n++ {
		if isFree(name) || n > 1000 { // then the file system says so itself
			return name
		}
		name = strings.TrimSuffix(name, "-"+strconv.Itoa(n-1)) + "-" + strconv.Itoa(n)
	}
}
