package smtp

import (
	"errors"
	"slices"

	"sendoff/outbox"
)

// noSecret stands for a secret that could not be had, so that having one is a
// change.
const noSecret = "none"

// refusedLogin is a failure that another secret would mend.
type refusedLogin struct {
	error
	secret string // fingerprint of the one that was refused
}

func (r *refusedLogin) Unwrap() error { return r.error }

// withSecret notes the secret that a login was refused with, if it was that.
func withSecret(err error, fingerprint string) error {
	var known *refusedLogin
	if resultOf(err).Class != outbox.ClassCredentials || errors.As(err, &known) {
		return err
	}
	return &refusedLogin{err, fingerprint}
}

// refusedSecret is what withSecret has noted; "" if nothing.
func refusedSecret(err error) string {
	var r *refusedLogin
	if errors.As(err, &r) {
		return r.secret
	}
	return ""
}

// noteRefusedLogin is for servers that let somebody in and refuse the login at the
// sender or a recipient. It takes another secret, and a connection that was made
// with that.
func (x *transaction) noteRefusedLogin(s *session) (refused bool) {
	refused = slices.ContainsFunc(x.report.Results, func(r outbox.Result) bool { return r.Class == outbox.ClassCredentials })
	if refused {
		x.report.Secret = s.secret
		s.most = s.messages
	}
	return refused
}
