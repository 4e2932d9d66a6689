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

// alsoSubmission is what providers open besides, for networks that block the usual
// ports.
const alsoSubmission = 2525

// portsOf are the ports for a person's mail program, of a protocol as people call
// it; the one with TLS goes first.
func portsOf(protocol string) []int {
	ports := []int{usualPort(protocol, accounts.TLS), usualPort(protocol, accounts.STARTTLS)}
	if protocol == sending {
		ports = append(ports, alsoSubmission)
	}
	return ports
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

// usualPort is where a protocol, as people call it, is served with a security.
func usualPort(protocol string, security accounts.Security) int {
	if protocol == sending {
		return security.Port()
	}
	return accounts.Protocol(strings.ToLower(protocol)).Port(security)
}
