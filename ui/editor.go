package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

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
		command  *exec.Cmd
		err      error
	}
	editorClosed struct {
		composer *composer
		err      error
	}
	edited struct { // the text was read back, or not
		composer  *composer
		text      string
		editorErr error
		readErr   error
	}
)

const editFile = "message.txt"

// edit saves the draft and puts the body into a file for the editor. The form
// takes nothing from now on until the text is back: it would be lost.
func (c *composer) edit() tea.Cmd {
	c.touch()
	c.editing, c.editDir = true, ""
	s, p, text := c.saver, c.sheet(), c.editable(c.last)
	return c.do(func(ctx context.Context) tea.Msg {
		if err := s.save(ctx, p); err != nil {
			return editorReady{composer: c, err: err}
		}
		dir, err := writeEditFile(text)
		if err != nil {
			return editorReady{composer: c, err: err}
		}
		argv := append(EditorCommand(c.options.Editor), filepath.Join(dir, editFile))
		command := exec.Command(argv[0], argv[1:]...)
		if environ := c.options.Environ; environ != nil {
			command.Env = environ()
		}
		return editorReady{composer: c, dir: dir, command: command}
	})
}

// writeEditFile puts a text into a file that nobody else can read.
func writeEditFile(text string) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "sendoff-"); err != nil { // 0700
		return "", err
	}
	if err = os.WriteFile(filepath.Join(dir, editFile), []byte(text), 0o600); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// readEditFile reads back what the editor saved.
func readEditFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxEdited+1))
	if err = errors.Join(err, f.Close()); err == nil && len(data) > maxEdited {
		err = fmt.Errorf("the text is longer than %s", size(maxEdited))
	}
	return string(data), err
}

// EditorCommand is the settings' editor, else that of the environment. Those
// variables may hold arguments.
func EditorCommand(setting []string) []string {
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

// lineEditors know "+N" for a line.
var lineEditors = []string{"vi", "vim", "nvim", "view", "nano", "emacs", "emacsclient", "micro", "joe", "jed", "ne", "mcedit", "kak", "mg"}

// EditorAt is [EditorCommand] on a file, at a line of it where the editor knows how.
func EditorAt(setting []string, path string, line int) []string {
	argv := EditorCommand(setting)
	if slices.Contains(lineEditors, filepath.Base(argv[0])) {
		argv = append(argv, fmt.Sprintf("+%d", line))
	}
	return append(argv, path)
}

func (c *composer) runEditor(msg editorReady) tea.Cmd {
	if msg.err != nil {
		return tea.Batch(c.fail(fmt.Errorf("open the editor: %w", msg.err)), c.endEditing())
	}
	c.editDir = msg.dir
	path := filepath.Join(msg.dir, editFile)
	c.watch = &editorWatch{ctx: c.ctx, saver: c.saver, path: path, whole: c.editWhole, kept: c.sheet(), text: c.editable(c.last)}
	return c.startEditor(msg)
}

// readEdited reads the text back, however the editor ended.
func (c *composer) readEdited(msg editorClosed) tea.Cmd {
	path := filepath.Join(c.editDir, editFile)
	c.passWatch()
	return c.do(func(context.Context) tea.Msg {
		text, err := readEditFile(path)
		return edited{c, text, msg.err, err}
	})
}

// editorProcess is the editor as Bubble Tea runs it.
type editorProcess struct {
	*exec.Cmd
	until context.Context // nil: it ends by itself
}

// shortestEdit is the least time the editor has the terminal.
//
// QUIRK: Bubble Tea 2.1.1 stops its ticker in a goroutine that it does not wait
// for. When the editor ends at once, that stop may come after the new start, and
// nothing is painted any more until the program ends.
const shortestEdit = 200 * time.Millisecond

// Run runs the program to its end. One that is to end before is told so as by a terminal
// that is gone: the system itself tells that to the first process of the terminal alone.
func (e editorProcess) Run() error {
	settled := time.NewTimer(shortestEdit)
	err := e.Start()
	if err == nil && e.until != nil {
		stop := context.AfterFunc(e.until, func() { e.Process.Signal(syscall.SIGHUP) }) //nolint:errcheck // it may have ended
		defer stop()
	}
	if err == nil {
		err = e.Wait()
	}
	<-settled.C
	return err
}

func (e editorProcess) SetStdin(r io.Reader)  { e.Stdin = r }
func (e editorProcess) SetStdout(w io.Writer) { e.Stdout = terminalFor(w) }
func (e editorProcess) SetStderr(w io.Writer) { e.Stderr = w }

func (c *composer) handleEdited(msg edited) tea.Cmd {
	if msg.readErr != nil {
		dir := c.editDir
		c.editDir = "" // it stays: what the editor saved is nowhere else
		err := fmt.Errorf("the text cannot be read back, it is in %s: %w", dir, errors.Join(msg.readErr, msg.editorErr))
		return tea.Batch(c.fail(err), c.endEditing())
	}
	taken := c.takeEdited(msg.text, msg.editorErr != nil)
	c.setFocus(fieldBody)
	c.touch()
	cmds := []tea.Cmd{c.saveEdited()}
	switch {
	case msg.editorErr != nil && taken:
		cmds = append(cmds, c.fail(fmt.Errorf("the editor ended with an error; what it saved is here: %w", msg.editorErr)))
	case msg.editorErr == nil && c.notice.bad:
		c.clearNotice() // that of an attempt before
	case msg.editorErr != nil:
		cmds = append(cmds, c.fail(fmt.Errorf("the editor failed, the text is as it was before: %w", msg.editorErr)))
	}
	return tea.Batch(append(cmds, c.endEditing())...)
}

// takeEdited puts what the editor saved into the form, and tells whether that
// is another text. An editor that failed and left an empty file has not saved.
func (c *composer) takeEdited(text string, failed bool) bool {
	if text == c.editable(c.draft()) || failed && strings.TrimSpace(text) == "" {
		return false
	}
	if c.editWhole {
		c.takeWhole(text)
	} else {
		c.body.set(text)
	}
	return true
}

// saveEdited saves at once, and only then removes the editor's file.
func (c *composer) saveEdited() tea.Cmd {
	c.saving = true
	s, p, dir := c.saver, c.sheet(), c.editDir
	return c.do(func(ctx context.Context) tea.Msg {
		err := s.save(ctx, p)
		if err == nil {
			_ = os.RemoveAll(dir) // what stays of it is private, and saved
		}
		return draftSaved{c, p, s.becameACopy(ctx), err}
	})
}

// endEditing opens the form again, and hands it what came meanwhile.
func (c *composer) endEditing() tea.Cmd {
	var cmds []tea.Cmd
	for _, msg := range c.later {
		cmds = append(cmds, func() tea.Msg { return msg })
	}
	c.editing, c.later = false, nil
	return tea.Batch(cmds...)
}

// takeOpenEdit takes in what an editor has saved whose end the program did not
// live to see. Nothing else touches the composer by now.
func (c *composer) takeOpenEdit() error {
	if !c.editing || c.editDir == "" {
		return nil
	}
	c.passWatch()
	text, err := readEditFile(filepath.Join(c.editDir, editFile))
	if err != nil {
		dir := c.editDir
		c.editDir = ""
		return fmt.Errorf("read back the text of the editor, which is in %s: %w", dir, err)
	}
	c.takeEdited(text, true)
	return nil
}
