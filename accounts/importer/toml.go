package importer

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"sendoff/internal/cleantext"
)

// tomlLeaf is a value of a TOML file that is not a table: its path, its text, and
// where it stands.
type tomlLeaf struct {
	path []string
	text string // of a list: its elements, a line each
	list []string
	at   Place
}

// under tells that the path begins so, and gives the rest of it.
func (l tomlLeaf) under(path ...string) (rest string, ok bool) {
	if len(l.path) <= len(path) {
		return "", false
	}
	for i, key := range path {
		if l.path[i] != key {
			return "", false
		}
	}
	return strings.Join(l.path[len(path):], "."), true
}

// tomlLeaves gives all values of a file in their order. Elements of a list of
// tables are told as one: nothing that is read here has them.
func tomlLeaves(path, text string) ([]tomlLeaf, error) {
	data := []byte(text)
	if err := toml.Unmarshal(data, new(map[string]any)); err != nil { // what the walk does not see
		at := Place{path, 0}
		var e *toml.DecodeError
		if errors.As(err, &e) {
			at.Line, _ = e.Position()
		}
		return nil, fmt.Errorf("%s: %s", at, cleantext.Line(strings.TrimPrefix(err.Error(), "toml: "))) // which may quote a key
	}
	w := tomlWalk{path: path, data: data}
	w.parser.Reset(data)
	var table []string
	for w.parser.NextExpression() {
		node := w.parser.Expression()
		switch node.Kind {
		case unstable.Table, unstable.ArrayTable:
			table, _ = w.key(nil, node)
		case unstable.KeyValue:
			w.keyValue(table, node)
		}
	}
	return w.leaves, w.parser.Error()
}

type tomlWalk struct {
	path   string
	data   []byte
	parser unstable.Parser
	leaves []tomlLeaf
}

// key is the path of a node below a table, and where its last part stands.
func (w *tomlWalk) key(table []string, node *unstable.Node) (path []string, at Place) {
	path = append(path, table...)
	at = Place{w.path, 0}
	for keys := node.Key(); keys.Next(); {
		part := keys.Node()
		path = append(path, string(part.Data))
		at.Line = bytes.Count(w.data[:part.Raw.Offset], []byte("\n")) + 1
	}
	return path, at
}

func (w *tomlWalk) keyValue(table []string, node *unstable.Node) {
	path, at := w.key(table, node)
	value := node.Value()
	switch value.Kind {
	case unstable.InlineTable:
		for children := value.Children(); children.Next(); {
			w.keyValue(path, children.Node())
		}
		return
	case unstable.Array:
		var elements []string
		for children := value.Children(); children.Next(); {
			elements = append(elements, string(children.Node().Data))
		}
		w.leaves = append(w.leaves, tomlLeaf{path, strings.Join(elements, "\n"), elements, at})
		return
	}
	w.leaves = append(w.leaves, tomlLeaf{path, string(value.Data), nil, at})
}
