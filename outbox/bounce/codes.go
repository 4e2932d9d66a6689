package bounce

import "strings"

// codes are what stands in the words of a server: the code of SMTP and that of
// RFC 3463, each with the place where it was found.
type codes struct {
	code   int
	status string
	at     int // of the first of them; -1 if there is none
}

// codesIn finds the codes of a reply in text for people. A status behind a code
// counts more than one alone: texts have numbers of all sorts, and addresses of
// machines are made of such.
func codesIn(text string) codes {
	found := codes{at: -1}
	alone := codes{at: -1}
	for i := 0; i < len(text); i++ {
		if text[i] != '4' && text[i] != '5' || i > 0 && !opensNumber(text[i-1]) {
			continue
		}
		if status := statusAt(text[i:]); status != "" {
			if alone.at < 0 {
				alone = codes{status: status, at: i}
			}
			i += len(status) - 1
			continue
		}
		code, behind := codeAt(text[i:])
		if code == 0 {
			continue
		}
		rest := strings.TrimLeft(text[i+3:min(len(text), i+12)], " -#:'")
		if status := statusAt(rest); status != "" {
			return codes{code, status, i}
		}
		if found.at < 0 {
			found = codes{code: code, at: i}
		}
		i += behind - 1
	}
	switch {
	case found.at < 0:
		return alone
	case alone.at >= 0:
		found.status = alone.status
		found.at = min(found.at, alone.at)
	}
	return found
}

// opensNumber tells what may stand before a code.
func opensNumber(c byte) bool { return strings.IndexByte(" \t\n([{#<>:;,-'\"=", c) >= 0 }

// statusAt is the status at the beginning of s: three numbers, and no fourth.
func statusAt(s string) string {
	if len(s) < 5 || s[0] < '2' || s[0] > '5' || s[0] == '3' || s[1] != '.' {
		return ""
	}
	i := 2
	for range 2 {
		start := i
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		if i == start || i-start > 3 {
			return ""
		}
		if start == 2 {
			if i >= len(s) || s[i] != '.' {
				return ""
			}
			i++
		}
	}
	if i < len(s) && (isAlnum(s[i]) || s[i] == '_' || s[i] == '.' && i+1 < len(s) && isAlnum(s[i+1]) || s[i] == '/') {
		return ""
	}
	return s[:i]
}

// codeAt is the code at the beginning of s, and how many bytes it takes. What
// looks like a number of another sort, as in 480-624-2500, is none.
func codeAt(s string) (code, size int) {
	if len(s) < 3 || s[1] < '0' || s[1] > '5' || s[2] < '0' || s[2] > '9' {
		return 0, 0
	}
	code = int(s[0]-'0')*100 + int(s[1]-'0')*10 + int(s[2]-'0')
	if len(s) == 3 {
		return code, 3
	}
	switch s[3] {
	case ' ', '-':
		if rest := strings.TrimLeft(s[3:min(len(s), 12)], " -"); rest == "" || rest[0] < '0' || rest[0] > '9' || statusAt(rest) != "" || rest[0] == s[0] {
			return code, 3
		}
		return 0, 0
	case ':', '\n', '\r', '#', ',', ')', '<', '"', '\'', ';', ']':
		return code, 3
	}
	return 0, 0
}

// statusIn is the status in a field made for it.
func statusIn(value string) string {
	for i := range len(value) {
		if i > 0 && isAlnum(value[i-1]) {
			continue
		}
		if status := statusAt(value[i:]); status != "" {
			return status
		}
	}
	return ""
}
