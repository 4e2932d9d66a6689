package check

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"sendoff/accounts"
	"sendoff/outbox/smtp"
)

// door is a port of the server and how it answers.
type door struct {
	port int
	smtp.Door
}

// The ports for a person's mail program: RFC 8314 §3.3, RFC 6409 §3.1, and the
// one that providers open besides, for networks that block the others.
var submissionPorts = []int{465, 587, 2525}

// portsOf are those of a protocol; of a mailbox, those of RFC 8314 §3.1 and §3.2
// and the older ones.
func portsOf(protocol string) []int {
	switch protocol {
	case "IMAP":
		return []int{993, 143}
	case "POP3":
		return []int{995, 110}
	}
	return submissionPorts
}

// knock looks, side by side, how the usual ports of the server answer, and its
// own.
func (r *run) knock(ctx context.Context, server accounts.SMTP, ports []int) []door {
	ctx, cancel := context.WithTimeout(ctx, knockLimit)
	defer cancel()
	if !slices.Contains(ports, server.Port) {
		ports = append(slices.Clone(ports), server.Port)
	}
	doors := make([]door, len(ports))
	var all sync.WaitGroup
	for i, port := range ports {
		at := server
		at.Port = port
		all.Go(func() { doors[i] = door{port, r.transport.Knock(ctx, at)} })
	}
	all.Wait()
	return doors
}

func (s sight) doorAt(port int) smtp.Door {
	for _, d := range s.doors {
		if d.port == port {
			return d.Door
		}
	}
	return ""
}

// throughOtherDoor is the hint to use another port that answers, in the way in
// which it does; otherwise if there is none. One with TLS goes first (RFC 8314
// §3.3).
func (s sight) throughOtherDoor(otherwise string) string {
	for _, wanted := range []smtp.Door{smtp.DoorTLS, smtp.DoorPlain} {
		for _, d := range s.doors {
			if d.Door != wanted || d.port == s.port && s.security == securityOf(wanted) {
				continue
			}
			return fmt.Sprintf("port %d is open: set port = %d and security = %q", d.port, d.port, securityOf(wanted))
		}
	}
	return otherwise
}

// securityOf is the setting for a door.
func securityOf(d smtp.Door) accounts.Security {
	if d == smtp.DoorTLS {
		return accounts.TLS
	}
	return accounts.STARTTLS
}

// triedDoors tells of the other ports what they do.
func (s sight) triedDoors() string {
	var tried []string
	for _, d := range s.doors {
		if d.port == s.port {
			continue
		}
		mark := "✗"
		if d.Door == smtp.DoorTLS || d.Door == smtp.DoorPlain {
			mark = "✓"
		}
		tried = append(tried, fmt.Sprintf("%d %s", d.port, mark))
	}
	if len(tried) == 0 {
		return ""
	}
	return " (tried " + strings.Join(tried, ", ") + ")"
}

// usualPort is where a protocol is served with a security.
func usualPort(protocol string, security accounts.Security) int {
	implicit := security == accounts.TLS
	switch protocol {
	case "IMAP":
		return choose(implicit, 993, 143)
	case "POP3":
		return choose(implicit, 995, 110)
	}
	return choose(implicit, 465, 587)
}

func choose[T any](first bool, a, b T) T {
	if first {
		return a
	}
	return b
}
