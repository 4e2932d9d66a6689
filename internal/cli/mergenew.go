package cli

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"sendoff/internal/cleantext"
)

// sample is the campaign that merge new writes.
//
//go:embed sample
var sample embed.FS

func (p *program) mergeNewCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "new DIR",
		Short:   "Write a small campaign to begin with: a template, a list, an attachment",
		Example: "sendoff merge new concert",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return hinted{usagef("the name of a folder is needed"), "sendoff merge new concert"}
			}
			return p.mergeNew(args[0])
		},
	}
}

// mergeNew writes the sample into a folder, and over nothing that is there.
func (p *program) mergeNew(dir string) error {
	const root = "sample"
	entries, err := sample.ReadDir(root)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if _, err := os.Lstat(path); err == nil {
			return hinted{usagef("%s is there already", path), "choose another folder"}
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return cannotWriteError{err}
	}
	for _, e := range entries {
		text, err := sample.ReadFile(root + "/" + e.Name())
		if err != nil {
			return err
		}
		if err := writeNew(filepath.Join(dir, e.Name()), text); err != nil {
			return err
		}
	}
	letter, people := filepath.Join(dir, "letter.md"), filepath.Join(dir, "people.csv")
	fmt.Fprintf(p.Out, "%s\n%s\n", letter, people)
	fmt.Fprintf(p.Err, "hint: %s\n", cleantext.Line("sendoff merge check "+letter+" "+people))
	return nil
}

// writeNew writes a file that is not there.
func writeNew(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return hinted{usagef("%s is there already", path), "choose another folder"}
	}
	if err != nil {
		return cannotWriteError{err}
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return cannotWriteError{err}
	}
	return nil
}

// cannotWriteError is a file that the command is to make and could not.
type cannotWriteError struct{ error }

func (e cannotWriteError) Unwrap() error { return e.error }
