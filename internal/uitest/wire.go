package uitest

import (
	"bytes"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

// Wire is the line to a terminal on the alternate screen, with all colours. Over it go the
// differences between one frame and the next, by the same hand as in a Program.
type Wire struct {
	sent     bytes.Buffer
	renderer *uv.TerminalRenderer
	screen   uv.ScreenBuffer
}

// NewWire is the line to an empty terminal.
func NewWire(width, height int) *Wire {
	w := &Wire{screen: uv.NewScreenBuffer(width, height)}
	w.renderer = uv.NewTerminalRenderer(&w.sent, []string{"TERM=xterm-256color"})
	w.renderer.SetColorProfile(colorprofile.TrueColor)
	w.renderer.SetScrollOptim(true)
	w.renderer.SetFullscreen(true)
	w.renderer.SetRelativeCursor(false)
	w.renderer.Erase()
	return w
}

// Draw gives what is sent so that the terminal shows a view, of which the cursor has no
// shape but one.
func (w *Wire) Draw(v tea.View) (string, error) {
	w.sent.Reset()
	w.screen.Clear()
	uv.NewStyledString(v.Content).Draw(w.screen, w.screen.Bounds())
	w.renderer.Render(w.screen.RenderBuffer)
	if v.Cursor != nil {
		w.renderer.MoveTo(v.Cursor.X, v.Cursor.Y)
	}
	if err := w.renderer.Flush(); err != nil {
		return "", err
	}
	if v.Cursor == nil || w.sent.Len() == 0 {
		return w.sent.String(), nil
	}
	return ansi.ResetModeTextCursorEnable + w.sent.String() + ansi.SetModeTextCursorEnable, nil
}
