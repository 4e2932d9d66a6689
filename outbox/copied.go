package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sendoff/internal/atomicfile"
)

// copiedCampaign is why a campaign does not go on by itself in an outbox that was
// copied or restored: another one may have sent what this one does not know of.
const copiedCampaign = "this outbox is a copy, or was restored from a backup: some of the rows that are shown as ready may have been sent"

// sendersName is the file with the number of times that a sender has begun or ended
// beside a campaign. A database that knows of fewer is older than the last of them.
const sendersName = "senders"

// identity tells the file of the database from a copy of it: its inode, which
// survives a move and a restart. (The device does not: some get another number each
// time.) "" where there is none.
func (b *Outbox) identity() (string, error) {
	info, err := os.Stat(b.databasePath())
	if err != nil {
		return "", pathError(err)
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprint(s.Ino), nil
	}
	return "", nil
}

// guardedFor is how long after its end a campaign is one that a backup may have
// running.
const guardedFor = 30 * 24 * time.Hour

// guardCampaigns notes that a sender begins, or has ended, and pauses the campaigns
// of an outbox that is not the one which the last sender had, or not as that has left
// it. It does nothing where no campaign is, or was not long ago.
func (b *Outbox) guardCampaigns(ctx context.Context) (paused bool, err error) {
	var guarded bool
	err = b.read.QueryRowContext(ctx, "SELECT EXISTS(SELECT 1 FROM campaigns WHERE state IN (1, 2, 3) OR finished_at > ?)", stamp(time.Now().Add(-guardedFor))).Scan(&guarded)
	if err != nil || !guarded {
		return false, storeError(err)
	}
	identity, err := b.identity()
	if err != nil {
		return false, err
	}
	known, err := b.knownSenders()
	if err != nil {
		return false, err
	}
	var senders int
	err = b.writer.do(ctx, func(t *tx) error {
		var was string
		err := t.queryRow("SELECT identity, senders FROM store").Scan(&was, &senders)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if paused = err == nil && (was != identity || senders < known); paused {
			if _, err := t.exec("UPDATE campaigns SET state = ?, reason = ? WHERE state = ?", CampaignPaused, copiedCampaign, CampaignRunning); err != nil {
				return err
			}
		}
		senders = max(senders, known) + 1
		return t.noteStore(identity, senders)
	})
	if err != nil {
		return false, err
	}
	return paused, pathError(atomicfile.Replace(filepath.Join(b.options.Dir, sendersName), []byte(strconv.Itoa(senders)+"\n")))
}

// noteStore records which file this is, and how many senders it has had.
func (t *tx) noteStore(identity string, senders int) error {
	_, err := t.exec("INSERT INTO store VALUES(1, ?1, ?2) ON CONFLICT(only) DO UPDATE SET identity = ?1, senders = max(senders, ?2)", identity, senders)
	return err
}

// knownSenders is what the file says; 0 if it is not there, or was damaged.
func (b *Outbox) knownSenders() (int, error) {
	text, err := os.ReadFile(filepath.Join(b.options.Dir, sendersName))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, pathError(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || n < 0 || n > maxKey {
		return 0, nil
	}
	return n, nil
}
