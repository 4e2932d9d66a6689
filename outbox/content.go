package outbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sendoff/internal/atomicfile"
)

// maxInline is the largest message kept in the database itself. A larger one is
// a file: a blob insert would hold the write lock for its whole length and cost
// several times its size in memory.
const maxInline = 256 << 10

// strayAge is how old a content file without a row must be before it is
// removed: a Submit puts the file in place before the row is committed.
const strayAge = time.Hour

// spoolPrefix begins the names of files that are still being written.
const spoolPrefix = ".spool-"

// spool takes a message while it is built: in memory as long as it is small,
// then in a file of the content directory.
type spool struct {
	dir    string
	memory bytes.Buffer
	file   *os.File
	hash   hash.Hash // of all that was written
	size   int64
	limit  int64 // 0: none
	told   func(done int64)
	ended  func() error // why to stop; nil to go on
}

func newSpool(dir string) spool { return spool{dir: dir, hash: sha256.New()} }

// digest is the SHA-256 of what was written, in hex.
func (s *spool) digest() string { return hex.EncodeToString(s.hash.Sum(nil)) }

// tellEvery spaces the calls of told, in octets.
const tellEvery = 1 << 20

func (s *spool) Write(p []byte) (int, error) {
	if s.limit > 0 && s.size+int64(len(p)) > s.limit {
		return 0, fmt.Errorf("more than %d octets: %w", s.limit, ErrTooLarge)
	}
	if s.file == nil && s.memory.Len()+len(p) > maxInline {
		if err := s.overflow(); err != nil {
			return 0, err
		}
	}
	if err := s.ended(); err != nil {
		return 0, err
	}
	before := s.size
	s.size += int64(len(p))
	if s.told != nil && s.size/tellEvery != before/tellEvery {
		s.told(s.size)
	}
	s.hash.Write(p)
	if s.file == nil {
		return s.memory.Write(p)
	}
	n, err := s.file.Write(p)
	return n, pathError(err)
}

// overflow moves what is in memory to a file.
func (s *spool) overflow() error {
	if err := makeDirectory(s.dir); err != nil {
		return err
	}
	file, err := os.CreateTemp(s.dir, spoolPrefix) // 0600, O_EXCL, a random name
	if err != nil {
		return pathError(err)
	}
	s.file = file
	_, err = file.Write(s.memory.Bytes())
	s.memory = bytes.Buffer{}
	return pathError(err)
}

// keep makes the file durable under its own hash and returns that; "" when the
// message is in memory.
func (s *spool) keep() (sha string, err error) {
	if s.file == nil {
		return "", nil
	}
	if err := s.file.Sync(); err != nil {
		return "", pathError(err)
	}
	name := s.file.Name()
	if err := s.file.Close(); err != nil {
		return "", pathError(err)
	}
	s.file = nil
	sha = s.digest()
	if err := os.Rename(name, filepath.Join(s.dir, sha)); err != nil {
		return "", pathError(errors.Join(err, os.Remove(name)))
	}
	return sha, syncDirectory(s.dir)
}

// drop removes what keep has not put in place.
func (s *spool) drop() {
	if s.file != nil {
		s.file.Close()
		os.Remove(s.file.Name())
		s.file = nil
	}
}

func syncDirectory(dir string) error { return pathError(atomicfile.SyncDirectory(dir)) }

func (b *Outbox) filesDir() string { return filepath.Join(b.options.Dir, filesName) }

// ErrDamaged says that the bytes of a message are not those that were queued:
// they are gone, cut off, or changed on disk.
var ErrDamaged = errors.New("the stored message is damaged")

// content names the bytes of an item.
type content struct {
	item   ID
	file   string // "": they are in the database
	made   bool   // they are made of a row of its campaign
	digest string // "": not known, as in what schema 1 wrote
	size   int64
}

// openContent opens the bytes of an item. What it returns proves them while they
// are read: the last read fails with ErrDamaged if they are not those that were
// queued, and so no final dot is sent behind them.
func (b *Outbox) openContent(ctx context.Context, c content) (io.ReadCloser, error) {
	switch {
	case c.made:
		return b.openRendered(ctx, c)
	case c.file != "":
		return openContentFile(b.filesDir(), c)
	}
	data, err := b.readBody(ctx, c.item)
	return openBody(c, data, err)
}

// readBody reads one at a time: it takes a moment, and lanes that did so at once would
// each have a connection to the database, with half a MB of its own.
func (b *Outbox) readBody(ctx context.Context, item ID) (data []byte, err error) {
	b.bodies.Lock()
	defer b.bodies.Unlock()
	err = b.read.always(ctx, bodyQuery, item).Scan(&data)
	return data, err
}

const bodyQuery = "SELECT data FROM bodies WHERE item_id = ?"

// openBody opens what bodyQuery gave.
func openBody(c content, data []byte, err error) (io.ReadCloser, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: its text is missing in the database", ErrDamaged)
	}
	if err != nil {
		return nil, storeError(err)
	}
	return newProver(io.NopCloser(bytes.NewReader(data)), c.digest, c.size), nil
}

func openContentFile(dir string, c content) (io.ReadCloser, error) {
	path := filepath.Join(dir, c.file)
	if _, err := statContent(path); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, pathError(err)
	}
	return newProver(file, c.file, c.size), nil
}

// prover compares what is read with what it should be.
type prover struct {
	io.ReadCloser
	hash   hash.Hash
	digest string
	left   int64
}

func newProver(r io.ReadCloser, digest string, size int64) *prover {
	return &prover{ReadCloser: r, hash: sha256.New(), digest: digest, left: size}
}

func (p *prover) Read(buffer []byte) (int, error) {
	n, err := p.ReadCloser.Read(buffer)
	p.hash.Write(buffer[:n])
	p.left -= int64(n)
	switch {
	case p.left < 0, err == io.EOF && p.left > 0:
		return 0, fmt.Errorf("%w: it has not the length it was queued with", ErrDamaged)
	case err == io.EOF && p.digest != "" && hex.EncodeToString(p.hash.Sum(nil)) != p.digest:
		return 0, fmt.Errorf("%w: it was changed on disk", ErrDamaged)
	case err != nil && err != io.EOF:
		return n, pathError(err)
	}
	return n, err
}

// nameFile records a content file.
func (t *tx) nameFile(sha string, size int64, now time.Time) error {
	_, err := t.exec("INSERT INTO files VALUES(?, ?, ?) ON CONFLICT DO NOTHING", sha, size, stamp(now))
	return err
}

// dropFile removes a content file that no item names any more, nor what brings one back.
func (b *Outbox) dropFile(ctx context.Context, sha string) error {
	return b.writer.do(ctx, func(t *tx) error {
		n, err := t.changed("DELETE FROM files WHERE sha = ?1 AND NOT EXISTS(SELECT 1 FROM items WHERE file = ?1) AND NOT EXISTS(SELECT 1 FROM campaign_files WHERE sha = ?1) AND NOT "+recorded("?1"), sha)
		if err != nil || n == 0 {
			return err
		}
		return pathError(os.Remove(filepath.Join(b.filesDir(), sha)))
	})
}

// sweepFiles removes content files that no item names, and spools of processes
// that died. What is none of these is somebody else's and stays. It looks and removes inside one write transaction, so that no
// Submit can name a file in between.
func (b *Outbox) sweepFiles(ctx context.Context, now time.Time) error {
	entries, err := os.ReadDir(b.filesDir())
	if errors.Is(err, os.ErrNotExist) || len(entries) == 0 {
		return nil
	}
	if err != nil {
		return pathError(err)
	}
	return b.writer.do(ctx, func(t *tx) error {
		if _, err := t.exec("DELETE FROM files WHERE sha NOT IN (SELECT file FROM items WHERE file IS NOT NULL) AND sha NOT IN (SELECT sha FROM campaign_files) AND NOT " + recorded("files.sha")); err != nil {
			return err
		}
		for _, entry := range entries {
			info, err := entry.Info()
			if err != nil || now.Sub(info.ModTime()) < strayAge || !isOurs(info) {
				continue
			}
			var named bool
			if err := t.queryRow("SELECT EXISTS(SELECT 1 FROM files WHERE sha = ?)", entry.Name()).Scan(&named); err != nil {
				return err
			}
			if named {
				continue
			}
			if err := os.Remove(filepath.Join(b.filesDir(), entry.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("remove stray file: %w", err)
			}
		}
		return nil
	})
}

// isOurs tells what only the outbox can have put among the content files.
func isOurs(info fs.FileInfo) bool {
	return info.Mode().IsRegular() && (isContentName(info.Name()) || strings.HasPrefix(info.Name(), spoolPrefix))
}
