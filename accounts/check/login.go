package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sendoff/accounts"
	"sendoff/outbox"
	"sendoff/outbox/mailbox"
	"sendoff/outbox/refusal"
	"sendoff/outbox/smtp"
)

// loginRules are for logins that do not succeed. What the server means by its
// answer is for package refusal to tell; here it is put together with what is
// known of the provider.
var loginRules = []rule{
	{CauseClearLine, func(s sight) bool {
		return errors.Is(s.err, smtp.ErrClearLine) || s.said && s.answer.Class == outbox.ClassAccount
	}, func(s sight) (string, string) {
		return "the line is not secured: the password was not sent", fmt.Sprintf(`set security = "tls" (port %d) or "starttls" (port %d)`,
			usualPort(s.protocol, accounts.TLS), usualPort(s.protocol, accounts.STARTTLS))
	}},
	{CauseNoLogin, because(smtp.ErrNoLogin), func(s sight) (string, string) {
		return fmt.Sprintf("the server offers no login on port %d: is it for mail between servers, or a relay that goes by the IP address?", s.port),
			s.throughOtherDoor("check the port, or leave out username and secret where none is wanted")
	}},
	{CauseOAuthOnly, func(s sight) bool { return errors.Is(s.err, smtp.ErrNoMethod) && s.onlyTokens() }, func(s sight) (string, string) {
		return "the server takes no passwords, only OAuth: the password was not sent", hintOAuth
	}},
	{CauseLoginMethod, because(smtp.ErrNoMethod), func(s sight) (string, string) {
		return "the server offers no way of logging in that the account allows, only " + s.ways(), `set "auth" to one that the server offers, or leave it out`
	}},
	{CauseUnsafeLogin, because(smtp.ErrUnsafeLogin), func(s sight) (string, string) {
		return s.answer.Text, "somebody may be on the line: try another network, and tell the provider if it stays so"
	}},
	{CauseAppPassword, func(s sight) bool {
		return s.refusedFor(refusal.AppPassword) || s.loginRefused() && !s.token && s.preset().wantsAppPassword()
	}, func(s sight) (string, string) {
		found := "the server wants a password that is made for programs (an app password)"
		if name := s.preset().Name; name != "" {
			found = name + " wants an app password, or OAuth: the password of its web site is refused"
		}
		return found, s.preset().hints("make an app password at the provider's web site, and put it where the account's secret is kept")
	}},
	{CauseSMTPOff, func(s sight) bool {
		return s.refusedFor(refusal.BasicOff) && strings.Contains(strings.ToLower(s.answer.Text), "smtpclientauthentication")
	}, says("your organisation has switched off sending by mail programs",
		`an administrator must allow "Authenticated SMTP" for your mailbox (and in the tenant, and its Security Defaults); or use OAuth`)},
	{CauseOAuthOnly, func(s sight) bool { return s.refusedFor(refusal.BasicOff) }, says("the server no longer takes passwords, only OAuth", hintOAuth)},
	{CauseMailboxOff, func(s sight) bool { return s.protocol != sending && (s.refusedFor(refusal.ServiceOff) || s.saysOff()) }, func(s sight) (string, string) {
		return s.protocol + " is switched off for this mailbox", s.preset().hints("switch it on in the settings of the mailbox, at the provider's web site")
	}},
	{CauseServiceOff, func(s sight) bool { return s.refusedFor(refusal.ServiceOff) }, func(s sight) (string, string) {
		return "sending by mail programs is not switched on for this account", s.preset().hints("switch it on at the provider's web site")
	}},
	{CausePasswordExpired, func(s sight) bool { return s.refusedFor(refusal.PasswordExpired) }, says("the password has to be changed",
		"change it at the provider, and put the new one where the account's secret is kept")},
	{CauseBrowserLogin, func(s sight) bool { return s.refusedFor(refusal.BrowserLogin) }, says("the provider wants you to log in with a browser first",
		"log in at the provider's web site, then check again")},
	{CauseAccountBlocked, func(s sight) bool { return s.refusedFor(refusal.AccountBlocked) }, says("the provider has blocked the account",
		"log in at the provider's web site, and see what it says")},
	{CauseLoginFault, func(s sight) bool {
		return s.at(smtp.StageLogin) && (s.refusedFor(refusal.LoginFault) || s.answer.Code >= 400 && s.answer.Code < 500 || s.said && s.answer.Class == outbox.ClassThrottled)
	}, says("the server could not check the login just now", "check again in a quarter of an hour: trying often can lock you out")},
	{CauseTokenRefused, func(s sight) bool { return s.loginRefused() && s.token }, says("the access token was refused",
		"see that the place where the secret is kept gives a fresh token, for this mailbox and for sending; perhaps you have to log in at the provider again")},
	{CauseLoginMethod, func(s sight) bool {
		return s.at(smtp.StageLogin) && s.answer.Class == outbox.ClassAccount && s.answer.Code >= 500
	}, func(s sight) (string, string) {
		return "the server does not take this way of logging in", `set "auth" to another one that the server offers: ` + s.ways()
	}},
	{CauseLoginRefused, sight.loginRefused, func(s sight) (string, string) { return "the login was refused: user name or password", s.hintLogin() }},
	{CauseLoginHangUp, func(s sight) bool {
		return s.at(smtp.StageLogin) && s.answer.Code == 0 && !s.said && s.answer.Class == outbox.ClassThrottled
	}, says("the server hung up on the login, as servers do on who is locked out",
		"wait a quarter of an hour before you check again, and see that no other program logs in with an old password")},
	{CauseSilent, func(s sight) bool { return s.at(smtp.StageLogin) && s.timedOut() }, func(s sight) (string, string) {
		return fmt.Sprintf("the server does not answer to the login within %d s", int(s.allowed.Seconds())),
			// Dovecot's fourth answer to a wrong password takes 15 s, as do those after it.
			"check the user name and the password, and then again in some minutes: servers keep those waiting who have just got in wrong some times"
	}},
}

const hintOAuth = `use an access token: auth = "xoauth2" (or "oauthbearer"), and a secret whose command prints one`

// fromRules are for MAIL and RCPT.
var fromRules = []rule{
	{CauseNoUTF8, because(smtp.ErrNoUTF8), says("the server takes no addresses beyond ASCII, and the account's own is one", "use an address in ASCII, if there is one")},
	{CauseLoginNeeded, func(s sight) bool {
		return s.at(smtp.StageMail, smtp.StageRcpt) && s.answer.Class == outbox.ClassCredentials
	}, func(s sight) (string, string) {
		if len(s.offered) == 0 {
			return "the server wants a login, but offers no way to log in that is known here", s.throughOtherDoor("check the port of the account")
		}
		return "the server wants a login", "give the account a username and a secret"
	}},
	{CauseSendLimit, func(s sight) bool {
		return s.at(smtp.StageMail, smtp.StageRcpt) && s.answer.Class == outbox.ClassThrottled
	}, says("the account has sent as much as it may for now", "wait; the settings are right as far as can be told")},
	{CauseFromRefused, func(s sight) bool {
		return s.at(smtp.StageMail) && s.answer.Code >= 500 || s.at(smtp.StageRcpt) && s.refusedFor(refusal.NotOwned, refusal.SenderUnknown, refusal.SenderRefused)
	}, func(s sight) (string, string) {
		return "this account may not send as " + s.account.From.Address, "add the address as an alias at the provider, or set from to one that the account has"
	}},
	{CauseSelfRefused, func(s sight) bool { return s.at(smtp.StageRcpt) && s.answer.Code >= 500 }, func(s sight) (string, string) {
		return "the server takes no mail to " + s.account.From.Address + " from this account", "check the spelling of the From address; if it is right, ask the provider"
	}},
	{CauseBusy, func(s sight) bool { return s.at(smtp.StageMail, smtp.StageRcpt) && s.answer.Code >= 400 }, says("the server does not say yes now", "check again in some minutes")},
}

// folderRules are for what comes behind the login to a mailbox.
var folderRules = []rule{
	{CauseNoFolder, because(mailbox.ErrNoFolder), func(s sight) (string, string) {
		return fmt.Sprintf("there is no folder %q in the mailbox", s.account.Mailbox.Folder), `set the folder of the mailbox to one that there is; the usual one is "INBOX"`
	}},
}

// loginRefused tells that the server does not like the user name or the secret.
func (s sight) loginRefused() bool {
	return s.at(smtp.StageLogin) && s.answer.Class == outbox.ClassCredentials && (s.answer.Code >= 500 || s.said)
}

// saysOff tells the words of a mailbox server whose protocol is not switched on.
// Each provider has its own; all speak of enabling something.
func (s sight) saysOff() bool {
	text := strings.ToLower(s.answer.Text)
	for _, words := range []string{"disabled", "not enabled", "enable imap", "enable pop", "switched off", "not activated", "aktivier", "freischalt", "turn on"} {
		if strings.Contains(text, words) {
			return s.at(smtp.StageLogin) && s.said
		}
	}
	return false
}

// hintLogin says what may be wrong with a login of which the server says nothing
// more.
func (s sight) hintLogin() string {
	p, address := s.preset(), s.account.From.Address
	local, domain, _ := strings.Cut(address, "@")
	wanted := p.Username(address)
	switch {
	case wanted != "" && wanted != s.username && p.Login == accounts.LoginLocal && strings.Contains(s.username, "@"):
		return fmt.Sprintf("%s wants the user name without the domain: try username = %q", p.Name, local)
	case wanted != "" && wanted != s.username && p.Login == accounts.LoginFixed:
		return fmt.Sprintf("%s wants username = %q for everybody", p.Name, wanted)
	case p.ID == "" && s.username != "" && !strings.Contains(s.username, "@"), p.Login == accounts.LoginAddress && !strings.Contains(s.username, "@"):
		return fmt.Sprintf("try the full address as the user name: %s@%s", s.username, domain)
	}
	return p.hints("check the user name, and put the right password where the account's secret is kept")
}

// onlyTokens tells that all the ways offered want an access token.
func (s sight) onlyTokens() bool {
	return len(s.offered) > 0 && !slices.ContainsFunc(s.offered, func(m string) bool {
		return m != "XOAUTH2" && m != "OAUTHBEARER" && m != "EXTERNAL" && m != "ANONYMOUS"
	})
}

func (s sight) ways() string {
	if len(s.offered) == 0 {
		return "none"
	}
	return strings.Join(s.offered[:min(len(s.offered), 12)], ", ")
}

// known is what is known of the provider of a server; its Name is "" for nothing.
type known struct{ accounts.Preset }

// preset is the provider that the server belongs to.
func (s sight) preset() known {
	p, _ := accounts.PresetOf(s.account.From.Address, s.host, s.port)
	return known{p}
}

// wantsAppPassword tells that the password of the web site is always refused.
func (k known) wantsAppPassword() bool {
	return len(k.Secrets) > 0 && k.Secrets[0] == accounts.SecretAppPassword
}

// hints are those of the provider, otherwise if there are none.
func (k known) hints(otherwise string) string {
	if len(k.Hints) == 0 {
		return otherwise
	}
	return strings.Join(k.Hints, " ")
}
