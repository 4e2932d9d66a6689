package sandbox

import (
	"bufio"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// maildir is a folder in which every message is a file of its own.
type maildir struct{ dir string }

func openMaildir(dir string) (*maildir, error) {
	absolute, err := filepath.Abs(dir) // so that a message's path stays true
	if err != nil {
		return nil, err
	}
	for _, sub := range []string{"tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(absolute, sub), 0o700); err != nil {
			return nil, err
		}
	}
	return &maildir{absolute}, nil
}

// delivery is a file on its way into a maildir: written in tmp, seen in new.
type delivery struct {
	*bufio.Writer
	mailbox *maildir
	name    string
	file    *os.File
	done    bool // published or discarded
}

func (m *maildir) begin() (*delivery, error) {
	// Seconds, then something unique: here a random text instead of process and
	// host, which are nobody's business.
	name := fmt.Sprintf("%d.%s.sandbox", time.Now().Unix(), rand.Text())
	file, err := os.OpenFile(filepath.Join(m.dir, "tmp", name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &delivery{Writer: bufio.NewWriterSize(file, 64<<10), mailbox: m, name: name, file: file}, nil
}

// finish writes out the rest; the bytes are on disk when it returns.
func (d *delivery) finish() error {
	if err := d.Flush(); err != nil {
		return err
	}
	if err := d.file.Sync(); err != nil {
		return err
	}
	return d.file.Close()
}

// publish puts the finished file where readers look, and gives its path.
func (d *delivery) publish() (string, error) {
	path := filepath.Join(d.mailbox.dir, "new", d.name)
	if err := os.Rename(d.file.Name(), path); err != nil {
		return "", err
	}
	d.done = true
	return path, nil
}

// discard removes a file that was not published.
func (d *delivery) discard() {
	if d.done {
		return
	}
	d.done = true
	d.file.Close() // closed already if it was finished
	os.Remove(d.file.Name())
}
