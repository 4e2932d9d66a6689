package cli

import (
	"context"
	"fmt"

	"sendoff/accounts"
	"sendoff/accounts/discover"
	"sendoff/internal/cleantext"
)

// mostFindings is how many are offered: what comes behind them is worse.
const mostFindings = 5

// find looks for the server of the address where none was named. At a terminal
// the person chooses; else it must be one that is sure.
func (n *newcomer) find() error {
	if n.d != nil {
		fmt.Fprintf(n.p.Err, "Looking for the servers of %s …\n", cleantext.Line(n.a.From.Address))
	}
	result, err := n.look(n.p.world)
	if err != nil {
		return err
	}
	if n.d == nil {
		return n.takeSure(result)
	}
	if result.DidYouMean != "" {
		sure, err := n.d.askYes(n.cmd.Context(), "Did you mean "+result.DidYouMean+"?")
		if err != nil {
			return err
		}
		if sure {
			n.a.From.Address = result.DidYouMean
			return n.find()
		}
	}
	return n.chooseFinding(result)
}

func (n *newcomer) look(o discover.Options) (discover.Result, error) {
	ctx, stop := context.WithCancel(n.cmd.Context())
	defer stop()
	if n.offline {
		stop() // then it says what it knows by itself
	}
	result, err := discover.Find(ctx, n.a.From.Address, o)
	if err == nil {
		err = n.cmd.Context().Err()
	}
	return result, err
}

// takeSure takes the best finding without a question.
func (n *newcomer) takeSure(result discover.Result) error {
	hint := "name it with --smtp-host: the provider's help calls it the SMTP or outgoing server"
	if result.DidYouMean != "" {
		hint = "did you mean " + result.DidYouMean + "? Else " + hint
	}
	if len(result.Findings) == 0 {
		return hinted{usagef("no server was found for %s", result.Address), hint}
	}
	best := result.Findings[0]
	if best.Guess || best.Confirm != "" || result.DidYouMean != "" {
		return hinted{usagef("no server is sure for %s: the best that was found is %s", result.Address, best.SMTP.Host), hint}
	}
	return n.take(best)
}

// chooseFinding shows guesses as guesses, and always lets the person type: then it
// leaves the server open.
func (n *newcomer) chooseFinding(result discover.Result) error {
	findings := result.Findings[:min(len(result.Findings), mostFindings)]
	sure := false
	var choices []string
	for _, f := range findings {
		choices = append(choices, findingLine(f))
		sure = sure || !f.Guess
	}
	choices = append(choices, "another one, which I type myself")
	if !sure && !result.Offline {
		choices = append(choices, "ask the domain's own server, which then sees the whole address")
	}
	if len(findings) == 0 {
		fmt.Fprintln(n.p.Err, "Nothing was found.")
	}
	if len(choices) == 1 {
		return nil
	}
	switch chosen, err := n.d.choose(n.cmd.Context(), "Which server takes your mail?", choices...); {
	case err != nil:
		return err
	case chosen < len(findings):
		return n.take(findings[chosen])
	case chosen > len(findings):
		o := n.p.world
		o.AskDomain = true
		again, err := n.look(o)
		if err != nil {
			return err
		}
		again.Offline = true // it has been asked
		return n.chooseFinding(again)
	}
	return nil
}

func findingLine(f discover.Finding) string {
	line := accounts.Server{Host: f.SMTP.Host, Port: f.SMTP.Port, Security: f.SMTP.Security}.String()
	if f.SMTP.Username != "" {
		line += ", user " + f.SMTP.Username
	}
	line += ": " + f.Why
	if f.Confirm != "" {
		line += "\n       ! " + f.Confirm
	}
	return cleantext.Block(line)
}

// take begins the account with a finding; what was said on the command line goes
// before that.
func (n *newcomer) take(f discover.Finding) error {
	a := f.Account(n.a.Name, n.a.From)
	if _, err := applyAccountFlags(n.cmd, &a); err != nil {
		return err
	}
	a.From = n.a.From
	n.a = a
	if n.d == nil || f.Preset == nil {
		return nil
	}
	for _, hint := range f.Preset.Hints {
		fmt.Fprintln(n.p.Err, hint)
	}
	if limits := f.Preset.Limits.String(); limits != "" {
		fmt.Fprintf(n.p.Err, "Limits %s.\n", limits)
	}
	return nil
}
