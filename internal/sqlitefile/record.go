package sqlitefile

import (
	"encoding/binary"
	"math"
)

// maxPayload bounds one row. Ours hold at most a message of 256 KiB, or a draft.
const maxPayload = 256 << 20

// payload gathers the bytes of a cell, part of which may be in overflow pages.
// data is what follows the cell's length and key on its page.
func (f *File) payload(data []byte, length, local int64) ([]byte, bool) {
	if local > int64(len(data)) {
		return nil, false
	}
	if local == length {
		return data[:length], true
	}
	if int64(len(data)) < local+4 || length > maxPayload || length > int64(f.pages())*f.pageSize {
		return nil, false
	}
	all := append([]byte(nil), data[:local]...)
	next := binary.BigEndian.Uint32(data[local:])
	for int64(len(all)) < length { // every turn adds to it, so a circle ends
		page, ok := f.page(next)
		if !ok {
			return nil, false
		}
		next = binary.BigEndian.Uint32(page)
		all = append(all, page[4:min(f.usable, 4+length-int64(len(all)))]...)
	}
	return all, true
}

// localSize is how much of a payload stands on the page of its cell.
func (f *File) localSize(length int64, table bool) int64 {
	most := (f.usable-12)*64/255 - 23
	if table {
		most = f.usable - 35
	}
	if length <= most {
		return length
	}
	least := (f.usable-12)*32/255 - 23
	if k := least + (length-least)%(f.usable-4); k <= most {
		return k
	}
	return least
}

// decode reads a record: int64, float64, string, []byte or nil for each column.
func decode(record []byte) (values []any, ok bool) {
	headerLength, n := varint(record)
	if n == 0 || headerLength < int64(n) || headerLength > int64(len(record)) {
		return nil, false
	}
	types, body := record[n:headerLength], record[headerLength:]
	for len(types) > 0 {
		kind, n := varint(types)
		if n == 0 || kind < 0 {
			return nil, false
		}
		types = types[n:]
		size := sizeOf(kind)
		if size < 0 || size > int64(len(body)) {
			return nil, false
		}
		values, body = append(values, value(kind, body[:size])), body[size:]
	}
	return values, len(body) == 0
}

// sizeOf is the size of a value by its type; -1 for what no record has.
func sizeOf(kind int64) int64 {
	switch {
	case kind >= 12:
		return (kind - 12) / 2
	case kind >= 10:
		return -1
	}
	return [...]int64{0, 1, 2, 3, 4, 6, 8, 8, 0, 0}[kind]
}

func value(kind int64, data []byte) any {
	switch {
	case kind == 0:
		return nil
	case kind == 7:
		return math.Float64frombits(binary.BigEndian.Uint64(data))
	case kind == 8:
		return int64(0)
	case kind == 9:
		return int64(1)
	case kind >= 12 && kind%2 == 0:
		return append([]byte{}, data...)
	case kind >= 12:
		return string(data)
	}
	n := int64(int8(data[0])) // the sign is in the first byte
	for _, b := range data[1:] {
		n = n<<8 | int64(b)
	}
	return n
}

// varint reads SQLite's: up to nine bytes, the highest first. n is 0 if it is cut off.
func varint(data []byte) (v int64, n int) {
	for i := range min(len(data), 9) {
		if i == 8 {
			return v<<8 | int64(data[i]), 9
		}
		v = v<<7 | int64(data[i]&0x7f)
		if data[i] < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}
