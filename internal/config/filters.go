package config

import (
	"maps"
	"slices"
	"strings"
)

// Filter is a search with a name.
type Filter struct {
	Name, Query string
	Line        int // of config.toml
}

// readFilters gives the filters by name, and what is wrong with others.
func readFilters(doc *Document, table map[string]string) (all []Filter, err error) {
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(table)) {
		path := filtersTable + "." + name
		if strings.TrimSpace(table[name]) == "" {
			wrong = append(wrong, doc.Error(path, "searches for nothing", `for example `+filtersTable+` = { late = "state:waiting before:2d" }`))
			continue
		}
		all = append(all, Filter{Name: name, Query: table[name], Line: doc.Error(path, "", "").Line})
	}
	return all, Join(wrong...)
}

const filtersTable = "filters"

// FilterError is a complaint about a filter of a file.
func FilterError(file string, f Filter, problem, hint string) *Error {
	e := newError(file, filtersTable+"."+f.Name, problem, hint)
	e.Line = f.Line
	return e
}
