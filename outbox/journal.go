package outbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

const (
	journalName = "outbox.journal"
	// journalHead is how it begins; a later form has another number.
	journalHead = "sendoff journal 1\n"
	journalKind = "sendoff journal "
	// journalSize is how long it becomes before it is begun anew, and journalStep what it
	// grows by: zeros are written ahead, since a sync that changes the length of a file
	// costs twice one that does not.
	journalSize = 1 << 20
	journalStep = 64 << 10
	// maxJournal is how long it gets while it cannot be begun anew, and all of it that is
	// read.
	maxJournal = 8 << 20
)

// journal is a file in which the sender of an outbox records, ahead of the database,
// that a final dot may leave and that a server has taken a message. It is there while
// many messages go out; see decision 18.
//
// What it says is true for as long as the attempt is open in the database, so it may
// be read twice, and what was in it before it was begun anew does no harm.
type journal struct {
	committer[[]byte]
	path string
	sync func(*os.File) error

	buffer []byte // of the leader, for what it writes

	turn   sync.Mutex // of who writes, or begins it anew
	file   *os.File   // nil: there is none
	at     int64      // where the next record goes
	filled int64      // as far as something was written
	broken bool       // a write has failed: it is not to be used until it was removed
}

func newJournal(dir string) *journal {
	g := &journal{committer: newCommitter[[]byte](), path: filepath.Join(dir, journalName), sync: syncData}
	g.commit = g.commitAll
	return g
}

var errJournal = errors.New("the journal cannot be written")

// commitAll writes first, and what arrives meanwhile, and waits for the disk once.
func (g *journal) commitAll(first *gathered[[]byte]) (batch []*gathered[[]byte], errs []error, err error) {
	batch = append(batch, first)
	data := append(g.buffer[:0], first.change...)
	for more, ok := g.next(); ok; more, ok = g.next() {
		batch = append(batch, more)
		data = append(data, more.change...)
	}
	g.buffer = data
	g.turn.Lock()
	defer g.turn.Unlock()
	return batch, make([]error, len(batch)), g.write(data)
}

func (g *journal) write(data []byte) error {
	if g.broken {
		return errJournal
	}
	if g.file == nil {
		if err := g.create(); err != nil {
			g.broken = true
			return pathError(err)
		}
	}
	end := g.at + int64(len(data))
	if end > maxJournal {
		return errJournal
	}
	if end > g.filled {
		g.filled = (end/journalStep + 1) * journalStep
		data = append(data, make([]byte, g.filled-end)...)
	}
	_, err := g.file.WriteAt(data, g.at)
	if err == nil {
		err = g.sync(g.file)
	}
	if err != nil {
		g.broken = true
		g.bury(len(data))
		return pathError(err)
	}
	g.at = end
	return nil
}

// create makes the file and its name durable; nothing is there before, or what is
// not needed any more.
func (g *journal) create() error {
	if err := removeIfThere(g.path); err != nil {
		return err
	}
	file, err := os.OpenFile(g.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, filePermissions)
	if err != nil {
		return err
	}
	_, err = file.WriteAt([]byte(journalHead), 0)
	if err == nil {
		err = syncDirectory(filepath.Dir(g.path))
	}
	if err != nil {
		return errors.Join(err, file.Close(), removeIfThere(g.path))
	}
	g.file, g.at, g.filled = file, int64(len(journalHead)), int64(len(journalHead))
	return nil
}

// bury overwrites what was written and not synced: its callers are told that it is
// not recorded, and the next process must not find that it is. No matter if that
// cannot be synced either.
func (g *journal) bury(length int) {
	g.file.WriteAt(make([]byte, length), g.at) //nolint:errcheck // the error that there was is what counts
}

// full tells that it should be begun anew.
func (g *journal) full() bool {
	g.turn.Lock()
	defer g.turn.Unlock()
	return g.at >= journalSize
}

// beginAnew calls settled, and after that everything that stands in the journal is in
// the database: from then on it is written over. Nobody writes meanwhile.
func (g *journal) beginAnew(settled func() error) error {
	g.turn.Lock()
	defer g.turn.Unlock()
	if err := settled(); err != nil {
		return err
	}
	g.at = int64(len(journalHead))
	return nil
}

// remove ends the journal when everything in it is in the database. A later write
// begins another one.
func (g *journal) remove() error {
	g.turn.Lock()
	defer g.turn.Unlock()
	g.broken = false
	if g.file == nil {
		return nil
	}
	err := g.file.Close()
	g.file = nil
	return errors.Join(err, removeIfThere(g.path))
}

// readJournal gives what the journal of an outbox says; nothing where there is none.
func readJournal(dir string) ([]record, error) {
	path := filepath.Join(dir, journalName)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, pathError(err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxJournal))
	if err != nil {
		return nil, pathError(err)
	}
	return parseJournal(data)
}

// parseJournal reads a journal. One without a head was not promised to anybody.
func parseJournal(data []byte) ([]record, error) {
	records, ours := bytes.CutPrefix(data, []byte(journalHead))
	if !ours && bytes.HasPrefix(data, []byte(journalKind)) {
		return nil, fmt.Errorf("%s: %w", journalName, ErrNewerSchema)
	}
	return readRecords(records), nil
}
