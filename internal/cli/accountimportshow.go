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
	fmt.Fprintf(out, "# %s, %s\n", e.Place, e.Kind)
	switch e.state {
	case importRefused:
		fmt.Fprintf(out, "# %s cannot be taken over: %s\n", e.account.Name, cleantext.Line(e.Problem))
		return
	case importExists:
		fmt.Fprintf(out, "# account %s is this one already\n", cleantext.Line(e.other))
		if a, err := r.file.Account(e.other); err == nil && !a.Allows(e.account.From.Address) {
			fmt.Fprintf(out, "# it does not send as %s: sendoff account edit %s adds an identity\n", cleantext.Line(e.account.From.Address), e.other)
		}
		return
	}
	for _, n := range e.Notes {
		fmt.Fprintf(out, "# %s\n", shortNote(n, e.Place))
	}
	for _, clear := range []*importer.Clear{e.Clear, e.ClearMailbox} {
		if clear != nil {
			fmt.Fprintf(out, "# %s is not shown\n", clear)
		}
	}
	if e.Preset != nil {
		if limits := e.Preset.Limits.String(); limits != "" {
			fmt.Fprintf(out, "# limits of %s %s\n", e.Preset.Name, limits)
		}
		if !e.account.SMTP.Auth.ByToken() {
			for _, hint := range e.Preset.Hints {
				fmt.Fprintf(out, "# %s\n", hint)
			}
		}
	}
	if e.WantsSecret() || e.WantsMailboxSecret() {
		fmt.Fprintln(out, "# where its secret will be kept there is nothing yet")
	}
	fmt.Fprint(out, accounts.Entry(e.account))
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
	fmt.Fprintf(r.p.Err, "sendoff: account %s stands in %s\n", e.account.Name, r.where.accounts)
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
		fmt.Fprintf(r.p.Err, "sendoff: %s is not known yet\nhint: sendoff account secret %s%s\n", what, flag, e.account.Name)
	}
	if complete {
		fmt.Fprintf(r.p.Err, "hint: sendoff account check %s tries it\n", e.account.Name)
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
