package merge

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Column is one column of a list.
type Column struct {
	Name  string `json:"name"`  // as the header has it, without white space around it
	Alias string `json:"alias"` // how a template names it: first_name for "First Name"
	Use   Use    `json:"use"`   // what it is used as besides being a variable
}

// Use is a meaning that a column has by its name.
type Use string

// The uses. A column of none is only a variable.
const (
	UseNone        Use = ""
	UseAddress     Use = "address" // to whom the row is sent
	UseName        Use = "name"    // what stands beside that address
	UseCc          Use = "cc"
	UseBcc         Use = "bcc"
	UseReplyTo     Use = "reply_to"
	UseFrom        Use = "from"
	UseAccount     Use = "account"
	UseSubject     Use = "subject"
	UseAttachments Use = "attachments" // paths with ";" between them
)

// addressAliases are the names of the column with the address, the surest first:
// a list with email and address has postal ones in the latter.
var addressAliases = []string{
	"email", "e_mail", "email_address", "e_mail_address", "e_mail_adresse", "email_adresse", "mailadresse", "adresse_e_mail", "adresse_mail", "courriel",
	"correo_electrónico", "correo", "mail", "address",
}

// uses are those of the other columns.
var uses = map[string]Use{
	"name": UseName, "cc": UseCc, "bcc": UseBcc, "reply_to": UseReplyTo, "from": UseFrom, "account": UseAccount,
	"subject": UseSubject, "attachment": UseAttachments, "attachments": UseAttachments,
}

// parseColumns reads a header. toColumn names the one with the address, or is ""
// for the usual names.
func parseColumns(file string, line int, header []string, toColumn string) ([]Column, Problems) {
	var problems Problems
	var columns []Column
	seen := map[string]string{}
	for i, name := range header {
		c := Column{Name: strings.TrimSpace(name)}
		c.Alias = alias(c.Name)
		c.Use = uses[c.Alias]
		other, twice := seen[c.Alias]
		switch {
		case c.Alias == "":
			problems.add(file, line, "give every column a name, or take away the cells without one", "column %d has no name", i+1)
		case twice:
			problems.add(file, line, "give one of them another name", "the columns %s and %s would both be {{ %s }}", quote(other), quote(c.Name), c.Alias)
		}
		seen[c.Alias] = c.Name
		columns = append(columns, c)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	i := addressColumn(columns, toColumn)
	if i < 0 && toColumn != "" {
		problems.add(file, line, "the columns are "+names(columns), "there is no column %s", quote(toColumn))
		return nil, problems
	}
	if i < 0 {
		problems.add(file, line, "name it email, or say which one it is with --to-column; the columns are "+names(columns), "no column has the addresses")
		return nil, problems
	}
	columns[i].Use = UseAddress
	return columns, nil
}

// addressColumn is -1 if there is none.
func addressColumn(columns []Column, wanted string) int {
	if wanted != "" {
		return slices.IndexFunc(columns, func(c Column) bool { return c.Alias == alias(wanted) })
	}
	for _, name := range addressAliases {
		if i := slices.IndexFunc(columns, func(c Column) bool { return c.Alias == name }); i >= 0 {
			return i
		}
	}
	return -1
}

// names lists columns for a person.
func names(columns []Column) string {
	const most = 30
	var all []string
	for _, c := range columns[:min(len(columns), most)] {
		all = append(all, quote(c.Name))
	}
	if len(columns) > most {
		all = append(all, fmt.Sprintf("and %d more", len(columns)-most))
	}
	return strings.Join(all, ", ")
}

// alias is a column's name as one can write it in a template: lower case, "_"
// for whatever is neither letter nor digit.
func alias(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(name) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			gap = true
			continue
		}
		if b.Len() == 0 && !unicode.IsLetter(r) || gap && b.Len() > 0 {
			b.WriteByte('_') // also since a name does not begin with a digit
		}
		gap = false
		b.WriteRune(r)
	}
	return b.String()
}
