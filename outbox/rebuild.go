package outbox

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sendoff/internal/lease"
	"sendoff/internal/sqlitefile"
)

// ErrSenderRuns says that what is asked for cannot be done beside a sender.
var ErrSenderRuns = errors.New("a sender is running")

// Rebuilt is what a Rebuild came to.
type Rebuilt struct {
	Kept   string   // where the damaged database is now; "" if it was sound and is in place
	Items  int      // messages that are there now
	Drafts int      // drafts that are
	Apart  []Damage // messages that are held now, drafts that are not what they were; and why
	Stray  []string // content files of which no message could be made
	// Revived counts messages and drafts whose record was lost and that were
	// found again by their text.
	Revived int
	// LostPages and LostRows count what could not be read. A page is 4 KiB of
	// the database, with rows of which nothing is known.
	LostPages, LostRows int
	// Mended counts messages whose state had not followed from their recipients.
	Mended int
}

// Rebuild saves what can be read of a damaged outbox into a new database, and
// puts that in the place of the old one, which is kept beside it. Whatever
// interrupts it, one of the two is there, whole. What is not known to be unsent
// is held. Of a sound database it only makes anew what follows from the rest.
//
// This process must not have the outbox open. ErrSenderRuns if any has a sender
// on it, ErrLocked if any has it open at all, ErrNewerSchema if it is not
// ours to understand.
func Rebuild(ctx context.Context, o Options) (Rebuilt, error) {
	if err := prepareDirectory(o.Dir); err != nil {
		return Rebuilt{}, fmt.Errorf("rebuild outbox: %w", err)
	}
	done, sound, err := mendSound(ctx, o)
	if err == nil && !sound {
		done, err = rebuild(ctx, o.Dir)
	}
	if err != nil {
		return done, fmt.Errorf("rebuild outbox: %w", err)
	}
	return done, nil
}

// mendSound does what is to be done for a database that is sound; sound is false
// for one that is not.
func mendSound(ctx context.Context, o Options) (done Rebuilt, sound bool, err error) {
	if found, err := CheckFiles(o.Dir); err != nil || len(found) > 0 {
		return done, false, err
	}
	b, err := Open(ctx, o)
	if errors.Is(err, ErrCorrupt) {
		return done, false, nil
	}
	if err != nil {
		return done, false, err
	}
	defer func() {
		if closed := b.Close(); sound { // one that is damaged may well fail to close
			err = errors.Join(err, closed)
		}
	}()
	held, err := takeLease(o.Dir)
	if err != nil {
		return done, false, err
	}
	defer held.Release()
	found, err := b.Check(ctx, CheckOptions{Quick: true})
	if err != nil || slices.ContainsFunc(found, func(d Damage) bool { return d.Kind == DamagedDatabase }) {
		return done, false, err
	}
	err = b.writer.do(ctx, func(t *tx) (err error) {
		done, err = t.mendRollUps(found, time.Now())
		if err == nil {
			done.Items, done.Drafts, err = t.census()
		}
		return err
	})
	return done, err == nil, err
}

func takeLease(dir string) (*lease.Lease, error) {
	held, err := takeSenderLease(dir)
	if errors.Is(err, lease.ErrHeld) {
		return nil, ErrSenderRuns
	}
	return held, pathError(err)
}

// mendRollUps makes anew what follows from other rows, where it is wrong.
func (t *tx) mendRollUps(found []Damage, now time.Time) (done Rebuilt, err error) {
	if _, err := t.endLostAttempts(now); err != nil {
		return done, err
	}
	doubtful, err := t.dueByDamage()
	if err != nil {
		return done, err
	}
	for _, d := range found {
		switch d.Kind {
		case WrongState, LostAttempt:
			if slices.Contains(doubtful, d.Item) {
				d.Text = dueByDamage
				if _, err := t.hold(d.Item, d.Text); err != nil {
					return done, err
				}
				done.Apart = append(done.Apart, d)
			}
			done.Mended++
			err = t.rollUpQuietly(d.Item, now)
		case WrongCounts:
			err = t.execScript("DELETE FROM counts; INSERT INTO counts SELECT state, count(*) FROM items GROUP BY state; " + countCampaigns)
		}
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// census counts messages and drafts.
func (t *tx) census() (items, drafts int, err error) {
	err = t.queryRow("SELECT count(*) FILTER (WHERE draft = 0), count(*) FILTER (WHERE draft <> 0) FROM items").Scan(&items, &drafts)
	return items, drafts, err
}

// rebuild makes the new database while nobody has the old one open.
func rebuild(ctx context.Context, dir string) (done Rebuilt, err error) {
	held, err := takeLease(dir)
	if err != nil {
		return done, err
	}
	defer held.Release()
	turn, err := lease.Take(filepath.Join(dir, writeLockName))
	if errors.Is(err, lease.ErrHeld) {
		return done, ErrLocked
	}
	if err != nil {
		return done, pathError(err)
	}
	defer turn.Release()
	file, err := os.OpenFile(filepath.Join(dir, databaseName), os.O_RDWR|os.O_CREATE, filePermissions)
	if err != nil {
		return done, pathError(err)
	}
	defer file.Close()
	if err := holdDatabase(file); err != nil {
		return done, err
	}
	old, err := sqlitefile.Open(file, filepath.Join(dir, logName))
	if err != nil {
		return done, pathError(err)
	}
	defer old.Close()
	if version, ok := old.UserVersion(); ok {
		if err := checkVersion(version); errors.Is(err, ErrNewerSchema) {
			return done, err
		}
	}
	r := replacement{dir: dir, file: file, old: old, now: time.Now()}
	if done, err = r.make(ctx); err != nil {
		return done, err
	}
	for _, step := range r.steps() {
		if err := step(); err != nil {
			return done, pathError(err)
		}
	}
	done.Kept = r.kept
	done.Stray = setAside(done.Stray)
	return done, nil
}

// replacement is a new database that is about to take the place of the old one.
type replacement struct {
	dir  string
	file *os.File
	old  *sqlitefile.File
	now  time.Time
	kept string // path of the old one
}

func (r *replacement) newPath() string { return filepath.Join(r.dir, databaseName+"-rebuilt") }

// make writes the new database and proves it.
func (r *replacement) make(ctx context.Context) (done Rebuilt, err error) {
	s := &salvage{files: filepath.Join(r.dir, filesName), doubts: make(map[ID]string), drafts: make(map[ID]string)}
	err = newDatabase(ctx, r.newPath(), func(t *tx) error {
		s.tx = t
		if err := s.load(ctx, r.old); err != nil {
			return err
		}
		if r.old.LogDamaged() {
			if err := s.doubtAll(); err != nil {
				return err
			}
		}
		if err := s.mend(ctx, r.now); err != nil {
			return err
		}
		if done, err = s.report(); err != nil {
			return err
		}
		return s.proveSound()
	})
	return done, err
}

// doubtAll is for a database that is older than the truth.
func (s *salvage) doubtAll() error {
	items, err := s.idsOf("SELECT id FROM items WHERE draft = 0")
	for _, id := range items {
		s.doubt(id, "the newest changes were lost: it may have been sent")
	}
	return err
}

func (s *salvage) report() (done Rebuilt, err error) {
	done = Rebuilt{Stray: s.stray, Revived: s.revived, LostPages: s.lost.Pages, LostRows: s.lost.Rows}
	if done.Items, done.Drafts, err = s.census(); err != nil {
		return done, err
	}
	err = s.each(func(rows *sql.Rows) error {
		var d Damage
		var to []byte
		err := rows.Scan(&d.Item, &d.Subject, &to)
		if d.Text = cmp.Or(s.doubts[d.Item], s.drafts[d.Item]); d.Text != "" {
			d.Kind, d.To = DamagedDatabase, addressLines(to)
			done.Apart = append(done.Apart, d)
		}
		return err
	}, "SELECT id, subject, to_list FROM items WHERE held <> 0 OR draft <> 0 ORDER BY id")
	return done, err
}

// proveSound asks SQLite before anything is replaced.
func (s *salvage) proveSound() error {
	var found string
	if err := s.queryRow("PRAGMA integrity_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("the new database is not sound: %s", found)
	}
	return s.each(func(rows *sql.Rows) error {
		var table, parent string
		var row, key sql.NullInt64
		err := rows.Scan(&table, &row, &parent, &key)
		return errors.Join(err, fmt.Errorf("the new database is not sound: a row of %s belongs to none of %s", table, parent))
	}, "PRAGMA foreign_key_check")
}

// steps put the new database in the place of the old one. After each of them the
// directory holds the old outbox or the new one, whole: the log of the old one
// is not taken away before all that is in it is in the old database, and gone
// before the new one is there, to which it would do harm.
func (r *replacement) steps() []func() error {
	log := filepath.Join(r.dir, logName)
	return []func() error{
		r.keep,
		r.old.ApplyLog,
		func() error {
			err := os.Rename(log, sqlitefile.LogPath(r.kept))
			if errors.Is(err, os.ErrNotExist) {
				return nil
			}
			return err
		},
		func() error { return syncDirectory(r.dir) },
		func() error { return os.Rename(r.newPath(), filepath.Join(r.dir, databaseName)) },
		func() error { return syncDirectory(r.dir) },
	}
}

// keep gives the old database a second name, with the date.
func (r *replacement) keep() error {
	name := filepath.Join(r.dir, "outbox-damaged-"+r.now.UTC().Format("20060102-150405"))
	r.kept = name + ".db"
	for n := 2; ; n++ {
		err := os.Link(filepath.Join(r.dir, databaseName), r.kept)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, os.ErrExist):
			return r.copy() // a file system without links
		}
		r.kept = fmt.Sprintf("%s-%d.db", name, n)
	}
}

func (r *replacement) copy() error {
	to, err := os.OpenFile(r.kept, os.O_CREATE|os.O_EXCL|os.O_WRONLY, filePermissions)
	if err != nil {
		return err
	}
	info, err := r.file.Stat()
	if err == nil {
		_, err = io.Copy(to, io.NewSectionReader(r.file, 0, info.Size()))
	}
	return errors.Join(err, to.Sync(), to.Close())
}

// setAside gives content files of which no message could be made a name that no
// sender takes for one of its own. It gives their paths.
func setAside(paths []string) []string {
	for i, path := range paths {
		if err := os.Rename(path, path+".kept"); err == nil {
			paths[i] = path + ".kept"
		}
	}
	return paths
}
