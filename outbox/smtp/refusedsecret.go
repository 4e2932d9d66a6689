package smtp

import (
	"errors"

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
