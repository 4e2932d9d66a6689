package outbox

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"sendoff/internal/mailtoken"
)

// The envelope sender of a message may be an address of its own ("variable envelope
// return path"): a report comes back to it whatever it quotes. What makes it one is a
// token that names the item and is signed, over its Message-ID too, since the items of
// a restored backup are counted anew.

// returnsKeyName is the file of the key, beside the database. Without it no such
// address that is out is understood: it is part of a backup.
const returnsKeyName = "returns.key"

// returnPaths has the key, once it is needed.
type returnPaths struct {
	path string

	mu    sync.Mutex // guards what follows
	known bool
	key   mailtoken.Key
}

func newReturnPaths(dir string) *returnPaths {
	return &returnPaths{path: filepath.Join(dir, returnsKeyName)}
}

// load reads the key, and makes it if there is none.
func (r *returnPaths) load() (mailtoken.Key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known {
		return r.key, nil
	}
	key, err := mailtoken.LoadKey(r.path)
	r.key, r.known = key, err == nil
	return key, err
}

// existing is load, but false where no address was ever made. With an error one may
// have been.
func (r *returnPaths) existing() (key mailtoken.Key, made bool, err error) {
	if _, err := os.Stat(r.path); errors.Is(err, fs.ErrNotExist) {
		return mailtoken.Key{}, false, nil
	}
	key, err = r.load()
	return key, true, err
}

func returnPurpose(messageID string) string { return "sendoff return 1\x00" + messageID + "\x00" }

// of is the address of an item, by the template of an account.
func (r *returnPaths) of(template string, item ID, messageID string) (string, error) {
	key, err := r.load()
	if err != nil {
		return "", err
	}
	token := key.Token(returnPurpose(messageID), binary.AppendUvarint(nil, uint64(item)))
	return strings.Replace(template, mailtoken.Mark, token, 1), nil
}

// itemIn is the item that a word names if it is a token. It is pure, and believes it.
func itemIn(word string) (ID, bool) {
	text := mailtoken.Text(word)
	n, octets := binary.Uvarint(text)
	id := ID(n)
	return id, octets > 0 && octets == len(text) && id > 0
}

// returned is the message to whose own address a mail came; the zero one is none.
type returned struct {
	item      ID
	messageID string
	only      string // its recipient, if it has just one
}

// returnedTo finds it by the header of the mail. Without the key nobody can tell whether
// a mail came to such an address that names one of our messages.
func (b *Outbox) returnedTo(ctx context.Context, head []byte) (returned, error) {
	key, made, noKey := b.returns.existing()
	if !made {
		return returned{}, nil
	}
	for word := range mailtoken.Words(head, 1) {
		id, ok := itemIn(word)
		if !ok {
			continue
		}
		r := returned{item: id}
		err := b.read.QueryRowContext(ctx, `SELECT message_id, (SELECT iif(count(*) = 1, max(address), '') FROM recipients WHERE item_id = items.id)
			FROM items WHERE id = ? AND draft = 0`, id).Scan(&r.messageID, &r.only)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return returned{}, fmt.Errorf("find a message: %w", storeError(err))
		}
		if noKey != nil {
			return returned{}, fmt.Errorf("tell whether it came back to message %s: %w", id, noKey)
		}
		if _, ours := key.Open(returnPurpose(r.messageID), word); ours {
			return r, nil
		}
	}
	return returned{}, nil
}

// IsReturned tells from its header of a mail that it came to an address that a message
// was sent from, and nobody else writes to. Where that cannot be told now it is taken for
// one: TakeReport fails then, and has it again.
func (b *Outbox) IsReturned(header []byte) bool {
	r, err := b.returnedTo(b.stopped, header)
	return err != nil || r.item != 0
}

// means tells that a report which names somebody unknown must be about the only
// recipient of the message: the mail was passed on to there. One that quotes another
// message answers to somebody who has used this address as his.
func (r returned) means(item ID, messageID string, recipients int) bool {
	return r.item != 0 && r.item == item && r.only != "" && recipients == 1 && (messageID == "" || "<"+messageID+">" == r.messageID)
}
