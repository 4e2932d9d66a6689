package crash

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// breaches are the moments at which the program promised what a power cut could
// have taken back. How often it promised anything is counted, so that no test
// is content with a log in which nothing happens.
type breaches struct {
	all                               []string
	acknowledgements, dots, renamings int
}

func examine(root string, moments []moment) (b breaches) {
	r := newReplay(root)
	for _, m := range moments {
		if strings.HasPrefix(m.name, "rename") && !m.ended && !m.failed && r.drive.has(m.text()) {
			b.renamings++
			b.add("before a renaming", unsynced(r.drive, m.text()))
		}
		switch r.see(m) {
		case acknowledgement:
			b.acknowledgements++
			b.add("at an acknowledgement", r.drive.unsafe())
		case finalDot:
			b.dots++
			b.add("at a final dot", r.unrecorded(m))
		}
	}
	return b
}

func (b *breaches) add(when string, what []string) {
	for _, w := range what {
		b.all = append(b.all, when+": "+w)
	}
}

// unsynced tells if a file has content that is not safe.
func unsynced(d *drive, path string) []string {
	if file := d.files[path]; file != nil && len(file.writes) > 0 {
		return []string{path + " is written and not synced"}
	}
	return nil
}

// unsafe is what of the files the next process needs a power cut could take.
func (d *drive) unsafe() (all []string) {
	for _, path := range slices.Sorted(maps.Keys(d.files)) {
		if passing(path) {
			continue
		}
		all = append(all, unsynced(d, path)...)
		if d.safe[path] != d.files[path] {
			all = append(all, "the name "+path+" is not synced")
		}
	}
	for path := range d.safe {
		// SQLite would take it for that of an interrupted change, and undo it.
		if strings.HasSuffix(path, "-journal") && d.files[path] == nil {
			all = append(all, "the removal of "+path+" is not synced")
		}
	}
	return all
}

// passing tells that the next process does not need a file: it makes anew what
// SQLite's shared memory and the locks are.
func passing(path string) bool {
	return strings.HasSuffix(path, "-shm") || strings.HasSuffix(path, ".lock")
}

// unrecorded tells if the dot was written before the record that it may leave
// was safe. While there is a journal, the database follows it in its own time.
func (r *replay) unrecorded(dot moment) (all []string) {
	_, socket := dot.file()
	if !r.lines[socket].dotRecorded {
		all = append(all, "nothing became durable since MAIL FROM")
	}
	before := "outbox.db"
	if r.drive.files[filepath.Join(r.drive.root, "sendoff", journal)] != nil {
		before = journal
	}
	for path := range r.drive.files {
		if strings.HasPrefix(filepath.Base(path), before) && !passing(path) {
			all = append(all, unsynced(r.drive, path)...)
		}
	}
	return all
}

// An ID is printed, and a final dot written, only after all that they promise is
// safe: data before the name, the name, the names above it, the commit.
func TestDurability_NothingIsPromisedBeforeItIsSynced(t *testing.T) {
	needTracing(t)
	t.Parallel()
	r := record(t)
	r.deliverInTurn(t)
	r.send(t, smallText, largeText, smallText, largeText, smallText, smallText, smallText)
	r.run(t, "", "flush")
	r.send(t, largeText)
	b := examine(r.root, r.moments)
	for _, breach := range b.all {
		t.Error(breach)
	}
	if b.acknowledgements != 8 || b.dots != 7 || b.renamings < 3 {
		t.Errorf("%d acknowledgements, %d dots and %d renamings were seen", b.acknowledgements, b.dots, b.renamings)
	}
	requireEverySyncMissed(t, r)
}

// requireEverySyncMissed proves that the examination is not blind: without the
// syncs of any one kind it finds a breach.
func requireEverySyncMissed(t *testing.T, r *recording) {
	t.Helper()
	for _, kind := range []struct {
		name   string
		breach string
		of     func(path string) bool
	}{
		{"the outbox's name", "/data/sendoff is not synced", func(path string) bool { return path == r.root }},
		{"names in the outbox", "the name", func(path string) bool { return path == r.root+"/sendoff" }},
		{"names of content files", "the name", func(path string) bool { return path == r.root+"/sendoff/files" }},
		{"content files", "before a renaming", func(path string) bool { return strings.Contains(path, "/files/") }},
		{"the log, when queueing", "at an acknowledgement", func(path string) bool { return strings.HasSuffix(path, "-wal") }},
		{"the log, when delivering", "at a final dot", func(path string) bool { return strings.HasSuffix(path, "-wal") }},
		{"the journal", "at a final dot", func(path string) bool { return strings.HasSuffix(path, journal) }},
	} {
		found := examine(r.root, withoutSyncs(r.moments, kind.of)).all
		if !slices.ContainsFunc(found, func(breach string) bool { return strings.Contains(breach, kind.breach) }) {
			t.Errorf("without any sync of %s only this is found: %q", kind.name, found)
		}
	}
}

// withoutSyncs is what would have been logged if the program had not synced some
// paths.
func withoutSyncs(moments []moment, of func(path string) bool) (all []moment) {
	for _, m := range moments {
		if _, path := m.file(); strings.HasSuffix(m.name, "sync") && of(path) {
			continue
		}
		all = append(all, m)
	}
	return all
}

// Each sync of this log is needed, and without it something is found.
func TestExamine_FindsAMissingSync(t *testing.T) {
	const right = `7 openat(AT_FDCWD, "/r/t", O_CREAT, 0600) = 3
7 write(3</r/t>, "text", 4) = 4
7 fsync(3</r/t>) = 0
7 renameat(AT_FDCWD, "/r/t", AT_FDCWD, "/r/f") = 0
7 open("/r/outbox.db-wal", O_CREAT, 0600) = 5
7 pwrite64(5</r/outbox.db-wal>, "row", 3, 0) = 3
7 fdatasync(5</r/outbox.db-wal>) = 0
7 fdatasync(4</r>) = 0
7 write(1<pipe:[1]>, "a1\n", 3) = 3
7 connect(6<socket:[2]>, {sa_family=AF_INET}, 16) = 0
7 write(6<socket:[2]>, "MAIL FROM:<a@example.org>", 25) = 25
7 pwrite64(5</r/outbox.db-wal>, "mark", 4, 3) = 4
7 fdatasync(5</r/outbox.db-wal>) = 0
7 write(6<socket:[2]>, "\r\n.\r\n", 5) = 5
`
	b := examine("/r", parseTrace(inHex(right)))
	if len(b.all) > 0 || b.acknowledgements != 1 || b.dots != 1 || b.renamings != 1 {
		t.Errorf("%+v", b)
	}
	lines := slices.Collect(strings.Lines(right))
	for i, line := range lines {
		if !strings.Contains(line, "sync(") {
			continue
		}
		log := strings.Join(slices.Delete(slices.Clone(lines), i, i+1), "")
		if b := examine("/r", parseTrace(inHex(log))); len(b.all) == 0 {
			t.Errorf("nothing is found without %s", line)
		}
	}
}
