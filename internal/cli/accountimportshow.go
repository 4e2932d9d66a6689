package cli

import (
	"fmt"
	"net"
	"strconv"

	"sendoff/accounts"
	"sendoff/accounts/importer"
	"sendoff/internal/cleantext"
)

// show prints what was found as the block of accounts.toml that it is or would be,
// with what is to be known about it as comments.
func (r *importRun) show(e importEntry) {
	out := r.p.Out
	if len(r.entries) > 0 {
		fmt.Fprintln(out)
	}
	if r.d != nil && r.found > 1 { // a person wants to know how many questions come
		fmt.Fprintf(out, "Account %d of %d\n\n", len(r.entries)+1, r.found)
	}
	r.comment("%s, %s", e.Place, e.Kind)
	switch e.state {
	case importRefused:
		r.comment("%s cannot be taken over: %s", e.account.Name, cleantext.Line(e.Problem))
		return
	case importExists:
		r.comment("account %s is this one already", cleantext.Line(e.other))
		if a, err := r.file.Account(e.other); err == nil && !a.Allows(e.account.From.Address) {
			r.comment("it does not send as %s: sendoff account edit %s adds an identity", cleantext.Line(e.account.From.Address), e.other)
		}
		return
	}
	for _, n := range e.Notes {
		r.comment("%s", shortNote(n, e.Place))
	}
	for _, clear := range []*importer.Clear{e.Clear, e.ClearMailbox} {
		if clear != nil {
			r.comment("%s is not shown", clear)
		}
	}
	if e.Preset != nil {
		if limits := e.Preset.Limits.String(); limits != "" {
			r.comment("limits of %s %s", e.Preset.Name, limits)
		}
		if !e.account.SMTP.Auth.ByToken() {
			for _, hint := range e.Preset.Hints {
				r.comment("%s", hint)
			}
		}
	}
	if e.WantsSecret() || e.WantsMailboxSecret() {
		r.comment("where its secret will be kept there is nothing yet")
	}
	fmt.Fprint(out, accounts.Entry(e.account))
	if r.d != nil {
		fmt.Fprintln(out)
	}
}

// comment prints what is to be known about an account; at a terminal its lines end between
// words.
func (r *importRun) comment(format string, args ...any) {
	const mark = "# "
	fmt.Fprintln(r.p.Out, inLines(mark+fmt.Sprintf(format, args...), mark, widthOf(r.p.Out)))
}

// shortNote leaves out the file where it is the one above.
func shortNote(n importer.Note, beside importer.Place) string {
	switch {
	case n.Place == beside || n.Place.File == "":
		return n.Text
	case n.Place.File == beside.File:
		return "line " + strconv.Itoa(n.Place.Line) + ": " + n.Text
	}
	return n.String()
}

// sayWritten tells that an account stands in the file, and what it still lacks.
func (r *importRun) sayWritten(e importEntry, secrets [2]accounts.TypedSecret) {
	r.p.tell(fmt.Sprintf("sendoff: account %s stands in %s", e.account.Name, r.where.accounts))
	complete := true
	for i, secret := range secrets {
		if secret.Place.IsZero() || secret.Text != "" {
			continue
		}
		complete = false
		what, flag := "its password", ""
		if e.account.SMTP.Auth.ByToken() {
			what = "its access token"
		}
		if i == 1 {
			what, flag = "the password of its mailbox", "--mailbox "
		}
		r.p.tell(fmt.Sprintf("sendoff: %s is not known yet\nhint: sendoff account secret %s%s", what, flag, e.account.Name))
	}
	if complete {
		r.p.tell(fmt.Sprintf("hint: sendoff account check %s tries it", e.account.Name))
	}
}

// importJSON is an account of another program. Its names are a contract.
type importJSON struct {
	Name    string        `json:"name"`
	State   importState   `json:"state"`
	From    importer.Kind `json:"from"`
	File    string        `json:"file"`
	Line    int           `json:"line"`
	Default bool          `json:"default"`
	Account string        `json:"account,omitempty"` // the one that it is already
	Problem string        `json:"problem,omitempty"`

	Address  string `json:"address"`
	Server   string `json:"server"`
	Security string `json:"security"`
	Auth     string `json:"auth"`
	Username string `json:"username"`

	Notes              []importNoteJSON `json:"notes"`
	ClearPasswords     []importNoteJSON `json:"clear_passwords"` // where they stand
	WantsSecret        bool             `json:"wants_secret"`
	WantsMailboxSecret bool             `json:"wants_mailbox_secret"`
	Limits             string           `json:"limits,omitempty"`
	TOML               string           `json:"toml"`
}

type importNoteJSON struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text,omitempty"`
}

func (r *importRun) json() []importJSON {
	all := make([]importJSON, 0, len(r.entries))
	for _, e := range r.entries {
		a := e.account
		j := importJSON{
			Name: a.Name, State: e.state, From: e.Kind, File: e.Place.File, Line: e.Place.Line, Default: e.Default, Account: e.other, Problem: e.Problem,
			Address: a.From.Address, Server: net.JoinHostPort(a.SMTP.Host, strconv.Itoa(a.SMTP.Port)), Security: string(a.SMTP.Security),
			Auth: string(a.SMTP.Auth), Username: a.SMTP.Username, Notes: []importNoteJSON{}, ClearPasswords: []importNoteJSON{},
			WantsSecret: e.WantsSecret(), WantsMailboxSecret: e.WantsMailboxSecret(), TOML: accounts.Entry(a),
		}
		if a.SMTP.Host == "" {
			j.Server = ""
		}
		if e.Preset != nil {
			j.Limits = e.Preset.Limits.String()
		}
		for _, n := range e.Notes {
			j.Notes = append(j.Notes, importNoteJSON{n.Place.File, n.Place.Line, n.Text})
		}
		for _, clear := range []*importer.Clear{e.Clear, e.ClearMailbox} {
			if clear != nil {
				j.ClearPasswords = append(j.ClearPasswords, importNoteJSON{File: clear.Place.File, Line: clear.Place.Line})
			}
		}
		all = append(all, j)
	}
	return all
}
