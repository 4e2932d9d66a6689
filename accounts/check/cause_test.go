package check

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// The list of causes is a contract: what the code knows and what doc/check.md
// explains are the same.
func TestCauses_AreDocumented(t *testing.T) {
	code, err := os.ReadFile("cause.go")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("../../doc/check.md")
	if err != nil {
		t.Fatal(err)
	}
	var known, explained []string
	for _, m := range regexp.MustCompile(`Cause = "([a-z0-9-]+)"`).FindAllSubmatch(code, -1) {
		known = append(known, string(m[1]))
	}
	for _, row := range regexp.MustCompile("(?m)^\\| (`.*?`) \\|").FindAllSubmatch(doc, -1) {
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllSubmatch(row[1], -1) {
			explained = append(explained, string(m[1]))
		}
	}
	slices.Sort(known)
	slices.Sort(explained)
	if len(known) < 50 || !slices.Equal(known, explained) {
		t.Errorf("the code knows\n%q\nand doc/check.md explains\n%q", known, explained)
	}
}
