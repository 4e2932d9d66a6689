package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// maxEdited bounds what is read back from an editor.
const maxEdited = 64 << 20

// The steps of editing the body in another program. The event loop stands still
// while that runs; nothing outside waits for it.
type (
	editorReady struct { // the text is in a file
		composer *composer
		dir      string // private, holds the file alone
		err      error
	}
	editorClosed struct {
		composer *composer
		dir      string
		err      error
	}
	edited struct { // the text was read back
		composer *composer
		text     string
		err      error
	}
)

const editFile = "message.txt"

// edit saves the draft and puts the body into a file for the editor.
func (c *composer) edit() tea.Cmd {
	c.touch()
	s, revision, d := c.saver, c.revision, c.last
	return c.do(func(ctx context.Context) tea.Msg {
		err := s.save(ctx, revision, d)
		if err != nil {
			return editorReady{c, "", err}
		}
		dir, err := os.MkdirTemp("", "sendoff-") // 0700
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, editFile), []byte(d.Body), 0o600)
		}
		return editorReady{c, dir, err}
	})
}

func (c *composer) runEditor(msg editorReady) tea.Cmd {
	if msg.err != nil {
		return c.fail(fmt.Errorf("open the editor: %w", msg.err))
	}
	argv := editorCommand(c.options.Editor)
	cmd := exec.Command(argv[0], append(argv[1:], filepath.Join(msg.dir, editFile))...)
	return tea.ExecProcess(cmd, func(err error) tea.Msg { return editorClosed{c, msg.dir, err} })
}

// editorCommand is the settings' editor, else that of the environment. Those
// variables may hold arguments.
func editorCommand(setting []string) []string {
	if len(setting) > 0 {
		return append([]string(nil), setting...)
	}
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if argv := strings.Fields(os.Getenv(name)); len(argv) > 0 {
			return argv
		}
	}
	return []string{"vi"}
}

// readEdited reads the text back. Where the editor failed the text stays as it
// was in the form.
func (c *composer) readEdited(msg editorClosed) tea.Cmd {
	return c.do(func(context.Context) tea.Msg {
		defer os.RemoveAll(msg.dir)
		if msg.err != nil {
			return edited{c, "", msg.err}
		}
		f, err := os.Open(filepath.Join(msg.dir, editFile))
		if err != nil {
			return edited{c, "", err}
		}
		data, err := io.ReadAll(io.LimitReader(f, maxEdited+1))
		if err = errors.Join(err, f.Close()); err == nil && len(data) > maxEdited {
			err = fmt.Errorf("the text is longer than %s", size(maxEdited))
		}
		return edited{c, string(data), err}
	})
}

func (c *composer) handleEdited(msg edited) tea.Cmd {
	if msg.err != nil {
		return c.fail(fmt.Errorf("the editor failed, the text is as it was before: %w", msg.err))
	}
	if msg.text != c.body.text() {
		c.body.set(msg.text)
	}
	c.setFocus(fieldBody)
	if c.touch() {
		return c.changed()
	}
	return nil
}
