package compose

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Restamp copies a message that [Build] made and gives it the Message-ID and the
// Date of another stamp. All else, the zone of the date and boundaries included,
// stays as it is.
func Restamp(w io.Writer, r io.Reader, s Stamp) error {
	if err := s.check(); err != nil {
		return fmt.Errorf("restamp: %w", err)
	}
	in, out := bufio.NewReaderSize(r, writeBuffer), bufio.NewWriterSize(w, writeBuffer)
	if err := restampHeader(out, in, s); err != nil {
		return fmt.Errorf("restamp: %w", err)
	}
	if _, err := io.Copy(out, in); err != nil {
		return fmt.Errorf("restamp: %w", err)
	}
	if err := out.Flush(); err != nil {
		return writeError(err)
	}
	return nil
}

// restampHeader copies the header up to and with the blank line behind it.
func restampHeader(w *bufio.Writer, r *bufio.Reader, s Stamp) error {
	dropping := false
	for {
		line, err := r.ReadSlice('\n') // Build folds far below the buffer's size
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		switch {
		case len(bytes.TrimRight(line, "\r\n")) == 0:
			_, err = w.Write(line)
			return err
		case line[0] == ' ' || line[0] == '\t':
			if dropping { // the rest of a field that was replaced
				continue
			}
		default:
			name, value, _ := bytes.Cut(line, []byte(":"))
			dropping = true
			switch strings.ToLower(string(name)) {
			case "date":
				line = []byte(dateField(s, zoneOf(string(value))))
			case "message-id":
				line = []byte(messageIDField(s))
			default:
				dropping = false
			}
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
}

// dateField is the date in a zone, in minutes east of UTC.
func dateField(s Stamp, zone int) string {
	return "Date: " + s.Date.In(time.FixedZone("", zone*60)).Format(time.RFC1123Z) + "\r\n"
}

// zoneOf reads the zone of a date that dateField wrote.
func zoneOf(date string) int {
	t, err := time.Parse(time.RFC1123Z, strings.TrimSpace(date))
	if err != nil {
		return 0
	}
	_, east := t.Zone()
	return east / 60
}

func messageIDField(s Stamp) string { return "Message-ID: " + s.MessageID + "\r\n" }
