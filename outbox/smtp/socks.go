package smtp

import (
	"fmt"
	"io"
	"net/netip"

	"sendoff/outbox"
)

// SOCKS5 (RFC 1928) and its login (RFC 1929). golang.org/x/net/proxy speaks it
// as well, but tells a refused login from a server that is down by text alone,
// and gives a connection that names the proxy as its other end.
const (
	socksVersion      = 5
	socksLoginVersion = 1
	socksConnect      = 1
	socksMaxText      = 255 // a length is one octet

	// Ways to log in.
	socksNoLogin  = 0
	socksPassword = 2
	socksNoneFits = 0xff

	// Forms of an address.
	socksIPv4 = 1
	socksName = 3
	socksIPv6 = 4
)

// askSOCKS has a SOCKS5 proxy connect to the server.
func (h hop) askSOCKS(conn io.ReadWriter) error {
	methods := []byte{socksNoLogin}
	if h.proxy.Username != "" {
		methods = append(methods, socksPassword)
	}
	answer, err := say(conn, append([]byte{socksVersion, byte(len(methods))}, methods...), 2)
	if err != nil {
		return err
	}
	switch version, method := answer[0], answer[1]; {
	case version != socksVersion:
		return h.notSOCKS(version)
	case method == socksNoneFits && h.proxy.Username == "":
		return h.problem(outbox.ClassAccount, "wants a login: put a user name into proxy, and set proxy_secret")
	case method == socksNoneFits:
		return h.problem(outbox.ClassAccount, "takes no login by user name and password")
	case method == socksPassword && h.proxy.Username != "":
		if err := h.socksLogin(conn); err != nil {
			return err
		}
	case method != socksNoLogin:
		return h.notSOCKS(version)
	}
	return h.socksRequest(conn)
}

func (h hop) socksLogin(conn io.ReadWriter) error {
	user, secret := h.proxy.Username, h.secret
	if len(user) > socksMaxText || len(secret) > socksMaxText {
		return h.problem(outbox.ClassAccount, "cannot be given a user name or password of more than %d bytes", socksMaxText)
	}
	login := append([]byte{socksLoginVersion, byte(len(user))}, user...)
	login = append(append(login, byte(len(secret))), secret...)
	answer, err := say(conn, login, 2)
	if err != nil {
		return err
	}
	// QUIRK: some proxies answer with the version of the protocol, not with that
	// of the login, so the status alone counts.
	if answer[1] != 0 {
		return h.problem(outbox.ClassAccount, "refuses the login: check its user name and proxy_secret")
	}
	return nil
}

func (h hop) socksRequest(conn io.ReadWriter) error {
	request, err := h.socksAddress([]byte{socksVersion, socksConnect, 0})
	if err != nil {
		return err
	}
	answer, err := say(conn, request, 4)
	switch {
	case err != nil:
		return err
	case answer[0] != socksVersion:
		return h.notSOCKS(answer[0])
	case answer[1] != 0:
		return h.socksRefusal(answer[1])
	}
	// What follows is the proxy's own end of the connection: of no interest, but
	// it stands before what the server says.
	length := 0
	switch answer[3] {
	case socksIPv4:
		length = 4
	case socksIPv6:
		length = 16
	case socksName:
		name, err := hear(conn, 1)
		if err != nil {
			return err
		}
		length = int(name[0])
	default:
		return h.notSOCKS(socksVersion)
	}
	_, err = hear(conn, length+2) // and a port
	return err
}

// socksAddress puts the server behind a request.
func (h hop) socksAddress(request []byte) ([]byte, error) {
	ip, err := netip.ParseAddr(h.host)
	ip = ip.Unmap().WithZone("")
	switch {
	case err == nil && ip.Is4():
		request = append(request, socksIPv4)
		request = append(request, ip.AsSlice()...)
	case err == nil:
		request = append(request, socksIPv6)
		request = append(request, ip.AsSlice()...)
	case len(h.host) > socksMaxText:
		return nil, accountFailure("the server name of the account is too long for a SOCKS5 proxy")
	default:
		request = append(request, socksName, byte(len(h.host)))
		request = append(request, h.host...)
	}
	return append(request, byte(h.port>>8), byte(h.port)), nil
}

// socksRefusal says what a reply of RFC 1928 §6 means. A name that does not
// exist has none of its own there.
func (h hop) socksRefusal(reply byte) *failure {
	switch reply {
	case 1:
		return h.cannotReach("it does not say why")
	case 2:
		return h.refuses("its rules do not allow that")
	case 3:
		return h.cannotReach("no route to its network")
	case 4:
		return h.cannotReach("no route to it, or no such host")
	case 5:
		return h.cannotReach("connection refused")
	case 6:
		return h.cannotReach("no answer")
	case 7, 8:
		return h.refuses(fmt.Sprintf("it cannot do that (SOCKS reply %d)", reply))
	}
	return h.cannotReach(fmt.Sprintf("SOCKS reply %d", reply))
}

// notSOCKS is an answer that SOCKS5 does not have. One that begins with H is an
// HTTP server's complaint.
func (h hop) notSOCKS(first byte) *failure {
	if first == 'H' {
		return h.problem(outbox.ClassAccount, "does not speak SOCKS5 but HTTP, it seems: begin proxy with http://")
	}
	return h.problem(outbox.ClassProtocol, "does not speak SOCKS5")
}

// say says something and hears an answer of a known length.
func say(conn io.ReadWriter, what []byte, length int) ([]byte, error) {
	if _, err := conn.Write(what); err != nil {
		return nil, err
	}
	return hear(conn, length)
}

func hear(conn io.Reader, length int) ([]byte, error) {
	answer := make([]byte, length)
	_, err := io.ReadFull(conn, answer)
	return answer, err
}
