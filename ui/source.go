package ui

import (
	"context"
	"errors"
	"io"

	"sendoff/outbox"
)

// maxSource bounds what is read of a message to be looked at; the rest of a
// large one is base64.
const maxSource = 256 << 10

// newSourcePane shows the bytes of a message, cleaned for a terminal.
func newSourcePane(d *desk, i outbox.Item) *textPane {
	return newTextPane(d, i, "source", "message.source", func(ctx context.Context) (linesOf, error) {
		r, err := d.options.Outbox.Message(ctx, i.ID)
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(io.LimitReader(r, maxSource+1))
		err = errors.Join(err, r.Close())
		return func(width int) []string {
			lines := cleanBlock(string(data[:min(len(data), maxSource)]), width)
			if len(data) > maxSource {
				lines = append(lines, "", "The rest is not shown: it is "+size(i.Size)+".")
			}
			return lines
		}, err
	})
}
