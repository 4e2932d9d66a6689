package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"sendoff/compose"
)

// maxKeptPaths is how many paths an import remembers that it has copied. What goes
// with every letter is among the first.
const maxKeptPaths = 4096

// keptFile is a file that goes with letters, and the content file it was copied to.
type keptFile struct {
	path, sha string
	size      int64
}

// keepFiles copies the files of a row that were not copied before, and gives them behind
// those that have no name yet.
func (i *campaignImport) keepFiles(ctx context.Context, row NewRow, nameless []keptFile) ([]keptFile, error) {
	for _, path := range row.Files {
		if _, known := i.kept[path]; known {
			continue
		}
		f, err := i.keepFile(ctx, path)
		if err != nil {
			return nameless, fmt.Errorf("keep %s: %w", path, err)
		}
		nameless = append(nameless, f)
		if len(i.kept) < maxKeptPaths {
			i.kept[path] = f.sha
		}
	}
	return nameless, nil
}

// nameFiles records what was kept.
func (i *campaignImport) nameFiles(ctx context.Context, files []keptFile) error {
	if len(files) == 0 {
		return nil
	}
	return i.writer.do(ctx, func(t *tx) error { return t.nameCampaignFiles(i.id, files, time.Now()) })
}

// errNoFile is what cannot be kept: a pipe would be waited for.
var errNoFile = errors.New("it is no file")

// keepFile copies a file into the content files, durably.
func (b *Outbox) keepFile(ctx context.Context, path string) (f keptFile, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return f, pathError(err)
	case !info.Mode().IsRegular():
		return f, errNoFile
	}
	in, err := os.Open(path)
	if err != nil {
		return f, pathError(err)
	}
	defer in.Close()
	s := newSpool(b.filesDir())
	s.ended = ctx.Err
	if err := s.overflow(); err != nil { // also what is small: it is named by many letters
		return f, err
	}
	defer s.drop()
	if _, err := io.Copy(&s, in); err != nil {
		return f, err
	}
	f = keptFile{path: path, size: s.size}
	f.sha, err = s.keep()
	return f, err
}

// nameCampaignFiles records content files that a campaign needs.
func (t *tx) nameCampaignFiles(id CampaignID, files []keptFile, now time.Time) error {
	for _, f := range files {
		if err := t.nameFile(f.sha, f.size, now); err != nil {
			return err
		}
		if _, err := t.exec("INSERT OR IGNORE INTO campaign_files VALUES(?, ?, ?)", id, f.path, f.sha); err != nil {
			return err
		}
	}
	return nil
}

// withKeptFiles puts the content files of a campaign in the place of the paths that
// a draft names. What was not kept at the start is missing: what stands at the path
// today may be something else.
func (b *Outbox) withKeptFiles(ctx context.Context, id CampaignID, d *compose.Draft) error {
	for i := range d.Attachments {
		if err := b.keptInstead(ctx, id, &d.Attachments[i]); err != nil {
			return err
		}
	}
	for i := range d.Inline {
		if d.Inline[i].Source == "" {
			d.Inline[i].Source = d.Inline[i].Path
		}
		if err := b.keptInstead(ctx, id, &d.Inline[i].Attachment); err != nil {
			return err
		}
	}
	return nil
}

func (b *Outbox) keptInstead(ctx context.Context, id CampaignID, a *compose.Attachment) error {
	var sha string
	err := b.read.always(ctx, "SELECT sha FROM campaign_files WHERE campaign = ? AND path = ?", id, a.Path).Scan(&sha)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w: its campaign has not kept %s", ErrDamaged, a.Path)
	}
	if err != nil {
		return storeError(err)
	}
	if a.Name == "" {
		a.Name = filepath.Base(a.Path)
	}
	a.Path = filepath.Join(b.filesDir(), sha)
	_, err = statContent(a.Path)
	return err
}
