package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// contents looks at the bytes of every message that has not been purged, a page
// of messages at a time so that no read lasts long.
func (c *check) contents(ctx context.Context) error {
	for after := ID(0); ; {
		page, err := c.contentsAfter(ctx, after)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, k := range page {
			if err := c.content(ctx, k); err != nil {
				return err
			}
		}
		after = page[len(page)-1].item
	}
}

// keptContent is an item whose bytes must be there.
type keptContent struct {
	content
	subject string
	to      []byte
}

const keptContentPage = 500

func (c *check) contentsAfter(ctx context.Context, after ID) (page []keptContent, err error) {
	err = c.query(ctx, func(rows *sql.Rows) error {
		var k keptContent
		err := rows.Scan(&k.item, &k.file, &k.made, &k.digest, &k.size, &k.subject, &k.to)
		page = append(page, k)
		return err
	}, keptContents, after, keptContentPage)
	return page, err
}

const keptContents = "SELECT id, coalesce(file, ''), rendered, digest, size, subject, to_list FROM items WHERE id > ? AND draft = 0 AND purged_at = 0 ORDER BY id LIMIT ?"

func (c *check) content(ctx context.Context, k keptContent) error {
	wrong := c.prove(ctx, k.content)
	if wrong == nil {
		return nil
	}
	if ctx.Err() != nil || !errors.Is(wrong, ErrDamaged) && k.file == "" {
		return wrong
	}
	// A sender may have purged or a person deleted it meanwhile.
	var kept bool
	err := c.b.read.QueryRowContext(ctx, "SELECT EXISTS(SELECT 1 FROM items WHERE id = ? AND draft = 0 AND purged_at = 0)", k.item).Scan(&kept)
	if err != nil || !kept {
		return err
	}
	d := Damage{Kind: DamagedContent, Item: k.item, Subject: k.subject, To: addressLines(k.to), Text: wrong.Error()}
	if k.file != "" {
		d.Path = filepath.Join(c.b.filesDir(), k.file)
	}
	c.add(d)
	return nil
}

// prove tells what is wrong with the bytes of an item.
func (c *check) prove(ctx context.Context, k content) error {
	switch {
	case k.made && (c.quick || c.b.options.Render == nil):
		_, err := c.b.letterOf(ctx, k.item)
		return err
	case c.quick:
		return c.measure(ctx, k)
	}
	r, err := c.b.openContent(ctx, k)
	if err != nil {
		return err
	}
	return drain(ctx, r)
}

// measure is prove for a quick look.
func (c *check) measure(ctx context.Context, k content) error {
	if k.file != "" {
		info, err := statContent(filepath.Join(c.b.filesDir(), k.file))
		if err == nil && info.Size() != k.size {
			err = fmt.Errorf("%w: it has not the length it was queued with", ErrDamaged)
		}
		return err
	}
	var size sql.NullInt64
	err := c.b.read.QueryRowContext(ctx, "SELECT length(data) FROM bodies WHERE item_id = ?", k.item).Scan(&size)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%w: its text is missing in the database", ErrDamaged)
	case err == nil && size.Int64 != k.size:
		return fmt.Errorf("%w: it has not the length it was queued with", ErrDamaged)
	}
	return storeError(err)
}

// drain reads a message to its end, where its digest is compared.
func drain(ctx context.Context, r io.ReadCloser) error {
	defer r.Close()
	buffer := make([]byte, 64<<10)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch _, err := r.Read(buffer); {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// statContent looks at a content file without opening it: opening a pipe would
// wait for its other end, and a link may lead anywhere.
func statContent(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %s is missing", ErrDamaged, path)
	case err != nil:
		return nil, pathError(err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is no file", ErrDamaged, path)
	}
	return info, nil
}

// files looks for what does not belong in the directory of content files.
func (c *check) files(ctx context.Context) error {
	entries, err := os.ReadDir(c.b.filesDir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return pathError(err)
	}
	for _, entry := range entries {
		if err := c.file(ctx, entry); err != nil {
			return err
		}
	}
	return nil
}

func (c *check) file(ctx context.Context, entry fs.DirEntry) error {
	d := Damage{Kind: StrayFile, Path: filepath.Join(c.b.filesDir(), entry.Name())}
	info, err := entry.Info()
	if err != nil {
		return nil // gone meanwhile
	}
	fresh := c.now.Sub(info.ModTime()) < strayAge // a Submit may be about to name it
	switch name := entry.Name(); {
	case !info.Mode().IsRegular():
		d.Kind, d.Text = StrangeFile, "it is no file, and nothing of sendoff's: it is left alone"
	case isContentName(name):
		named, err := c.named(ctx, name)
		if err != nil || named || fresh {
			return err
		}
		d.Text = "no message names it any more: the next sender removes it"
	case strings.HasPrefix(name, spoolPrefix):
		if fresh {
			return nil
		}
		d.Text = "a message that was never queued, of a program that was stopped: the next sender removes it"
	default:
		d.Text = "it is nothing of sendoff's: it is left alone"
	}
	c.add(d)
	return nil
}

func (c *check) named(ctx context.Context, sha string) (named bool, err error) {
	err = c.b.read.QueryRowContext(ctx, "SELECT EXISTS(SELECT 1 FROM items WHERE file = ?1) OR EXISTS(SELECT 1 FROM campaign_files WHERE sha = ?1) OR "+recorded("?1"), sha).Scan(&named)
	return named, err
}
