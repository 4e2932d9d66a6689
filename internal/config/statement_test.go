package config

import (
	"fmt"
	"strings"
	"testing"
)

// Each statement is told with the bytes it takes up, and nothing of what stands
// around it.
func TestDocument_StatementsHaveTheirPlace(t *testing.T) {
	file := "top = 'a' # remark\n" +
		"\n" +
		"  [table . inner] # [not]\n" +
		"\"key\"\t=\t\"\"\"two\nlines\"\"\"  \n" +
		"dotted.'in' = [ # one = 1\n 'a', # ]\n]\n" +
		"[[ list ]]\r\n" +
		"name=\"=[#\"\r\n" +
		"  [list.table]\n" +
		"inline = { number = 1, text = '}' }\n" +
		"[[list]]\n" +
		"table.number = 1"
	var into struct {
		Top   string `toml:"top"`
		Table struct {
			Inner struct {
				Key    string `toml:"key"`
				Dotted struct {
					In []string `toml:"in"`
				} `toml:"dotted"`
			} `toml:"inner"`
		} `toml:"table"`
		List []struct {
			Name  string `toml:"name"`
			Table struct {
				Number int `toml:"number"`
				Inline struct {
					Number int    `toml:"number"`
					Text   string `toml:"text"`
				} `toml:"inline"`
			} `toml:"table"`
		} `toml:"list"`
	}
	doc, err := Decode("f", []byte(file), &into)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, s := range doc.Statements() {
		if s.Header {
			fmt.Fprintf(&got, "%s: %q\n", s.Path, file[s.Start:s.End])
			continue
		}
		fmt.Fprintf(&got, "%s in %q: %q, %q %v\n", s.Path, s.Table, file[s.Start:s.Value], file[s.Value:s.End], s.Nested)
	}
	const want = `top in "": "top = ", "'a'" false
table.inner: "[table . inner]"
table.inner.key in "table.inner": "\"key\"\t=\t", "\"\"\"two\nlines\"\"\"" false
table.inner.dotted.in in "table.inner": "dotted.'in' = ", "[ # one = 1\n 'a', # ]\n]" true
list[0]: "[[ list ]]"
list[0].name in "list[0]": "name=", "\"=[#\"" false
list[0].table: "[list.table]"
list[0].table.inline in "list[0].table": "inline = ", "{ number = 1, text = '}' }" true
list[1]: "[[list]]"
list[1].table.number in "list[1]": "table.number = ", "1" false
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestDocument_LineBounds(t *testing.T) {
	doc := &Document{data: []byte("ab\ncd\nef")}
	for _, test := range []struct{ start, end, first, behind int }{
		{0, 1, 0, 3}, {3, 4, 3, 6}, {1, 4, 0, 6}, {7, 8, 6, 8}, {8, 8, 6, 8},
	} {
		if first, behind := doc.LineBounds(test.start, test.end); first != test.first || behind != test.behind {
			t.Errorf("%d to %d: %d to %d", test.start, test.end, first, behind)
		}
	}
}

func TestStatement_WithinAndHolds(t *testing.T) {
	for _, test := range []struct {
		path, of      string
		within, holds bool
	}{
		{"list[1].a", "list[1]", true, false},
		{"list[1]", "list[1]", true, false},
		{"list[10].a", "list[1]", false, false},
		{"list", "list[1].a", false, true},
		{"list[1].a", "list[1].a.b", false, true},
		{"list[1].a", "list[1].ab", false, false},
		{"list[1].ab", "list[1].a", false, false},
	} {
		s := Statement{Path: test.path}
		if s.Within(test.of) != test.within || s.Holds(test.of) != test.holds {
			t.Errorf("%s of %s: within %v, holds %v", test.path, test.of, s.Within(test.of), s.Holds(test.of))
		}
	}
	if (Statement{Path: "a", Header: true}).Holds("a.b") {
		t.Error("a header says nothing of what is in its table")
	}
}
