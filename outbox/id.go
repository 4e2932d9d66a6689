package outbox

import (
	"errors"
	"fmt"
	"strings"
)

// ID names an item in one outbox. IDs grow with time and are never used again.
//
// In text an ID is a letter that tells how many digits follow, then the number
// in base 32: a1, a2 … az, b10. So IDs sort as text in the order of their
// creation, stay short, and none is the beginning of another.
type ID int64

// digits are Crockford's base 32: no i, l, o, u, which people misread.
const digits = "0123456789abcdefghjkmnpqrstvwxyz"

// maxDigits holds every positive int64: 13 groups of five bits.
const maxDigits = 13

// ErrBadID is wrapped by every error of [ParseID].
var ErrBadID = errors.New("not an ID")

// String is the ID as people and scripts see it; "" for the zero ID.
func (id ID) String() string {
	if id <= 0 {
		return ""
	}
	var buf [maxDigits + 1]byte
	i := len(buf)
	for n := int64(id); n > 0; n >>= 5 {
		i--
		buf[i] = digits[n&31]
	}
	count := len(buf) - i
	i--
	buf[i] = 'a' + byte(count-1)
	return string(buf[i:])
}

// ParseID reads what [ID.String] wrote, in either case.
func ParseID(s string) (ID, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	if len(text) < 2 || len(text) != int(text[0]-'a')+2 || len(text) > maxDigits+1 {
		return 0, fmt.Errorf("%q: %w", s, ErrBadID)
	}
	var n int64
	for i := 1; i < len(text); i++ {
		d := strings.IndexByte(digits, text[i])
		if d < 0 || i == 1 && d == 0 || n > (1<<63-1)>>5 {
			return 0, fmt.Errorf("%q: %w", s, ErrBadID)
		}
		n = n<<5 | int64(d)
	}
	return ID(n), nil
}

// MarshalText makes an ID a string in JSON.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText wrote; "" is the zero ID.
func (id *ID) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*id = 0
		return nil
	}
	*id, err = ParseID(string(text))
	return err
}

// prefixRange gives the first and the last ID that begin with what a person
// typed.
func prefixRange(prefix string) (low, high ID, err error) {
	if id, err := ParseID(prefix); err == nil {
		return id, id, nil
	}
	text := strings.ToLower(strings.TrimSpace(prefix))
	bad := fmt.Errorf("%q: %w", prefix, ErrBadID)
	if text == "" || text[0] < 'a' || text[0] >= 'a'+maxDigits || len(text) > int(text[0]-'a')+1 {
		return 0, 0, bad
	}
	count := int(text[0]-'a') + 1
	first, last := text, text
	if len(text) == 1 {
		first, last = text+"1", text+"z" // a number does not begin with 0
	}
	first += strings.Repeat("0", count+1-len(first))
	last += strings.Repeat("z", count+1-len(last))
	if low, err = ParseID(first); err != nil {
		return 0, 0, bad
	}
	if high, err = ParseID(last); err != nil {
		high = 1<<63 - 1 // thirteen digits hold more than an int64
	}
	return low, high, nil
}
