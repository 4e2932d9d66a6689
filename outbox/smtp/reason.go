package smtp

import "errors"

// What keeps a session from being opened, for [errors.Is], where no error of the
// standard library tells it. The text of a failure says more, and is for people.
var (
	ErrSecret      = errors.New("the secret cannot be had or used")
	ErrProxy       = errors.New("the proxy makes no connection")
	ErrSettings    = errors.New("a file or a name that the account gives cannot be used")
	ErrSpeaksTLS   = errors.New("the port speaks TLS from the first byte")
	ErrSpeaksPlain = errors.New("the port speaks SMTP in the clear")
	ErrNotMail     = errors.New("what answers is no mail server")
	ErrOldTLS      = errors.New("the server speaks only old TLS")
	ErrTLSRefused  = errors.New("the server refuses the TLS handshake")
	ErrCertWanted  = errors.New("the server wants a certificate from us")
	ErrPinned      = errors.New("the certificate is not the pinned one")
	ErrNoSTARTTLS  = errors.New("the server offers no STARTTLS")
	ErrTampered    = errors.New("there was clear text behind the answer to STARTTLS")
	ErrClearLine   = errors.New("a login over a clear line")
	ErrNoLogin     = errors.New("the server offers no login")
	ErrNoMethod    = errors.New("the server offers no login method that fits")
	ErrUnsafeLogin = errors.New("the server's way of logging in is not safe")
	ErrNoUTF8      = errors.New("the server takes no addresses beyond ASCII")
)
