package outbox

import (
	"encoding/binary"
	"hash/crc32"
	"time"
)

// record is one entry of the journal: that the final dot of an attempt may leave, or
// that the server has taken its message for every recipient.
type record struct {
	kind    recordKind
	attempt int64
	item    ID
	digest  string // of the message, as the item has it: an item of another database has another
	at      time.Time

	began time.Time // of a mark: the attempt

	// Of a mark: the attempt that begins behind this one, and its item; 0: none.
	next     int64
	nextItem ID

	report Report // of an end
	copied bool   // of an end: a copy belongs into a Sent folder
}

type recordKind uint8

// The numbers are stored.
const (
	recordMark recordKind = 1
	recordEnd  recordKind = 2
)

// A frame is the length of what follows and its checksum, each in four bytes.
const frameHead = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord appends a record in its frame.
func appendRecord(to []byte, r record) []byte {
	start := len(to)
	to = append(to, make([]byte, frameHead)...)
	to = append(to, byte(r.kind))
	to = binary.AppendVarint(to, r.attempt)
	to = binary.AppendVarint(to, int64(r.item))
	to = appendText(to, r.digest)
	to = binary.AppendVarint(to, stamp(r.at))
	if r.kind == recordMark {
		to = binary.AppendVarint(to, stamp(r.began))
		to = binary.AppendVarint(to, r.next)
		to = binary.AppendVarint(to, int64(r.nextItem))
	} else {
		to = appendReport(to, r.report)
		to = appendFlag(to, r.copied)
	}
	binary.LittleEndian.PutUint32(to[start:], uint32(len(to)-start-frameHead))
	binary.LittleEndian.PutUint32(to[start+4:], crc32.Checksum(to[start+frameHead:], castagnoli))
	return to
}

// appendReport leaves out what only a report of a failure has.
func appendReport(to []byte, r Report) []byte {
	to = appendText(to, r.Server)
	to = appendText(to, r.TLS)
	to = appendText(to, r.Dialogue)
	to = appendFlag(to, r.Began)
	to = binary.AppendVarint(to, int64(len(r.Results)))
	for _, result := range r.Results {
		to = binary.AppendVarint(to, int64(result.Class))
		to = binary.AppendVarint(to, int64(result.Code))
		to = appendText(to, result.Enhanced)
		to = appendText(to, result.Text)
	}
	return to
}

func appendText(to []byte, s string) []byte {
	return append(binary.AppendVarint(to, int64(len(s))), s...)
}

func appendFlag(to []byte, set bool) []byte {
	if set {
		return append(to, 1)
	}
	return append(to, 0)
}

// readRecords gives the records at the beginning of data, up to the first that is
// not whole: what stands behind it was not promised to anybody.
func readRecords(data []byte) (all []record) {
	for len(data) > frameHead {
		length, sum := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])
		data = data[frameHead:]
		if length == 0 || uint64(length) > uint64(len(data)) || crc32.Checksum(data[:length], castagnoli) != sum {
			return all
		}
		r, ok := readRecord(data[:length])
		if !ok {
			return all
		}
		all = append(all, r)
		data = data[length:]
	}
	return all
}

func readRecord(data []byte) (r record, ok bool) {
	d := &decoder{data: data}
	r.kind = recordKind(d.byte())
	r.attempt = d.number()
	r.item = ID(d.number())
	r.digest = d.text()
	r.at = unstamp(d.number())
	switch r.kind {
	case recordMark:
		r.began = unstamp(d.number())
		r.next = d.number()
		r.nextItem = ID(d.number())
	case recordEnd:
		r.report = d.report()
		r.copied = d.byte() == 1
	default:
		return r, false
	}
	return r, !d.bad && len(d.data) == 0
}

// decoder reads what the append functions write. Once something is wrong, all that
// it gives is zero.
type decoder struct {
	data []byte
	bad  bool
}

func (d *decoder) byte() byte {
	if d.bad = d.bad || len(d.data) == 0; d.bad {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return b
}

func (d *decoder) number() int64 {
	n, size := binary.Varint(d.data)
	if d.bad = d.bad || size <= 0; d.bad {
		return 0
	}
	d.data = d.data[size:]
	return n
}

func (d *decoder) text() string {
	n := d.number()
	if d.bad = d.bad || n < 0 || n > int64(len(d.data)); d.bad {
		return ""
	}
	s := string(d.data[:n])
	d.data = d.data[n:]
	return s
}

func (d *decoder) report() (r Report) {
	r.Server, r.TLS, r.Dialogue = d.text(), d.text(), d.text()
	r.Began = d.byte() == 1
	for n := d.number(); n > 0 && !d.bad; n-- {
		r.Results = append(r.Results, Result{Class: Class(d.number()), Code: int(d.number()), Enhanced: d.text(), Text: d.text()})
	}
	return r
}
