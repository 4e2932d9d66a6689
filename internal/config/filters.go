package config

import (
	"maps"
	"slices"
	"strings"
)

// Filter is a search with a name.
type Filter struct{ Name, Query string }

// readFilters gives the filters by name.
func readFilters(doc *Document, table map[string]string) (all []Filter, err error) {
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if strings.TrimSpace(table[name]) == "" {
			return nil, doc.Error(filtersTable+"."+name, "searches for nothing", `for example `+filtersTable+` = { late = "state:waiting before:2d" }`)
		}
		all = append(all, Filter{Name: name, Query: table[name]})
	}
	return all, nil
}

const filtersTable = "filters"
