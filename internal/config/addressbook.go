package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// AddressBook is where addresses are looked for, besides those that were written
// to before.
type AddressBook struct {
	Command []string // argv, no shell; "%s" is what is typed; empty: none is asked
	Files   []string // vCards, or folders of them; absolute paths
	Groups  string   // a file of groups; absolute; "" without one
}

// addressBook reads what the file says of address books.
func addressBook(doc *Document, file settingsFile) (AddressBook, error) {
	book := AddressBook{Command: file.BookCommand}
	wrong := []error{checkBookCommand(doc, book.Command)}
	for i, path := range file.BookFiles {
		path, err := wholePath(doc, fmt.Sprintf("address_book_files[%d]", i), path)
		wrong = append(wrong, err)
		book.Files = append(book.Files, path)
	}
	if file.Groups != "" {
		var err error
		book.Groups, err = wholePath(doc, "address_groups", file.Groups)
		wrong = append(wrong, err)
	}
	return book, Join(wrong...)
}

func checkBookCommand(doc *Document, argv []string) error {
	const key, example = "address_book_command", `for example address_book_command = ["khard", "email", "--parsable", "--search-in-source-files", "%s"]`
	asks := func(argument string) bool { return strings.Contains(argument, "%s") }
	switch {
	case len(argv) == 0:
		return nil
	case argv[0] == "":
		return doc.Error(key+"[0]", "the program has no name", example)
	case !slices.ContainsFunc(argv[1:], asks):
		return doc.Error(key, `no argument has "%s", which stands for what is typed`, example)
	}
	return nil
}

// wholePath resolves "~/", which is the home directory, and refuses what would
// depend on where the program is started.
func wholePath(doc *Document, key, path string) (string, error) {
	whole := path
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", doc.Error(key, "~ means nothing here: "+err.Error(), "write the whole path")
		}
		whole = filepath.Join(home, rest)
	}
	if !filepath.IsAbs(whole) {
		return "", doc.Error(key, fmt.Sprintf("%q is not a whole path", path), `begin it with "/" or "~/"`)
	}
	return filepath.Clean(whole), nil
}
