package outbox

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"time"

	"sendoff/internal/cleantext"
	"sendoff/internal/lease"
	"sendoff/outbox/pace"
)

// CampaignSpec is what a campaign begins with, apart from its rows.
type CampaignSpec struct {
	Name     string
	Frozen   []byte            // what Options.Render makes letters with
	Columns  []string          // of the list
	Accounts []CampaignAccount // who sends it; several share it by what each may send

	NotBefore time.Time  // schedule
	Hours     pace.Hours // when its letters leave
	Canary    int        // pauses when so many rows are through; 0: goes on
	// AllowDuplicates gives an address a letter for each of its rows. Else the second
	// one is skipped.
	AllowDuplicates bool
	// Held has it begin paused, with this reason; "" lets it run.
	Held string
}

// CampaignAccount is an account that sends a campaign, and what stands in From
// where the letter does not say.
type CampaignAccount struct{ Account, From string }

// NewRow is a row as it is given to a campaign.
type NewRow struct {
	Number, Line int
	Address      string   // as addresses are compared; of one that is skipped, as it is
	Cells        []string // in the order of the columns
	Account      string   // "": whichever of the campaign's can send it
	Skip         string   // why it gets no letter; "": it gets one
	Files        []string // paths of all that goes with its letter
}

// importBatch is how many rows are stored in one operation of the writer: some 20
// milliseconds, so that others come in between.
const importBatch = 500

// StartCampaign stores a campaign with its rows, and lets it run when all of it is
// durable. Until then nothing of it leaves; after an error nothing of it is there.
// What the rows name is copied as it is now: a file that changes later changes no
// letter. An address that is suppressed, or stands there twice, is skipped.
//
// ErrCampaignThere if the name is taken; the rows' own error if that ends them.
func (b *Outbox) StartCampaign(ctx context.Context, spec CampaignSpec, rows iter.Seq2[NewRow, error]) (CampaignID, error) {
	turn, err := lease.WaitWithin(ctx, filepath.Join(b.options.Dir, importLockName)) // so that what was broken off is known as such
	if err != nil {
		return 0, fmt.Errorf("start campaign %s: %w", spec.Name, pathError(err))
	}
	defer turn.Release()
	i := campaignImport{Outbox: b, spec: spec, kept: make(map[string]string)}
	if i.identity, err = b.identity(); err != nil {
		return 0, fmt.Errorf("start campaign %s: %w", spec.Name, err)
	}
	if err := i.begin(ctx); err != nil {
		return 0, fmt.Errorf("start campaign %s: %w", spec.Name, err)
	}
	err = i.store(ctx, rows)
	if err == nil {
		err = b.writer.do(ctx, i.complete)
	}
	if err != nil {
		err = errors.Join(err, b.removeCampaign(context.WithoutCancel(ctx), i.id))
		return 0, fmt.Errorf("start campaign %s: %w", spec.Name, err)
	}
	return i.id, nil
}

// campaignImport is a campaign whose rows are being stored.
type campaignImport struct {
	*Outbox
	spec     CampaignSpec
	id       CampaignID
	seed     [16]byte
	identity string            // of the database
	kept     map[string]string // path → content file, of some that were copied
}

func (i *campaignImport) begin(ctx context.Context) error {
	columns, err := json.Marshal(cleanAll(i.spec.Columns))
	if err != nil {
		return err
	}
	if err := i.removeBrokenOff(ctx); err != nil {
		return err
	}
	rand.Read(i.seed[:]) // never fails
	err = i.writer.do(ctx, func(t *tx) error {
		r, err := t.exec("INSERT INTO campaigns(name, state, reason, frozen, columns, seed, not_before, hours, canary, created_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			i.spec.Name, CampaignImporting, bound(i.spec.Held), i.spec.Frozen, string(columns), i.seed[:], stamp(i.spec.NotBefore), i.spec.Hours.String(), i.spec.Canary, stamp(time.Now()))
		if err != nil {
			return err
		}
		n, err := r.LastInsertId()
		i.id = CampaignID(n)
		for _, a := range i.spec.Accounts {
			if err == nil {
				_, err = t.exec("INSERT INTO campaign_accounts VALUES(?, ?, ?)", i.id, a.Account, a.From)
			}
		}
		return err
	})
	if isUnique(err) {
		return ErrCampaignThere
	}
	return err
}

// store stores the rows by batches, in the order in which they become items, and before them
// the files of all.
func (i *campaignImport) store(ctx context.Context, rows iter.Seq2[NewRow, error]) error {
	staged, err := openStaging(ctx)
	if err != nil {
		return err
	}
	err = i.stageAll(ctx, staged, rows)
	if err == nil {
		err = staged.batches(ctx, importBatch, func(batch []stagedRow) error {
			return i.writer.do(ctx, func(t *tx) error { return i.insertRows(t, batch) })
		})
	}
	return errors.Join(err, storeError(staged.close()))
}

// stageAll reads the list to its end, and keeps the files that its rows name.
func (i *campaignImport) stageAll(ctx context.Context, staged *staging, rows iter.Seq2[NewRow, error]) error {
	var files []keptFile
	for row, err := range rows {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		r, err := i.stage(row)
		if err == nil {
			err = staged.add(ctx, r)
		}
		if err == nil {
			files, err = i.keepFiles(ctx, row, files)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", row.Line, err)
		}
		if len(files) >= importBatch {
			if err := i.nameFiles(ctx, files); err != nil {
				return err
			}
			files = files[:0]
		}
	}
	return i.nameFiles(ctx, files)
}

// position is where a row stands in the order of sending. It is chance, the same
// for the same seed: a list that is sorted by company would else bring each of them
// all its mail within seconds. The rows of a canary go first, as they stand.
func (i *campaignImport) position(number int) int64 {
	if number <= i.spec.Canary {
		return int64(number)
	}
	sum := rowChance(i.seed[:], number)
	return int64(binary.BigEndian.Uint64(sum[:8])>>2) + 1<<32 // behind any canary
}

// rowChance is the chance of a row, the same whenever it is asked for. It is pure.
func rowChance(seed []byte, number int) [sha256.Size]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64(slices.Clip(seed), uint64(number)))
}

// complete lets the campaign run, or wait for a person.
func (i *campaignImport) complete(t *tx) error {
	state := CampaignRunning
	if i.spec.Held != "" {
		state = CampaignPaused
	}
	n, err := t.changed("UPDATE campaigns SET state = ? WHERE id = ? AND state = ?", state, i.id, CampaignImporting)
	if err == nil && n != 1 {
		err = ErrNoCampaign // somebody has cancelled it
	}
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT OR IGNORE INTO store VALUES(1, ?, 0)", i.identity)
	return err
}

// removeBrokenOff removes what is left of imports whose program was killed. The turn
// to import is ours, so nobody is at it.
func (b *Outbox) removeBrokenOff(ctx context.Context) error {
	rows, err := b.read.QueryContext(ctx, "SELECT id FROM campaigns WHERE state = ?", CampaignImporting)
	if err != nil {
		return storeError(err)
	}
	var stray []CampaignID
	err = eachRow(rows, func(rows *sql.Rows) error {
		var id CampaignID
		err := rows.Scan(&id)
		stray = append(stray, id)
		return err
	})
	for _, id := range stray {
		if err == nil {
			err = b.removeCampaign(ctx, id)
		}
	}
	return storeError(err)
}

// removeCampaign removes one that never ran, its rows by batches.
func (b *Outbox) removeCampaign(ctx context.Context, id CampaignID) error {
	err := b.inBatches(ctx, func(t *tx) (int, error) {
		n, err := t.changed("DELETE FROM campaign_rows WHERE id IN (SELECT id FROM campaign_rows WHERE campaign = ? LIMIT ?)", id, purgeBatch)
		return int(n), err
	})
	if err != nil {
		return err
	}
	return b.writer.do(ctx, func(t *tx) error {
		_, err := t.exec("DELETE FROM campaigns WHERE id = ?", id)
		return err
	})
}

// cleanAll cleans texts that are shown.
func cleanAll(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = cleantext.Line(text)
	}
	return all
}
