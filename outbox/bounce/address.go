package bounce

import (
	"strconv"
	"strings"
)

// found is an address in a line, and where it stands.
type found struct {
	address    string
	start, end int // of the address alone, without < and >
}

// addressesIn finds what is written as an address in text for people. Only
// ASCII counts there: Chinese and Japanese have no space around an address.
func addressesIn(line string) []found {
	var all []found
	for from := 0; from < len(line); {
		at := strings.IndexByte(line[from:], '@')
		if at < 0 {
			break
		}
		at += from
		from = at + 1
		start, end := localStart(line, at), domainEnd(line, at)
		if start == at || end == at+1 {
			continue
		}
		all = append(all, found{line[start:end], start, end})
		from = end
	}
	return all
}

// maxLocal is above the 64 octets of RFC 5321 §4.5.3.1.1: senders of bulk mail do
// not keep to it. maxDomain is that of §4.5.3.1.2.
const (
	maxLocal  = 128
	maxDomain = 255
)

func localStart(line string, at int) int {
	lowest := max(0, at-maxLocal)
	if at > 0 && line[at-1] == '"' {
		if open := strings.LastIndexByte(line[lowest:at-1], '"'); open >= 0 && open < at-1-lowest {
			return lowest + open
		}
		return at
	}
	start := at
	for start > lowest && isLocal(line[start-1]) {
		start--
	}
	for start < at && strings.IndexByte("'`./=*|!&#-", line[start]) >= 0 {
		start++
	}
	return start
}

func domainEnd(line string, at int) int {
	end := at + 1
	for end < len(line) && end-at <= maxDomain && isDomain(line[end]) {
		end++
	}
	for end > at+1 && strings.IndexByte(".-_", line[end-1]) >= 0 {
		end--
	}
	return end
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func isLocal(c byte) bool { return isAlnum(c) || strings.IndexByte("!#$%&'*+/=?^_`{|}~.-", c) >= 0 }

func isDomain(c byte) bool { return isAlnum(c) || c == '.' || c == '-' || c == '_' }

// hasDot tells an address that others can write to from one inside a server.
func hasDot(address string) bool {
	return strings.Contains(address[strings.LastIndexByte(address, '@')+1:], ".")
}

// bare is an address without what stands around it in a field.
func bare(value string) string {
	value = strings.TrimSpace(value)
	if open := strings.LastIndexByte(value, '<'); open >= 0 {
		if end := strings.IndexByte(value[open:], '>'); end > 0 {
			return strings.TrimSpace(value[open+1 : open+end])
		}
	}
	value = strings.Trim(value, "<>")
	if all := addressesIn(value); len(all) == 1 { // "a@example.org (comment)", 'a@example.org'
		around := value[:all[0].start] + value[all[0].end:]
		if strings.Trim(around, "'`\" ,;") == "" || strings.HasPrefix(strings.TrimSpace(value[all[0].end:]), "(") && all[0].start == 0 {
			return all[0].address
		}
	}
	return value
}

// isAddress tells what can be compared with an address that was typed.
func isAddress(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && len(s) <= maxLocal+maxDomain && !strings.ContainsAny(s[at:], " /;<>")
}

// recipientOf reads the address of a recipient field (RFC 3464 §2.3.1): a type,
// a semicolon, an address. QUIRK: the type is missing or wrong with many, and
// some put < and > around.
func recipientOf(value string) string {
	kind, address, ok := strings.Cut(value, ";")
	if !ok || strings.Contains(kind, "@") {
		kind, address = "", value
	}
	if strings.EqualFold(strings.TrimSpace(kind), "x400") {
		return strings.TrimSpace(address)
	}
	return bare(address)
}

// fromXtext decodes what a server repeats of RFC 3461 §4 ("+2B" for a plus) and
// RFC 6533 §3 ("\x{FC}"). Most decode it before they repeat it, so only what had
// to be encoded is decoded: user+AB@example.org stays what it is.
func fromXtext(s string) string {
	if !strings.ContainsAny(s, `+\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		text, size := xtextAt(s[i:])
		b.WriteString(text)
		i += size
	}
	return b.String()
}

// xtextAt is the character at the beginning of s, and how long it is there.
func xtextAt(s string) (string, int) {
	for _, code := range []string{"+2B+", "+3D=", "+40@", "+20 "} {
		if strings.HasPrefix(s, code[:3]) {
			return code[3:], 3
		}
	}
	if strings.HasPrefix(s, `\x{`) {
		if end := strings.IndexByte(s[:min(len(s), 11)], '}'); end > 3 {
			if n, err := strconv.ParseUint(s[3:end], 16, 21); err == nil {
				return string(rune(n)), end + 1
			}
		}
	}
	return s[:1], 1
}
