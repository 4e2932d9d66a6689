package merge

import (
	"strings"

	"sendoff/compose"
)

// Domain is that of whom the letter of a row is for, in ASCII and lower case; "" where
// that is no address, or one at a number.
func (c *Campaign) Domain(row Row) string {
	w := writer{campaign: c, row: row}
	if len(row.Problems) > 0 {
		return ""
	}
	text := w.value(UseAddress)
	if len(text) > maxAddress {
		return ""
	}
	return domainOf(text)
}

// domainOf is the domain of one address, as name servers are asked about it.
func domainOf(text string) string {
	a, err := compose.ParseOne(text)
	if err != nil {
		return ""
	}
	address, err := a.ASCII()
	domain := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	if err != nil || strings.HasPrefix(domain, "[") {
		return ""
	}
	return domain
}

// unreachable says that no mail can reach whom a letter is for.
func (k *checker) unreachable(row Row, to string) Problems {
	if k.options.Unreachable == nil {
		return nil
	}
	w := writer{campaign: k.campaign, row: row}
	if domain := domainOf(to); domain != "" {
		if why := k.options.Unreachable(domain); why != "" {
			w.add("nothing can arrive there: mend the address, or leave the row out", "%s %s", clean(domain), clean(why))
		}
	}
	return w.problems
}
