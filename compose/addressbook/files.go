package addressbook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Bounds of what is read, far above any address book: a wrong path must not
// fill the memory.
const (
	maxFile  = 16 << 20
	maxFiles = 20_000
)

// Files are the address books on disk.
type Files struct {
	Cards  []string // files of vCards, or folders of them
	Groups string   // "" without one
}

// Load reads them all. The error, for a person, is about what could not be read;
// the entries are those of everything else.
func (f Files) Load(ctx context.Context) (entries []Entry, err error) {
	var cards []card
	var errs []error
	for _, path := range f.Cards {
		found, err := loadCards(ctx, path)
		cards, errs = append(cards, found...), append(errs, err)
	}
	if f.Groups != "" {
		text, err := readFile(f.Groups)
		if err == nil {
			if entries, err = ParseGroups(text); err != nil {
				err = fmt.Errorf("%s: %w", f.Groups, err)
			}
		}
		errs = append(errs, err)
	}
	return append(entries, entriesOf(cards)...), errors.Join(errs...)
}

// loadCards reads a file, or the cards of a folder and the folders in it. It
// goes on behind a file that cannot be read; the error is of the first.
func loadCards(ctx context.Context, path string) (cards []card, firstErr error) {
	root, err := filepath.EvalSymlinks(path) // WalkDir follows none
	if err != nil {
		return nil, unreadable(path, err)
	}
	read := 0
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err == nil:
			err = ctx.Err()
		case entry != nil && entry.IsDir() && name != root:
			if firstErr == nil {
				firstErr = err
			}
			return fs.SkipDir
		}
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.IsDir() || name != root && !isCardFile(entry.Name()):
			return nil
		case read == maxFiles:
			return fmt.Errorf("%s: more than %d files", path, maxFiles)
		}
		read++
		text, err := readFile(name)
		if err != nil && firstErr == nil {
			firstErr = err
		}
		cards = append(cards, parseCards(text)...)
		return nil
	})
	if err != nil {
		firstErr = err
	}
	return cards, firstErr
}

func isCardFile(name string) bool {
	extension := strings.ToLower(filepath.Ext(name))
	return (extension == ".vcf" || extension == ".vcard") && !strings.HasPrefix(name, ".")
}

// readFile reads a regular file; another, such as a pipe, would block.
func readFile(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", unreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", unreadable(path, err)
	}
	defer f.Close() // read only: nothing is lost by an error here
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s: larger than %d MiB", path, maxFile>>20)
	}
	return string(data), err
}

// unreadable drops operation and path from what the system said: the path that
// the person knows stands in front.
func unreadable(path string, err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}
