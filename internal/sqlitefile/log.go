package sqlitefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
)

// log is the write-ahead log: pages that are not in the database yet.
type log struct {
	file     *os.File
	pageSize int64
	pages    map[uint32]int64 // where the newest of each page stands
	last     uint32           // number of the last page, after the last commit
	damaged  bool
	fracture fracture // of a damaged one
}

const (
	logHeaderSize   = 32
	frameHeaderSize = 24
	logMagic        = 0x377f0682 // its lowest bit: checksums are of big-endian words
)

// openLog reads a log through. nil if there is none or an empty one.
func openLog(path string) (*log, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && (info.Size() == 0 || !info.Mode().IsRegular()) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	l := &log{file: file, pages: make(map[uint32]int64)}
	l.read(info.Size())
	return l, nil
}

// LogDamaged tells that the log at path holds changes that were complete once and
// cannot be read any more: what the database says may be older than the truth.
// A log that a crash has left is not damaged, nor is one that is being written.
func LogDamaged(path string) (bool, error) {
	var last fracture
	for range 4 { // what is only half written is different, or whole, at the next look
		l, err := openLog(path)
		if l == nil || err != nil {
			return false, err
		}
		if err := l.file.Close(); err != nil || !l.damaged {
			return false, err
		}
		if l.fracture == last {
			return true, nil
		}
		last = l.fracture
	}
	return false, nil
}

// fracture is where a damaged log ends to make sense.
type fracture struct {
	header [logHeaderSize]byte
	at     int64
	frame  [frameHeaderSize]byte
}

// page is where in the log a page stands.
func (l *log) page(n uint32) (at int64, ok bool) {
	if l == nil {
		return 0, false
	}
	at, ok = l.pages[n]
	return at, ok
}

// read finds the pages of all transactions that are whole.
func (l *log) read(size int64) {
	header := make([]byte, logHeaderSize)
	if _, err := l.file.ReadAt(header, 0); err != nil {
		l.damaged = !errors.Is(err, io.EOF) // a crash at its very beginning leaves less
		return
	}
	l.fracture.header = [logHeaderSize]byte(header)
	kind := binary.BigEndian.Uint32(header)
	sum := checksum{order: binary.LittleEndian}
	if kind&1 == 1 {
		sum.order = binary.BigEndian
	}
	sum.add(header[:24])
	pageSize := int64(binary.BigEndian.Uint32(header[8:]))
	if kind&^1 != logMagic || !sum.is(header[24:]) || !isPageSize(pageSize) {
		l.damaged = true // its header is synced before anything follows it
		return
	}
	l.pageSize = pageSize
	l.readFrames(header[16:24], sum, size)
}

// readFrames follows the checksums, each of which covers all that is before it.
func (l *log) readFrames(salt []byte, sum checksum, size int64) {
	frame := make([]byte, frameHeaderSize+l.pageSize)
	open := make(map[uint32]int64) // of a transaction that has no end yet
	whole := true
	for at := int64(logHeaderSize); at+int64(len(frame)) <= size; at += int64(len(frame)) {
		if _, err := l.file.ReadAt(frame, at); err != nil {
			l.damaged = true
			return
		}
		if !bytes.Equal(frame[8:16], salt) {
			whole = false // left from before the log began anew
			continue
		}
		commit := binary.BigEndian.Uint32(frame[4:])
		sum.add(frame[:8])
		sum.add(frame[frameHeaderSize:])
		whole = whole && sum.is(frame[16:24])
		switch {
		case whole:
			open[binary.BigEndian.Uint32(frame)] = at + frameHeaderSize
		case commit != 0: // A crash leaves no end of a transaction behind what it did not write.
			l.damaged = true
			l.fracture.at, l.fracture.frame = at, [frameHeaderSize]byte(frame)
			return
		}
		if whole && commit != 0 {
			l.commit(open, commit)
		}
	}
}

func (l *log) commit(open map[uint32]int64, last uint32) {
	for n, at := range open {
		l.pages[n] = at
	}
	clear(open)
	l.last = last
}

// checksum is that of the log.
type checksum struct {
	order  binary.ByteOrder
	s0, s1 uint32
}

func (c *checksum) add(data []byte) {
	for ; len(data) >= 8; data = data[8:] {
		c.s0 += c.order.Uint32(data) + c.s1
		c.s1 += c.order.Uint32(data[4:]) + c.s0
	}
}

func (c *checksum) is(stored []byte) bool {
	return binary.BigEndian.Uint32(stored) == c.s0 && binary.BigEndian.Uint32(stored[4:]) == c.s1
}
