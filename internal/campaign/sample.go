package campaign

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// sample is a small campaign to begin with: a template, a list, an attachment.
//
//go:embed sample
var sample embed.FS

// WriteSample writes a small campaign into a folder, which is made if it is not there,
// and gives where template and list are. Over what is there nothing is written: that
// is fs.ErrExist.
func WriteSample(dir string) (template, list string, err error) {
	const root = "sample"
	entries, err := sample.ReadDir(root)
	if err != nil {
		return "", "", err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if _, err := os.Lstat(path); err == nil {
			return "", "", ThereError{path}
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", "", err
	}
	for _, e := range entries {
		text, err := sample.ReadFile(root + "/" + e.Name())
		if err != nil {
			return "", "", err
		}
		if err := writeNew(filepath.Join(dir, e.Name()), text); err != nil {
			return "", "", err
		}
	}
	return filepath.Join(dir, "letter.md"), filepath.Join(dir, "people.csv"), nil
}

// ThereError is a file that is there already.
type ThereError struct{ Path string }

func (e ThereError) Error() string { return fmt.Sprintf("%s is there already", e.Path) }

// Is makes it fs.ErrExist.
func (e ThereError) Is(target error) bool { return target == fs.ErrExist }

// writeNew writes a file that is not there.
func writeNew(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if os.IsExist(err) {
		return ThereError{path}
	}
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
