package outbox

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// someRecords end in an octet that is not zero, or zeros would make whole what was cut
// off there.
func someRecords() []record {
	at := time.Date(2026, 11, 30, 9, 0, 0, 1000, time.UTC)
	accepted := Result{Class: ClassAccepted, Code: 250, Enhanced: "2.0.0", Text: "Ok: queued as 7"}
	return []record{
		{kind: recordMark, attempt: 7, item: 5, digest: strings.Repeat("ab", 32), at: at, began: at.Add(-time.Second), next: 8, nextItem: 6},
		{kind: recordEnd, attempt: 7, item: 5, digest: strings.Repeat("ab", 32), at: at, copied: true,
			report: Report{Server: "mail.example.org:587", TLS: "TLS 1.3", Began: true, Dialogue: "12 < 250 Ok\n", Results: []Result{accepted, accepted}}},
		{kind: recordMark, attempt: 1 << 40, item: 1 << 40, at: at, next: 1, nextItem: 1},
		{kind: recordEnd, attempt: 8, item: 6, at: at, copied: true, report: Report{Results: []Result{{Class: ClassAccepted}}}},
	}
}

func written(records []record) (data []byte) {
	for _, r := range records {
		data = appendRecord(data, r)
	}
	return data
}

func TestRecord_ComesBackAsItWas(t *testing.T) {
	all := someRecords()
	if got := readRecords(written(all)); !reflect.DeepEqual(got, all) {
		t.Errorf("%+v\nwant %+v", got, all)
	}
}

// What was cut off by a crash, or was never written, ends what is believed; all
// before it is.
func TestReadRecords_EndAtTheFirstThatIsNotWhole(t *testing.T) {
	all := someRecords()
	data := written(all)
	var ends []int
	for i := range all {
		ends = append(ends, len(written(all[:i+1])))
	}
	for cut := range data {
		whole := 0
		for whole < len(ends) && ends[whole] <= cut {
			whole++
		}
		torn := slices.Clone(data[:cut])
		for _, tail := range [][]byte{nil, make([]byte, 100), bytes.Repeat([]byte{0xff}, 100)} {
			if got := readRecords(append(slices.Clone(torn), tail...)); len(got) != whole {
				t.Fatalf("cut at %d with %d behind it: %d records, not %d", cut, len(tail), len(got), whole)
			}
		}
		flipped := slices.Clone(data)
		flipped[cut] ^= 1
		if got := readRecords(flipped); len(got) != whole || !reflect.DeepEqual(got, all[:whole]) && whole > 0 {
			t.Fatalf("a bit of octet %d is wrong: %d records, not %d", cut, len(got), whole)
		}
	}
}

// A record of a right checksum is believed only if all of it is understood.
func TestReadRecords_NothingIsGuessed(t *testing.T) {
	whole := written(someRecords()[:1])[frameHead:]
	for name, payload := range map[string][]byte{
		"something behind it": append(slices.Clone(whole), 0),
		"a kind of tomorrow":  append([]byte{3}, whole[1:]...),
		"a text without end":  {byte(recordMark), 2, 2, 200, 1},
		"results without end": append(append([]byte{byte(recordEnd), 2, 2, 0, 0, 0, 0, 0, 1}, binary.AppendVarint(nil, 1<<40)...), 2),
	} {
		frame := binary.LittleEndian.AppendUint32(nil, uint32(len(payload)))
		frame = binary.LittleEndian.AppendUint32(frame, crc32.Checksum(payload, castagnoli))
		if got := readRecords(append(frame, payload...)); len(got) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func FuzzReadRecords(f *testing.F) {
	data := written(someRecords())
	f.Add(data)
	f.Add(data[:len(data)-3])
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		all := readRecords(data)
		if again := readRecords(written(all)); len(all) > 0 && !reflect.DeepEqual(again, all) {
			t.Errorf("%+v became %+v", all, again)
		}
	})
}
