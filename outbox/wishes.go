package outbox

import (
	"context"
	"fmt"
	"time"
)

// wishes tells what else the sending of an item depends on. It follows from the draft
// that is kept with the item, and stands beside it since a sender reads no draft: some
// KB for each message would be a tenth of what a long queue takes.
type wishes int

// The numbers are stored, and wishesOfDrafts knows them.
const (
	wishesReport wishes = 1 << iota // one of delivery is wished for
	wishesSecret                    // it is encrypted: its draft is not kept when everybody has it
)

// wishes of a letter of a campaign are none: what it is made of is kept with its row.
func (m *message) wishes() (w wishes) {
	if m.letter != nil {
		return 0
	}
	if m.draft.Report {
		w |= wishesReport
	}
	if m.draft.Protection.Encrypts() {
		w |= wishesSecret
	}
	return w
}

// wishesOfDrafts reads them out of the drafts. Nowhere else in JSON can these characters
// stand so: in a text there is a backslash before each of the quotes. So a draft that is
// damaged is no error, as it would be of parsing it.
const wishesOfDrafts = `UPDATE items SET wishes = d.wishes
FROM (SELECT item_id, (instr(json, '"report":true') > 0) + 2 * ` + isEncrypted + ` AS wishes FROM drafts) d
WHERE d.item_id = items.id AND items.wishes <> d.wishes`

// mendWishes takes them from the drafts that are left. Of an item that has none the
// number itself is all there is.
func (s *salvage) mendWishes(context.Context, time.Time) error {
	return s.execScript(fmt.Sprintf("UPDATE items SET wishes = wishes & %d; ", wishesReport|wishesSecret) + wishesOfDrafts)
}
