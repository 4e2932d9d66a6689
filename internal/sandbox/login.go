package sandbox

import (
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// wrongPassword is the one password that is refused, whoever has it.
const wrongPassword = "wrong"

// AuthMechanisms are announced in the answer to EHLO.
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// Auth begins a login.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return s.logIn(user, password) }), nil
	case sasl.Login:
		return &loginServer{logIn: s.logIn}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// logIn accepts everybody but the wrong password. Nothing of it is logged.
func (s *session) logIn(user, password string) error {
	if password == wrongPassword {
		s.server.logf("login refused: 535 5.7.8")
		return smtp.ErrAuthFailed
	}
	s.user = user
	return nil
}

// loginServer is the server's side of LOGIN (draft-murchison-sasl-login),
// which go-sasl does not have.
type loginServer struct {
	logIn   func(user, password string) error
	user    string
	hasUser bool
}

// Next takes the user, who may come with the command, and then the password.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil:
		return []byte("Username:"), false, nil
	case !l.hasUser:
		l.user, l.hasUser = string(response), true
		return []byte("Password:"), false, nil
	}
	return nil, true, l.logIn(l.user, string(response))
}
