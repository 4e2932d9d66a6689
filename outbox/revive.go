package outbox

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sendoff/compose"
	"sendoff/internal/cleantext"
)

// reviveLost makes records for messages and drafts whose own are lost, from
// their bytes. All of them are held.
func (s *salvage) reviveLost(ctx context.Context, now time.Time) error {
	if err := s.reviveBodies(now); err != nil {
		return err
	}
	if s.incomplete() { // else a file without a record is one that was deleted or purged
		if err := s.reviveFiles(ctx, now); err != nil {
			return err
		}
	}
	return s.reviveDrafts(now)
}

const revivedReason = "its record was lost: it may have been sent, and blind copies are not known"

// letter is what the header of a message tells for its record.
type letter struct {
	messageID, sender     string
	from, to, cc, subject string
	date                  time.Time
	utf8                  bool
}

// readLetter reads the header of a message we wrote. ok is false for what is none.
func readLetter(r io.Reader) (l letter, ok bool) {
	const longestHeader = 1 << 20
	m, err := mail.ReadMessage(bufio.NewReader(io.LimitReader(r, longestHeader)))
	if err != nil {
		return l, false
	}
	l.messageID = cleantext.Line(m.Header.Get("Message-ID"))
	from, err := compose.ParseOne(decodeWords(m.Header.Get("From")))
	if err != nil || l.messageID == "" {
		return l, false
	}
	if l.sender, err = from.ASCII(); err != nil {
		return l, false
	}
	l.from = cleantext.Line(from.String())
	l.to, l.cc = addressList(decodeWords(m.Header.Get("To"))), addressList(decodeWords(m.Header.Get("Cc")))
	l.subject = cleantext.Line(decodeWords(m.Header.Get("Subject")))
	l.date, _ = m.Header.Date()
	for _, lines := range m.Header {
		for _, line := range lines {
			l.utf8 = l.utf8 || strings.IndexFunc(line, func(c rune) bool { return c > 0x7e }) >= 0
		}
	}
	return l, true
}

func decodeWords(text string) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(text)
	if err != nil {
		return text
	}
	return decoded
}

// reviveBodies does so for what is in the database. The item keeps its ID, and
// with it its recipients and its history.
func (s *salvage) reviveBodies(now time.Time) error {
	lost, err := s.idsOf("SELECT item_id FROM bodies WHERE item_id NOT IN (SELECT id FROM items)")
	if err != nil {
		return err
	}
	for _, id := range lost {
		var data []byte
		if err := s.queryRow(bodyQuery, id).Scan(&data); err != nil {
			return err
		}
		l, ok := readLetter(bytes.NewReader(data))
		if !ok {
			continue
		}
		sum := sha256.Sum256(data)
		if err := s.revive(id, l, content{digest: hex.EncodeToString(sum[:]), size: int64(len(data))}, now); err != nil {
			return err
		}
	}
	return nil
}

// reviveFiles does so for content files that no item names.
func (s *salvage) reviveFiles(ctx context.Context, now time.Time) error {
	entries, err := os.ReadDir(s.files)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return pathError(err)
	}
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !isContentName(entry.Name()) {
			continue
		}
		if err := s.reviveFile(ctx, entry.Name(), now); err != nil {
			return err
		}
	}
	return nil
}

func (s *salvage) reviveFile(ctx context.Context, sha string, now time.Time) error {
	var named bool
	if err := s.queryRow("SELECT EXISTS(SELECT 1 FROM items WHERE file = ?1) OR EXISTS(SELECT 1 FROM campaign_files WHERE sha = ?1)", sha).Scan(&named); err != nil || named {
		return err
	}
	path := filepath.Join(s.files, sha)
	info, err := statContent(path)
	if err != nil {
		return err
	}
	c := content{file: sha, digest: sha, size: info.Size()}
	l, ok := readLetterFile(path)
	if err := s.prove(ctx, c); !ok || errors.Is(err, ErrDamaged) {
		s.stray = append(s.stray, path)
		return nil
	} else if err != nil {
		return err
	}
	var known bool // purged, and not swept yet
	if err := s.queryRow("SELECT EXISTS(SELECT 1 FROM items WHERE message_id = ?)", l.messageID).Scan(&known); err != nil || known {
		return err
	}
	return s.revive(0, l, c, now)
}

func readLetterFile(path string) (letter, bool) {
	file, err := os.Open(path)
	if err != nil {
		return letter{}, false
	}
	defer file.Close()
	return readLetter(file)
}

// revive makes the record of a message; id 0 gives it a new one.
func (s *salvage) revive(id ID, l letter, c content, now time.Time) error {
	var account string
	err := s.queryRow(`SELECT coalesce((SELECT account FROM attempts WHERE item_id = ?1 ORDER BY id DESC LIMIT 1),
		(SELECT account FROM items WHERE sender = ?2 ORDER BY id DESC LIMIT 1), '')`, id, l.sender).Scan(&account)
	if err != nil {
		return err
	}
	r, err := s.exec(`INSERT INTO items(id, state, held, account, message_id, sender, from_line, to_list, cc_list, bcc_list, subject,
		size, eight_bit, utf8, file, digest, date, created_at, updated_at) VALUES(?, ?, 1, ?, ?, ?, ?, ?, ?, '[]', ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		nullableID(id), StateHeld, account, l.messageID, l.sender, l.from, l.to, l.cc, l.subject,
		c.size, l.utf8, l.utf8, nullable(c.file), c.digest, stamp(l.date), stamp(now), stamp(now))
	if err != nil {
		return err
	}
	n, err := r.LastInsertId()
	s.revived++
	s.doubt(ID(n), revivedReason)
	return err
}

func nullableID(id ID) any {
	if id == 0 {
		return nil
	}
	return id
}

// reviveDrafts makes drafts of texts that belong to nothing any more. Some are
// of messages that were queued; a draft leaves only when a person sends it.
func (s *salvage) reviveDrafts(now time.Time) error {
	lost, err := s.idsOf("SELECT item_id FROM drafts WHERE item_id NOT IN (SELECT id FROM items)")
	if err != nil {
		return err
	}
	for _, id := range lost {
		var text []byte
		if err := s.queryRow("SELECT json FROM drafts WHERE item_id = ?", id).Scan(&text); err != nil {
			return err
		}
		var d compose.Draft
		if json.Unmarshal(text, &d) != nil {
			continue
		}
		l := summarize(d)
		n, err := s.changed(`INSERT INTO items(id, state, draft, account, from_line, to_list, cc_list, bcc_list, subject, created_at, updated_at)
			SELECT ?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9
			WHERE NOT EXISTS(SELECT 1 FROM items WHERE to_list = ?5 AND subject = ?8 AND created_at = ?9)`, // brought back from its file just now
			id, StateDraft, cleantext.Line(d.Account), l.from, l.to, l.cc, l.bcc, l.subject, stamp(now))
		if err != nil {
			return err
		}
		if n > 0 {
			s.revived++
			s.drafts[id] = "its record was lost, and its text is a draft now: it may have been sent"
		}
	}
	return nil
}

// completeDrafts gives drafts whose text is lost what lists show of them.
func (s *salvage) completeDrafts(_ context.Context, now time.Time) error {
	lost, err := s.idsOf("SELECT id FROM items i WHERE draft = 1 AND NOT EXISTS(SELECT 1 FROM drafts d WHERE d.item_id = i.id AND json_valid(d.json))")
	if err != nil {
		return err
	}
	for _, id := range lost {
		var d compose.Draft
		var to, cc, bcc []byte
		err := s.queryRow("SELECT account, from_line, to_list, cc_list, bcc_list, subject FROM items WHERE id = ?", id).
			Scan(&d.Account, &d.From, &to, &cc, &bcc, &d.Subject)
		if err != nil {
			return err
		}
		d.To, d.Cc, d.Bcc = strings.Join(addressLines(to), ", "), strings.Join(addressLines(cc), ", "), strings.Join(addressLines(bcc), ", ")
		if err := s.keepDraft(id, d, true); err != nil {
			return err
		}
		s.drafts[id] = "its text was lost: only addresses and subject are left"
	}
	return nil
}
