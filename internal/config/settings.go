package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// Settings are what config.toml says, or the defaults.
type Settings struct {
	Deliver    Deliver
	UndoWindow time.Duration // for what is sent from the interface; 0: none
	Editor     []string      // argv, no shell; empty: $VISUAL, then $EDITOR
	Theme      Theme
	Mouse      bool
}

// Deliver says what `send` does when no sender is running.
type Deliver string

// The choices. DeliverOff only says so; DeliverAuto starts a detached sender
// that makes one pass.
const (
	DeliverOff  Deliver = "off"
	DeliverAuto Deliver = "auto"
)

// Theme is the set of colours of the interface.
type Theme string

// The themes; auto asks the terminal for its background.
const (
	ThemeAuto  Theme = "auto"
	ThemeLight Theme = "light"
	ThemeDark  Theme = "dark"
)

// maxUndoWindow: who wants to wait longer than ten minutes wants a schedule.
const maxUndoWindow = 10 * time.Minute

// settingsFile is config.toml as it stands on disk.
type settingsFile struct {
	Deliver    Deliver  `toml:"deliver"`
	UndoWindow string   `toml:"undo_window"`
	Editor     []string `toml:"editor"`
	Theme      Theme    `toml:"theme"`
	Mouse      bool     `toml:"mouse"`
}

// LoadSettings reads config.toml. A missing file gives the defaults. Errors
// are [*Error].
func LoadSettings(path string) (Settings, error) {
	data, _, err := Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return parseSettings(path, nil)
	}
	if err != nil {
		return Settings{}, err
	}
	return parseSettings(path, data)
}

func parseSettings(path string, data []byte) (Settings, error) {
	file := settingsFile{Deliver: DeliverOff, UndoWindow: "10s", Theme: ThemeAuto, Mouse: true}
	doc, err := Decode(path, data, &file)
	if err != nil {
		return Settings{}, err
	}
	undo, err := undoWindow(doc, file.UndoWindow)
	if err != nil {
		return Settings{}, err
	}
	if err := cmp.Or(
		Choice(doc, "deliver", file.Deliver, DeliverOff, DeliverAuto),
		Choice(doc, "theme", file.Theme, ThemeAuto, ThemeLight, ThemeDark),
	); err != nil {
		return Settings{}, err
	}
	if len(file.Editor) > 0 && file.Editor[0] == "" {
		return Settings{}, doc.Error("editor[0]", "the program has no name", `for example editor = ["vim"]`)
	}
	return Settings{
		Deliver: file.Deliver, UndoWindow: undo, Editor: file.Editor, Theme: file.Theme, Mouse: file.Mouse,
	}, nil
}

func undoWindow(doc *Document, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return 0, doc.Error("undo_window", fmt.Sprintf("%q is not a duration", text), `write it as "10s" or "2m"; "0" is none`)
	case d < 0 || d > maxUndoWindow:
		return 0, doc.Error("undo_window", text+" is out of range", `from "0" to "10m"`)
	}
	return d, nil
}

// Choice returns an [*Error] about path unless value is one of the choices.
func Choice[T ~string](doc *Document, path string, value T, choices ...T) error {
	if slices.Contains(choices, value) {
		return nil
	}
	words := make([]string, len(choices))
	for i, c := range choices {
		words[i] = string(c)
	}
	return doc.Error(path, fmt.Sprintf("%q is not a choice", value), Suggest(string(value), words))
}
