package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/accounts/discover"
	"sendoff/internal/cleantext"
)

// discoveryJSON is what was found for an address. Its names are a contract.
type discoveryJSON struct {
	Address    string         `json:"address"`
	Offline    bool           `json:"offline"`
	DidYouMean string         `json:"did_you_mean,omitempty"`
	Findings   []settingsJSON `json:"findings"` // best first
	Roads      []roadJSON     `json:"roads"`
}

type settingsJSON struct {
	Source  discover.Source       `json:"source"`
	Also    []discover.Source     `json:"also"`
	Why     string                `json:"why"`
	Guess   bool                  `json:"guess"`
	Confirm string                `json:"confirm,omitempty"`
	SMTP    serverJSON            `json:"smtp"`
	Mailbox *serverJSON           `json:"mailbox"`
	Secrets []accounts.SecretKind `json:"secrets"`
	Preset  string                `json:"preset,omitempty"`
	Limits  string                `json:"limits,omitempty"`
	Hints   []string              `json:"hints"`
}

type serverJSON struct {
	Protocol string            `json:"protocol"`
	Host     string            `json:"host"`
	Port     int               `json:"port"`
	Security accounts.Security `json:"security"`
	Auth     accounts.Auth     `json:"auth,omitempty"`
	Username string            `json:"username"`
}

type roadJSON struct {
	Source       discover.Source `json:"source"`
	State        discover.State  `json:"state"`
	Said         string          `json:"said"`
	Milliseconds int64           `json:"ms"`
}

func (p *program) discoverCommand() *cobra.Command {
	var asJSON bool
	var o discover.Options
	cmd := &cobra.Command{
		Use:   "discover ADDR",
		Short: "Find the servers of an address",
		Long: "Looks at what is known of the provider, asks the domain's own servers, DNS, and Thunderbird's list of providers, and prints what was found, " +
			"best first. Guesses are called guesses. It takes eight seconds at most, writes nothing and logs in nowhere.\n\n" +
			"Others see no more than the domain. With --ask-domain the domain's own server is shown the whole address, for which it may know more.",
		Example: "sendoff account discover ada@example.org",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return hinted{usagef("%d addresses given", len(args)), "give one, as in: sendoff account discover ada@example.org"}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return p.discover(cmd.Context(), args[0], o, asJSON) },
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "what was found, and what each road said")
	cmd.Flags().BoolVar(&o.AskDomain, "ask-domain", false, "show the whole address to the domain's own server")
	return cmd
}

func (p *program) discover(ctx context.Context, address string, o discover.Options, asJSON bool) error {
	result, err := discover.Find(ctx, address, o)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if asJSON {
		if err := writeJSON(p.Out, toDiscoveryJSON(result)); err != nil {
			return err
		}
	} else {
		writeDiscovery(p.Out, result)
	}
	if result.DidYouMean != "" {
		fmt.Fprintf(p.Err, "did you mean %s?\n", cleantext.Line(result.DidYouMean))
	}
	switch {
	case len(result.Findings) > 0 && result.Offline:
		fmt.Fprintln(p.Err, "nobody could be asked: this is only what sendoff knows")
	case len(result.Findings) > 0:
	case result.Offline:
		p.say(errors.New("nobody could be asked, and sendoff does not know "+result.Address), "is this machine online?")
		return byOutcome(exitTryLater)
	default:
		return hinted{unavailableError{errors.New("no server was found for " + result.Address)}, "ask the provider for its submission server (SMTP)"}
	}
	return nil
}

func toDiscoveryJSON(result discover.Result) discoveryJSON {
	j := discoveryJSON{Address: result.Address, Offline: result.Offline, DidYouMean: result.DidYouMean, Findings: []settingsJSON{}}
	for _, f := range result.Findings {
		s := settingsJSON{
			Source: f.Source, Also: append([]discover.Source{}, f.Also...), Why: f.Why, Guess: f.Guess, Confirm: f.Confirm,
			SMTP:    serverJSON{"smtp", f.SMTP.Host, f.SMTP.Port, f.SMTP.Security, f.SMTP.Auth, f.SMTP.Username},
			Secrets: append([]accounts.SecretKind{}, f.Secrets...), Hints: []string{},
		}
		if m := f.Mailbox; !m.IsZero() {
			s.Mailbox = &serverJSON{string(m.Protocol), m.Host, m.Port, m.Security, m.Auth, m.Username}
		}
		if f.Preset != nil {
			s.Preset, s.Limits, s.Hints = f.Preset.ID, f.Preset.Limits.String(), append(s.Hints, f.Preset.Hints...)
		}
		j.Findings = append(j.Findings, s)
	}
	for _, r := range result.Roads {
		j.Roads = append(j.Roads, roadJSON{r.Source, r.State, r.Said, r.Took.Milliseconds()})
	}
	return j
}

// writeDiscovery prints the findings best first, what each road said, and last
// the block for accounts.toml.
func writeDiscovery(to io.Writer, result discover.Result) {
	for i, f := range result.Findings {
		writeFinding(to, i+1, f)
	}
	if len(result.Findings) > 0 {
		fmt.Fprintln(to)
	}
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	for _, r := range result.Roads {
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.Source, r.State, r.Said)
	}
	_ = w.Flush() // what cannot be printed is noticed by the standard output itself
	if len(result.Findings) > 0 {
		fmt.Fprintf(to, "\nFor accounts.toml, once its secret is right:\n\n%s", accounts.Entry(blockAccount(result)))
	}
}

func writeFinding(to io.Writer, number int, f discover.Finding) {
	line := fmt.Sprintf("%d. %s", number, accounts.Server{Host: f.SMTP.Host, Port: f.SMTP.Port, Security: f.SMTP.Security})
	if f.SMTP.Username != "" {
		line += ", user " + f.SMTP.Username
	}
	if len(f.Secrets) > 0 {
		line += ", " + kindsText(f.Secrets)
	}
	fmt.Fprintf(to, "%s\n   %s\n", line, f.Why)
	for _, source := range f.Also {
		fmt.Fprintf(to, "   also by %s\n", source)
	}
	if m := f.Mailbox; !m.IsZero() {
		fmt.Fprintf(to, "   bounces by %s from %s\n", m.Protocol, accounts.Server{Host: m.Host, Port: m.Port, Security: m.Security})
	}
	if f.Confirm != "" {
		fmt.Fprintf(to, "   ! %s\n", f.Confirm)
	}
	if number > 1 || f.Preset == nil { // the others are of the same provider, mostly
		return
	}
	for _, hint := range f.Preset.Hints {
		fmt.Fprintf(to, "   %s\n", hint)
	}
	if limits := f.Preset.Limits.String(); limits != "" {
		fmt.Fprintf(to, "   Limits %s.\n", limits)
	}
}

func kindsText(kinds []accounts.SecretKind) string {
	texts := make([]string, len(kinds))
	for i, kind := range kinds {
		texts[i] = string(kind)
	}
	return strings.Join(texts, " or ")
}

// blockAccount is the account of the best finding, with a place for its secret
// such as many people have.
func blockAccount(result discover.Result) accounts.Account {
	name := accounts.UsualName(result.Address)
	a := result.Findings[0].Account(name, mail.Address{Address: result.Address})
	switch {
	case a.SMTP.Auth == accounts.AuthNone && a.Mailbox.IsZero():
	case a.SMTP.Auth == accounts.AuthNone:
		a.Mailbox.Secret.Command = []string{"pass", "show", "mail/" + name}
	case a.SMTP.Auth.ByToken():
		a.SMTP.Secret.Command = []string{"oama", "access", result.Address}
	default:
		a.SMTP.Secret.Command = []string{"pass", "show", "mail/" + name}
	}
	return a
}
