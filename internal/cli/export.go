package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sendoff/outbox"
)

// The formats that messages are copied out in.
const (
	formatEML     = "eml"     // the octets that were sent, in a file each
	formatMbox    = "mbox"    // RFC 4155, with quoted "From " (mboxrd)
	formatMaildir = "maildir" // a file each, in a Maildir
)

type exportFlags struct {
	format, output string
}

func (p *program) exportCommand() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export ID…",
		Short: "Copy messages out, as other mail programs read them",
		Long: "Writes the messages as they are or were sent, Bcc aside, which is in no message. One goes to standard output as it is, several as an mbox; " +
			"with --output they go into that file (mbox) or folder (eml, maildir). Nothing that is there is overwritten.",
		Example: "sendoff export a1 > letter.eml\nsendoff export --format maildir -o ~/Maildir/.Sent $(sendoff list --state sent --json | jq -r '.[].id')",
		RunE:    func(cmd *cobra.Command, args []string) error { return p.export(cmd.Context(), f, args) },
	}
	cmd.Flags().StringVar(&f.format, "format", "", "eml (default for one), mbox (default for several), maildir")
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "file or folder to write to")
	return cmd
}

func (p *program) export(ctx context.Context, f exportFlags, args []string) error {
	if len(args) == 0 {
		return hinted{usagef("no ID is given"), "sendoff list shows the IDs"}
	}
	if f.format == "" {
		f.format = formatEML
		if len(args) > 1 && f.output == "" {
			f.format = formatMbox
		}
	}
	write, ok := map[string]func(exporter) error{formatEML: exporter.eml, formatMbox: exporter.mbox, formatMaildir: exporter.maildir}[f.format]
	switch {
	case !ok:
		return usagef("--format %q is none of eml, mbox, maildir", f.format)
	case f.format == formatMaildir && f.output == "":
		return hinted{usagef("a Maildir is a folder"), "say which one with --output"}
	case f.format == formatEML && len(args) > 1 && f.output == "":
		return hinted{usagef("several messages in one stream cannot be told apart"), "--output FOLDER, or --format mbox"}
	}
	return withOutbox(ctx, func(b *outbox.Outbox, _ places) error {
		ids, err := findAll(ctx, b, args)
		if err != nil {
			return err
		}
		return write(exporter{ctx, b, ids, f.output, p.Out})
	})
}

// exporter copies messages out.
type exporter struct {
	ctx    context.Context
	b      *outbox.Outbox
	ids    []outbox.ID
	output string
	out    io.Writer
}

// eml writes each message into a file that has its ID for a name.
func (x exporter) eml() error {
	if x.output == "" {
		return x.copy(x.ids[0], x.out)
	}
	if err := os.MkdirAll(x.output, 0o700); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	for _, id := range x.ids {
		if err := x.file(id, filepath.Join(x.output, id.String()+".eml")); err != nil {
			return err
		}
	}
	return nil
}

func (x exporter) copy(id outbox.ID, to io.Writer) error {
	r, err := x.b.Message(x.ctx, id)
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := io.Copy(to, r); err != nil {
		return fmt.Errorf("export %s: %w", id, err)
	}
	return nil
}

// file writes one message into a new file; half of one is removed.
func (x exporter) file(id outbox.ID, path string) error {
	return newFile(path, func(w io.Writer) error { return x.copy(id, w) })
}

func newFile(path string, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	err = write(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// maildir delivers as its inventor wants: whole files, from tmp to cur, read.
func (x exporter) maildir() error {
	for _, part := range []string{"tmp", "new", "cur"} {
		if err := os.MkdirAll(filepath.Join(x.output, part), 0o700); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	for _, id := range x.ids {
		name := fmt.Sprintf("%d.%s_%s.sendoff", time.Now().Unix(), rand.Text()[:16], id) // no host name leaves
		temporary := filepath.Join(x.output, "tmp", name)
		if err := x.file(id, temporary); err != nil {
			return err
		}
		if err := os.Rename(temporary, filepath.Join(x.output, "cur", name+":2,S")); err != nil {
			return errors.Join(fmt.Errorf("export: %w", err), os.Remove(temporary))
		}
	}
	return nil
}

func (x exporter) mbox() error {
	if x.output == "" {
		return x.mboxTo(x.out)
	}
	return newFile(x.output, x.mboxTo)
}

func (x exporter) mboxTo(out io.Writer) error {
	w := bufio.NewWriter(out)
	for _, id := range x.ids {
		item, err := x.b.Get(x.ctx, id)
		if err != nil {
			return err
		}
		r, err := x.b.Message(x.ctx, id)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "From %s %s\n", mboxSender(item.From), item.Created.UTC().Format(time.ANSIC)) // a bufio.Writer keeps its error
		err = quoteFrom(w, r)
		r.Close()
		if err != nil {
			return fmt.Errorf("export %s: %w", id, err)
		}
	}
	return w.Flush()
}

// mboxSender is the sender in the line that begins a mail of an mbox.
func mboxSender(from string) string {
	if address, err := bareAddress(from); err == nil && !strings.ContainsAny(address, " \t") {
		return address
	}
	return "MAILER-DAEMON"
}

// quoteFrom copies a message with plain line ends, one empty line behind it, and a ">"
// before each line that would begin another mail (mboxrd, which can be undone).
func quoteFrom(w *bufio.Writer, r io.Reader) error {
	lines := bufio.NewReader(r)
	begins, ended := true, true
	for {
		line, err := lines.ReadSlice('\n')
		if begins && bytes.HasPrefix(bytes.TrimLeft(line, ">"), mboxFrom) {
			w.WriteByte('>')
		}
		begins = err == nil
		if len(line) > 0 {
			ended = begins
		}
		w.Write(bytes.Replace(line, []byte("\r\n"), []byte("\n"), 1))
		switch {
		case errors.Is(err, io.EOF):
			if !ended {
				w.WriteByte('\n')
			}
			return w.WriteByte('\n')
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}
