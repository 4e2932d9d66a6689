package readers

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sendoff/internal/peers"
)

// run gives what a program says of a message that it gets on standard input.
func run(tb testing.TB, raw []byte, name string, args ...string) []byte {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), peers.Need(tb, name), args...)
	cmd.Stdin = bytes.NewReader(raw)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("%s %q: %v\n%s", name, args, err, stderr.Bytes())
	}
	return out
}

// leaf is a part without parts, as a reader has found it.
type leaf struct {
	kind, name, id, disposition string
	content                     []byte
}

// add puts a leaf where it belongs in a reading.
func (r *Reading) add(l leaf) {
	f := File{Name: l.name, ID: l.id, Type: l.kind, SHA256: Sum(l.content)}
	text := strings.ReplaceAll(string(l.content), "\r\n", "\n")
	switch {
	case l.disposition == "inline":
		r.Images = append(r.Images, f)
	case l.name != "" || l.disposition != "":
		r.Files = append(r.Files, f)
	case l.kind == "text/html":
		r.HTML = text
	default:
		r.Text = text
	}
}

// node is a part in a list that says how deep each one is.
type node struct {
	depth int
	kind  string
}

// tree is the tree of a list, which has the parts in the order of the message.
func tree(nodes []node) string {
	kind := nodes[0].kind
	inside := nodes[1:]
	if !strings.HasPrefix(kind, "multipart/") {
		return kind
	}
	var trees []string
	for len(inside) > 0 {
		end := 1 + slices.IndexFunc(inside[1:], func(n node) bool { return n.depth <= inside[0].depth })
		if end == 0 {
			end = len(inside)
		}
		trees = append(trees, tree(inside[:end]))
		inside = inside[end:]
	}
	return strings.TrimPrefix(kind, "multipart/") + "(" + strings.Join(trees, " ") + ")"
}

// Reformime is Courier's MIME parser, which maildrop's filters use.
func Reformime(tb testing.TB, raw []byte) Reading {
	tb.Helper()
	var r Reading
	var nodes []node
	list := strings.TrimSpace(string(run(tb, raw, "reformime", "-i")))
	for section := range strings.SplitSeq(list, "\n\n") {
		fields := make(map[string]string)
		for line := range strings.Lines(section) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			fields[name] = value
		}
		number, kind := fields["section"], fields["content-type"]
		nodes = append(nodes, node{strings.Count(number, "."), kind})
		if strings.HasPrefix(kind, "multipart/") {
			continue
		}
		name := fields["content-disposition-filename"]
		if name != fields["content-name"] {
			tb.Errorf("reformime: a part is called %q and %q", name, fields["content-name"])
		}
		r.add(leaf{kind, name, strings.Trim(fields["content-id"], "<>"), fields["content-disposition"], run(tb, raw, "reformime", "-s", number, "-e")})
	}
	r.Tree = tree(nodes)
	return r
}

// Mshow is the reader of mblaze. It does not tell images from attachments.
func Mshow(tb testing.TB, raw []byte) Reading {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "message")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		tb.Fatal(err)
	}
	var r Reading
	var nodes []node
	for line := range strings.Lines(string(run(tb, nil, "mshow", "-t", path))) {
		part := strings.TrimLeft(strings.TrimSuffix(line, "\n"), " ")
		number, rest, found := strings.Cut(part, ": ")
		if _, err := strconv.Atoi(number); !found || err != nil {
			continue // the path
		}
		kind, rest, _ := strings.Cut(rest, " ")
		nodes = append(nodes, node{len(line) - len(part), kind})
		if strings.HasPrefix(kind, "multipart/") {
			continue
		}
		_, name, _ := strings.Cut(rest, ` name="`)
		r.add(leaf{kind: kind, name: strings.TrimSuffix(name, `"`), content: run(tb, nil, "mshow", "-O", path, number)})
	}
	r.Tree = tree(nodes)
	for line := range strings.Lines(string(run(tb, nil, "mshow", "-q", "-N", "-h", "subject", path))) {
		if subject, found := strings.CutPrefix(line, "Subject: "); found {
			r.Subject = strings.TrimSuffix(subject, "\n")
		}
	}
	return r
}

// Ripmime is what filters of attachments use. It puts all parts into one
// directory, tells no types, and renames what is there already.
func Ripmime(tb testing.TB, raw []byte) Reading {
	tb.Helper()
	dir := tb.TempDir()
	run(tb, raw, "ripmime", "-i", "-", "-d", dir)
	var r Reading
	kind := "text/plain"
	for n := 0; n < 100; n++ { // texts, and as many empty ones as there are multiparts
		content, err := os.ReadFile(filepath.Join(dir, "textfile"+strconv.Itoa(n)))
		if err != nil {
			break
		}
		if len(content) > 0 {
			r.add(leaf{kind: kind, content: content})
			kind = "text/html"
		}
	}
	for name, content := range peers.Files(tb, dir) {
		if !strings.HasPrefix(name, "textfile") {
			r.add(leaf{name: name, content: content})
		}
	}
	return r
}

// Munpack is the oldest of them. It knows names that are ASCII alone, gives all
// others a number, and takes every text for one of this system: with its line
// ends.
func Munpack(tb testing.TB, raw []byte) Reading {
	tb.Helper()
	dir := tb.TempDir()
	var r Reading
	first := true
	for line := range strings.Lines(string(run(tb, raw, "munpack", "-q", "-t", "-C", dir))) {
		name, kind, found := strings.Cut(strings.TrimSuffix(line, ")\n"), " (")
		if !found {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			tb.Fatal(err)
		}
		l := leaf{kind: kind, name: name, content: content}
		if first || kind == "text/html" && r.HTML == "" && len(r.Files) == 0 {
			l.name = ""
		}
		first = false
		r.add(l)
	}
	return r
}
