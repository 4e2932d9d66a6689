package addressbook

import (
	"fmt"
	"strings"

	"sendoff/compose"
	"sendoff/internal/cleantext"
)

// ParseGroups reads groups, one a line: "team: ana@example.org, Kim Lee
// <kim@example.com>". A line that begins with white space goes on with the one
// before, one that begins with # is a comment. The error names the line that is
// wrong; what is right in the others is given all the same.
func ParseGroups(text string) (groups []Entry, err error) {
	var whole string
	first := 0
	read := func() {
		group, wrong := parseGroup(whole)
		switch {
		case strings.TrimSpace(whole) == "":
		case wrong != nil && err == nil:
			err = fmt.Errorf("line %d: %w", first, wrong)
		case wrong == nil:
			groups = append(groups, group)
		}
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"):
			whole += line
		default:
			read()
			whole, first = line, n
		}
	}
	read()
	return groups, err
}

func parseGroup(line string) (Entry, error) {
	name, list, found := strings.Cut(line, ":")
	if name = cleanName(name); !found || name == "" {
		return Entry{}, fmt.Errorf("a group is a name, a colon and addresses, like \"team: ana@example.org\"")
	}
	addresses, err := compose.ParseList(list)
	if err != nil {
		return Entry{}, err
	}
	if len(addresses) == 0 {
		return Entry{}, fmt.Errorf("%q has no addresses", name)
	}
	group := Entry{Name: name}
	for _, a := range addresses {
		group.Members = append(group.Members, cleantext.Line(a.String()))
	}
	return group, nil
}
