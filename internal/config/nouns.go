package config

import (
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// fieldType gives the type of the field for a key, nil if there is none, and
// all keys of that struct. The keys of a map are up to the user, and so is what
// stands where anything may.
func fieldType(table reflect.Type, key string) (typ reflect.Type, known []string) {
	if table.Kind() == reflect.Interface {
		return table, nil
	}
	if table.Kind() == reflect.Map {
		return table.Elem(), nil
	}
	for field := range table.Fields() {
		tag := field.Tag.Get("toml")
		if tag == key {
			typ = field.Type
		}
		known = append(known, tag)
	}
	return typ, known
}

func listOfTables(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct
}

// lastPart is the key alone, as a person would type it in its table.
func lastPart(path string) string {
	path = plainKey(path)
	return path[strings.LastIndexByte(path, '.')+1:]
}

// typeNoun says what a place wants, with an example.
func typeNoun(t reflect.Type) (noun, example string) {
	switch t.Kind() {
	case reflect.String:
		return "a text", `"…"`
	case reflect.Bool:
		return "true or false", "true"
	case reflect.Int, reflect.Int64:
		return "a whole number", "1"
	case reflect.Slice:
		return "a list", `["…"]`
	}
	return "a table", "{ … = … }"
}

// nodeNoun says what stands there instead.
func nodeNoun(k unstable.Kind) string {
	switch k {
	case unstable.String:
		return "a text"
	case unstable.Bool:
		return "true or false"
	case unstable.Integer:
		return "a whole number"
	case unstable.Float:
		return "a number with a fraction"
	case unstable.Array:
		return "a list"
	case unstable.InlineTable:
		return "a table"
	}
	return "a date or time"
}
