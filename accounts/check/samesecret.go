package check

import (
	"reflect"
	"slices"
	"strings"

	"sendoff/accounts"
	"sendoff/outbox/smtp"
)

// Many accounts send and read with one secret, and the two sides of a check run
// side by side. A secret is asked for once, and what one server did not let in is
// not tried at the other: a provider counts wrong logins of a user, wherever
// they come from, and locks the user out.

// sameSecret tells that the secrets of both servers are kept in one place, where
// a person may be asked for it.
func sameSecret(a accounts.Account) bool {
	return reflect.DeepEqual(a.SMTP.Secret, a.Mailbox.Secret)
}

// sameLogin tells that both servers get the same secret for the same user.
func sameLogin(a accounts.Account) bool {
	return sameSecret(a) && sameUser(a.SMTP.Username, a.Mailbox.Username)
}

// sameUser tells that a provider takes two names for one user: they are equal, or
// one is the other without its domain. Two domains are two users.
func sameUser(one, other string) bool {
	one, other = strings.ToLower(one), strings.ToLower(other)
	localOne, domainOne, _ := strings.Cut(one, "@")
	localOther, domainOther, _ := strings.Cut(other, "@")
	return localOne == localOther && localOne != "" && (domainOne == domainOther || domainOne == "" || domainOther == "")
}

// notLetIn are the causes by which a secret that a server has seen may count as
// a wrong login, or another login make it worse.
var notLetIn = []Cause{
	CauseLoginRefused, CauseAppPassword, CauseTokenRefused, CausePasswordExpired, CauseBrowserLogin, CauseAccountBlocked,
	CauseTooManyLogins, CauseLoginFault, CauseLoginHangUp,
	CauseSilent, CauseLost, CauseRefused, // of which other stages know as well
}

// spoilt tells by where and why a side ended that its secret must not be tried
// again now. It is pure.
func spoilt(stage smtp.Stage, c Cause) bool {
	return c == CauseTooManyLogins || stage == smtp.StageLogin && slices.Contains(notLetIn, c)
}
