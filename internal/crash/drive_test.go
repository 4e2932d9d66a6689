package crash

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// drive is a disk as a power cut sees it, made from the system calls of a
// program: what was synced is there for certain, of the rest anything may be.
// It is stricter than file systems are: the name of a new file is safe only
// once its directory was synced.
type drive struct {
	root    string                // below it everything is followed; it is there for certain
	files   map[string]*driveFile // by the path that they have for programs
	safe    map[string]*driveFile // by the path that survives
	renamed map[string][]renaming // by directory, oldest first: not safe yet
	syncing map[*call]int         // of syncs that are going on: how much they cover
}

// driveFile is a file or a directory.
type driveFile struct {
	directory bool
	safe      []byte // its content that survives
	writes    []fileWrite
}

// fileWrite is a change of content that is not safe yet.
type fileWrite struct {
	offset int64
	data   []byte
	cut    bool // cuts or lengthens the file at offset, instead
}

// renaming is what a call has changed in a directory.
type renaming struct {
	gone, come string // either may be ""
	file       *driveFile
}

func newDrive(root string) *drive {
	return &drive{
		root: root, files: make(map[string]*driveFile), safe: make(map[string]*driveFile),
		renamed: make(map[string][]renaming), syncing: make(map[*call]int),
	}
}

func (d *drive) has(path string) bool { return strings.HasPrefix(path, d.root+"/") }

// see follows what a program does.
func (d *drive) see(m moment) {
	switch _, path := m.file(); {
	case m.name == "fsync" || m.name == "fdatasync":
		d.sync(m, path)
	case !m.ended || m.failed:
	case m.name == "open" || m.name == "openat":
		if path := m.text(); d.has(path) && d.files[path] == nil && strings.Contains(m.arguments, "O_CREAT") {
			d.make(path, &driveFile{})
		}
	case m.name == "mkdir" || m.name == "mkdirat":
		if path := m.text(); d.has(path) {
			d.make(path, &driveFile{directory: true})
		}
	case strings.HasPrefix(m.name, "rename"):
		if paths := m.texts(); d.has(paths[1]) {
			d.rename(paths[0], paths[1])
		}
	case strings.HasPrefix(m.name, "unlink"):
		if path := m.text(); d.files[path] != nil {
			delete(d.files, path)
			d.change(renaming{gone: path})
		}
	case d.files[path] != nil:
		d.write(d.files[path], m)
	}
}

func (d *drive) make(path string, file *driveFile) {
	d.files[path] = file
	d.change(renaming{come: path, file: file})
}

func (d *drive) rename(from, to string) {
	file := d.files[from]
	delete(d.files, from)
	d.files[to] = file
	d.change(renaming{gone: from, come: to, file: file})
}

func (d *drive) change(r renaming) {
	dir := filepath.Dir(cmp.Or(r.come, r.gone))
	d.renamed[dir] = append(d.renamed[dir], r)
}

// write takes what was written as far as it went. What is only appended, as
// content files are, has no offset in the call.
func (d *drive) write(file *driveFile, m moment) {
	switch m.name {
	case "pwrite64":
		file.writes = append(file.writes, fileWrite{offset: m.number(), data: []byte(m.text())[:m.result]})
	case "write":
		file.writes = append(file.writes, fileWrite{offset: int64(len(file.content())), data: []byte(m.text())[:m.result]})
	case "ftruncate":
		file.writes = append(file.writes, fileWrite{offset: m.number(), cut: true})
	}
}

// sync makes safe what was there when it began. A file is synced by one thread
// at a time: SQLite and the outbox lock theirs.
func (d *drive) sync(m moment, path string) {
	file := d.files[path]
	if !m.ended {
		d.syncing[m.call] = len(d.renamed[path])
		if file != nil && len(file.writes) > 0 {
			d.syncing[m.call] = len(file.writes)
		}
		return
	}
	covered := d.syncing[m.call]
	delete(d.syncing, m.call)
	if m.failed {
		return
	}
	if file != nil && len(file.writes) > 0 {
		file.safe = apply(file.safe, file.writes[:covered])
		file.writes = file.writes[covered:]
		return
	}
	for _, r := range d.renamed[path][:covered] {
		r.apply(d.safe)
	}
	d.renamed[path] = d.renamed[path][covered:]
}

func (r renaming) apply(names map[string]*driveFile) {
	delete(names, r.gone)
	if r.come != "" {
		names[r.come] = r.file
	}
}

// content is what programs see.
func (f *driveFile) content() []byte { return apply(f.safe, f.writes) }

func apply(content []byte, writes []fileWrite) []byte {
	content = slices.Clone(content)
	for _, w := range writes {
		end := w.offset + int64(len(w.data))
		if grow := end - int64(len(content)); grow > 0 {
			content = append(content, make([]byte, grow)...)
		}
		if w.cut {
			content = content[:w.offset]
		}
		copy(content[w.offset:], w.data)
	}
	return content
}

// loss is how much of what was not synced a power cut takes.
type loss int

const (
	loseAll loss = iota
	loseSome
	loseNothing
)

var losses = []loss{loseAll, loseSome, loseNothing}

func (l loss) String() string { return [...]string{"all", "some", "nothing"}[l] }

// sector is what disks write as a whole or not at all, in bytes.
const sector = 512

// disk is what is in the files that a power cut has left, by their paths below
// the root.
type disk map[string][]byte

// cut gives what a power cut leaves now.
func (d *drive) cut(l loss, random *rand.Rand) disk {
	names := maps.Clone(d.safe)
	for _, dir := range slices.Sorted(maps.Keys(d.renamed)) {
		for _, r := range d.renamed[dir][:l.first(len(d.renamed[dir]), random)] {
			r.apply(names)
		}
	}
	left := make(disk)
	for _, path := range slices.Sorted(maps.Keys(names)) {
		if !names[path].directory && d.reachable(path, names) {
			left[strings.TrimPrefix(path, d.root+"/")] = apply(names[path].safe, l.of(names[path].writes, random))
		}
	}
	return left
}

// reachable tells that all directories above a path are there.
func (d *drive) reachable(path string, names map[string]*driveFile) bool {
	for dir := filepath.Dir(path); dir != d.root; dir = filepath.Dir(dir) {
		if names[dir] == nil {
			return false
		}
	}
	return true
}

// first is how many of n changes of a directory survive: file systems keep their
// order.
func (l loss) first(n int, random *rand.Rand) int {
	switch l {
	case loseAll:
		return 0
	case loseSome:
		return random.IntN(n + 1)
	}
	return n
}

// of gives those of the writes that survive: any sectors, in any order.
func (l loss) of(writes []fileWrite, random *rand.Rand) (kept []fileWrite) {
	switch l {
	case loseAll:
		return nil
	case loseNothing:
		return writes
	}
	for _, w := range writes {
		for start := 0; start == 0 || start < len(w.data); start += sector {
			if random.IntN(2) == 0 {
				kept = append(kept, fileWrite{w.offset + int64(start), w.data[start:min(start+sector, len(w.data))], w.cut})
			}
		}
	}
	return kept
}

// A file is there after a power cut if its content was synced, and its name,
// and the names above it.
func TestDrive_KeepsWhatWasSyncedInEveryRespect(t *testing.T) {
	steps := []struct {
		line string
		left string // of /r/d/f, if the cut takes all it can
	}{
		{`1 mkdirat(AT_FDCWD, "/r/d", 0700) = 0`, ""},
		{`1 openat(AT_FDCWD, "/r/d/t", O_RDWR|O_CREAT, 0600) = 3`, ""},
		{`1 write(3</r/d/t>, "whole", 5) = 5`, ""},
		{`1 rename("/r/d/t", "/r/d/f") = 0`, ""},
		{`1 fsync(3</r/d/f>) = 0`, ""},
		{`1 fsync(4</r/d>) = 0`, ""},
		{`1 fsync(5</r>) = 0`, "whole"},
		{`1 pwrite64(3</r/d/f>, "TALE", 4, 1) = 4`, "whole"},
		{`1 fdatasync(3</r/d/f>) = -1 EIO`, "whole"},
		{`1 fdatasync(3</r/d/f>) = 0`, "wTALE"},
		{`1 ftruncate(3</r/d/f>, 2) = 0`, "wTALE"},
		{`1 unlink("/r/d/f") = 0`, "wTALE"},
		{`1 fsync(4</r/d>) = 0`, ""},
	}
	d := newDrive("/r")
	for _, step := range steps {
		for _, m := range parseTrace(inHex(step.line) + "\n") {
			d.see(m)
		}
		if left := string(d.cut(loseAll, nil)["d/f"]); left != step.left {
			t.Errorf("after %s a cut leaves %q, not %q", step.line, left, step.left)
		}
	}
}

// What was written after a sync had begun is not covered by it.
func TestDrive_ASyncCoversWhatWasThereWhenItBegan(t *testing.T) {
	log := inHex(`1 open("/r/f", O_CREAT, 0600) = 3
1 fsync(4</r>) = 0
1 pwrite64(3</r/f>, "a", 1, 0) = 1
1 fdatasync(3</r/f> <unfinished ...>
2 pwrite64(3</r/f>, "b", 1, 1) = 1
1 <... fdatasync resumed>) = 0
`)
	d := newDrive("/r")
	for _, m := range parseTrace(log) {
		d.see(m)
	}
	if left := string(d.cut(loseAll, nil)["f"]); left != "a" {
		t.Errorf("%q", left)
	}
	if left := string(d.cut(loseNothing, nil)["f"]); left != "ab" {
		t.Errorf("%q", left)
	}
}
