package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A page that names the test of what it says must not go on saying it when that test is
// gone.
func TestDoc_NamesTestsThatAreThere(t *testing.T) {
	var sources strings.Builder
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return skipFolder(name, entry.Name())
		case !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(name)
		sources.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("doc/campaigns.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile("`(Test\\w+)`").FindAllSubmatch(page, -1)
	for _, name := range names {
		if !strings.Contains(sources.String(), "\nfunc "+string(name[1])+"(") {
			t.Errorf("there is no %s", name[1])
		}
	}
	for _, path := range regexp.MustCompile("`(testdata/[^`]+)`").FindAllSubmatch(page, -1) {
		if found, err := filepath.Glob("internal/*/" + string(path[1])); err != nil || len(found) == 0 {
			t.Errorf("there is no %s", path[1])
		}
	}
	if len(names) < 40 {
		t.Errorf("%d names: the page is not read as it is written", len(names))
	}
}
