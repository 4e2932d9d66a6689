package dnstest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// entry is one line of a zone.
type entry struct {
	name  string // rooted, in lower case
	kind  string // as written: MX, SERVFAIL …
	value dnsmessage.ResourceBody
}

// The kinds of entry that stand for a server in trouble, whatever it is asked.
const (
	servfail = "SERVFAIL"
	silence  = "SILENCE"
)

func parseZone(zone string) (all []entry, err error) {
	for line := range strings.Lines(zone) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, rest := cutSpace(line)
		kind, rest := cutSpace(rest)
		value, err := parseValue(kind, rest)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		all = append(all, entry{name: rooted(name), kind: kind, value: value})
	}
	return all, nil
}

func parseValue(kind, rest string) (dnsmessage.ResourceBody, error) {
	words := strings.Fields(rest)
	if want, known := map[string]int{"A": 1, "AAAA": 1, "CNAME": 1, "MX": 2, "SRV": 4, "TXT": len(words), servfail: 0, silence: 0}[kind]; !known || len(words) != want {
		return nil, fmt.Errorf("cannot be a record")
	}
	switch kind {
	case "A", "AAAA":
		ip, err := netip.ParseAddr(rest)
		switch {
		case err != nil:
			return nil, err
		case kind == "A" && ip.Is4():
			return &dnsmessage.AResource{A: ip.As4()}, nil
		case kind == "AAAA" && ip.Is6():
			return &dnsmessage.AAAAResource{AAAA: ip.As16()}, nil
		}
		return nil, fmt.Errorf("an address of the other family")
	case "CNAME":
		name, err := dnsmessage.NewName(rooted(rest))
		return &dnsmessage.CNAMEResource{CNAME: name}, err
	case "TXT":
		return &dnsmessage.TXTResource{TXT: split(rest)}, nil
	case "MX", "SRV":
		return parseTarget(words)
	}
	return nil, nil
}

// parseTarget reads what is after MX or SRV: one number or three, and a name.
func parseTarget(words []string) (dnsmessage.ResourceBody, error) {
	var numbers [3]uint16
	last := len(words) - 1
	for i, word := range words[:last] {
		n, err := strconv.ParseUint(word, 10, 16)
		if err != nil {
			return nil, err
		}
		numbers[i] = uint16(n)
	}
	name, err := dnsmessage.NewName(rooted(words[last]))
	if last == 1 {
		return &dnsmessage.MXResource{Pref: numbers[0], MX: name}, err
	}
	return &dnsmessage.SRVResource{Priority: numbers[0], Weight: numbers[1], Port: numbers[2], Target: name}, err
}

func cutSpace(s string) (first, rest string) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

func rooted(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) + "." }

// split cuts a text into the strings of a TXT record (RFC 1035 §3.3).
func split(text string) (parts []string) {
	const most = 255
	for len(text) > most {
		parts, text = append(parts, text[:most]), text[most:]
	}
	return append(parts, text)
}
