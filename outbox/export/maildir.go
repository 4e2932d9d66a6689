package export

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sendoff/outbox"
)

// toMaildir delivers as its inventor wants: whole files, from tmp to cur, read.
func toMaildir(ctx context.Context, b *outbox.Outbox, folder string, ids []outbox.ID, progress func(done int)) error {
	for _, part := range []string{"tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(folder, part), 0o700); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	before, err := delivered(folder)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	temporary, current := filepath.Join(folder, "tmp"), filepath.Join(folder, "cur")
	err = each(ctx, b, ids, progress, ofOne, func(id outbox.ID) error {
		for _, path := range before[id.String()] {
			there, err := holds(ctx, b, id, path)
			if there || err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrNotExist) { // moved or removed meanwhile
				return err
			}
		}
		name := fmt.Sprintf("%d.%s_%s%s", time.Now().Unix(), rand.Text()[:16], id, maildirEnd) // no host name leaves
		return newFile(temporary, filepath.Join(current, name+":2,S"), func(w io.Writer) error { return write(ctx, b, w, id) })
	})
	return named(err, current)
}

// maildirEnd ends the names of what was copied into a Maildir, before its flags.
const maildirEnd = ".sendoff"

// delivered are the files of a Maildir that were copied there before, by the ID in
// their names. Other programs have given them flags since, but no other names.
func delivered(folder string) (map[string][]string, error) {
	all := make(map[string][]string)
	for _, part := range []string{"new", "cur"} {
		entries, err := os.ReadDir(filepath.Join(folder, part))
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			name, _, _ := strings.Cut(e.Name(), ":")
			name, ours := strings.CutSuffix(name, maildirEnd)
			if _, id, found := strings.Cut(name, "_"); ours && found {
				all[id] = append(all[id], filepath.Join(folder, part, e.Name()))
			}
		}
	}
	return all, nil
}
