package ui

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Keys have their names in one table, and what reads and writes these names is beside
// it. No other file knows one: it asks for an action.
func TestKeys_AreNamedInTheTableAlone(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := gotoken.NewFileSet()
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || slices.Contains([]string{"actions.go", "keymap.go", "bind.go", "editkeys.go"}, name) {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		words := make(map[ast.Node]bool) // for people: what a key does, not which
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if slices.Contains([]string{"bound", "boundTyping", "yes", "ask"}, called(n)) {
					for _, word := range n.Args {
						words[word] = true
					}
				}
			case *ast.SelectorExpr:
				if namesKey(n) {
					t.Errorf("%s: %s.%s", set.Position(n.Pos()), n.X, n.Sel)
				}
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); n.Kind == gotoken.STRING && err == nil && isKeyName(text) && !words[n] {
					t.Errorf("%s: the key %q", set.Position(n.Pos()), text)
				}
			}
			return true
		})
	}
}

func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// namesKey tells what makes a binding of names, a key by its code, and what asks which
// key was pressed.
func namesKey(n *ast.SelectorExpr) bool {
	of, ok := n.X.(*ast.Ident)
	if !ok {
		return false
	}
	name := n.Sel.Name
	switch of.Name {
	case "key":
		return name == "WithKeys"
	case "tea":
		return strings.HasPrefix(name, "Key") && !strings.HasSuffix(name, "Msg")
	case "msg", "press":
		return name == "Code" || name == "Mod" || name == "String"
	}
	return false
}

// isKeyName tells the name of a key that is no letter: a letter may be any text.
func isKeyName(text string) bool {
	name, err := parseKey(text)
	return err == nil && (slices.Contains(keyNamed, name) || strings.Contains(strings.TrimSuffix(name, "+"), "+"))
}
