package notify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"sendoff/internal/atomicfile"
	"sendoff/outbox"
)

// lateness is how much later than its time something may be seen: it is stamped
// before it is committed, and a commit may wait for other processes.
const lateness = time.Minute

// told is up to where the outbox was read, and what was told of the last minute
// before that. The zero one knows nothing.
type told struct {
	Until time.Time           `json:"until"`
	Last  map[int64]time.Time `json:"last,omitempty"` // by recipient, when that became known
}

// read reads the file. Where there is none, or it is damaged, nothing is known.
func (t *told) read(path string) error {
	*t = told{}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	if json.Unmarshal(data, t) != nil {
		*t = told{}
	}
	return nil
}

// from is the time from which the outbox has to be read.
func (t *told) from() time.Time { return t.Until.Add(-lateness) }

// add takes in all that was read up to a time, and gives what of it is new.
func (t *told) add(all []outbox.Undelivered, until time.Time) (news []outbox.Undelivered) {
	if t.Last == nil {
		t.Last = make(map[int64]time.Time)
	}
	for _, u := range all {
		if at, known := t.Last[u.Number]; !known || !at.Equal(u.At) {
			t.Last[u.Number] = u.At
			news = append(news, u)
		}
	}
	t.Until = until
	for number, at := range t.Last {
		if at.Before(t.from()) {
			delete(t.Last, number)
		}
	}
	return news
}

func (t *told) write(path string) error {
	data, err := json.Marshal(t)
	if err == nil {
		err = atomicfile.Replace(path, data)
	}
	if err != nil {
		return fmt.Errorf("keep what was told: %w", err)
	}
	return nil
}
