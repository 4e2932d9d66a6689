package smtp

import (
	"fmt"
	"strconv"
	"strings"

	"sendoff/outbox"
)

// maxCommand is the longest command that every server takes, without its CRLF
// (RFC 5321 §4.5.3.1.4).
const maxCommand = 510

// mailCommand uses what was offered, and after STARTTLS that is what was
// offered inside TLS.
//
// Where the server makes delivery reports to order (RFC 3461), they come with the
// header of the message alone and the name of the item, by which they find back.
func (s *session) mailCommand(d outbox.Delivery) string {
	command := "MAIL FROM:<" + d.From + ">"
	if s.offers("SIZE") {
		command += " SIZE=" + strconv.FormatInt(d.Size, 10)
	}
	if (d.EightBit || d.UTF8) && s.offers("8BITMIME") {
		command += " BODY=8BITMIME"
	}
	if d.UTF8 && s.offers("SMTPUTF8") { // without it, what is left is ASCII
		command += " SMTPUTF8"
	}
	if d.RequireTLS {
		command += " REQUIRETLS"
	}
	if s.offers("DSN") {
		command += " RET=HDRS"
		if id := d.Item.String(); id != "" {
			command += " ENVID=" + xtext(id)
		}
	}
	return command
}

// rcptCommand asks for reports of failure and delay, and of delivery where that is
// wished for, and that they name the recipient as it was typed: servers on the way may know another address.
func (s *session) rcptCommand(d outbox.Delivery, recipient string) string {
	command := "RCPT TO:<" + recipient + ">"
	if !s.offers("DSN") {
		return command
	}
	command += " NOTIFY="
	if d.Report {
		command += "SUCCESS,"
	}
	command += "FAILURE,DELAY"
	with := command + " ORCPT=" + originalRecipient(recipient)
	if len(with) > maxCommand {
		return command
	}
	return with
}

// originalRecipient is the value of ORCPT (RFC 3461 §4.2; RFC 6533 §3 for what is
// not ASCII).
func originalRecipient(address string) string {
	if isASCII(address) {
		return "rfc822;" + xtext(address)
	}
	var b strings.Builder
	for _, r := range address {
		if r > '~' || r <= ' ' || r == '+' || r == '=' || r == '\\' {
			fmt.Fprintf(&b, `\x{%X}`, r)
			continue
		}
		b.WriteRune(r)
	}
	return "utf-8;" + b.String()
}

// xtext writes ASCII text as the value of a parameter (RFC 3461 §4).
func xtext(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c <= ' ' || c > '~' || c == '+' || c == '=' {
			fmt.Fprintf(&b, "+%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}
