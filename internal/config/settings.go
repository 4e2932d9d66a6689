package config

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Settings are what config.toml says, or the defaults.
type Settings struct {
	Deliver    Deliver
	UndoWindow time.Duration // for what is sent from the interface; 0: none
	Editor     []string      // argv, no shell; empty: $VISUAL, then $EDITOR
	Theme      Theme
	Glyphs     Glyphs
	Mouse      bool
	Keys       Keys
	Filters    []Filter // by name

	// How messages are written.
	Markdown Markdown
	Flowed   bool // plain text may be wrapped anew by the reader
	Date     Date
	// BccOnlyTo is what To says where all recipients are in Bcc.
	BccOnlyTo BccOnlyTo

	// Spell is which dictionaries texts are checked by, "de_DE,en_US", or SpellAuto
	// or SpellOff.
	Spell string

	AddressBook AddressBook
	Checks      []Check // that look at a message before it leaves

	Notify        Notify
	NotifyCommand []string // argv, no shell; not empty where Notify is NotifyCommand

	// How long sent mail is kept; 0 is for ever, or no limit.
	KeepContent time.Duration // its texts and attachments
	KeepSize    int64         // most octets of those
	KeepRecord  time.Duration // that it was sent, and what the server said
}

// SpellAuto goes by the language of the environment.
const (
	SpellAuto = "auto"
	SpellOff  = "off"
)

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
	ThemeNone  Theme = "none" // no colours at all

	ThemeHighContrast   Theme = "high-contrast"
	ThemeSolarizedDark  Theme = "solarized-dark"
	ThemeSolarizedLight Theme = "solarized-light"
	ThemeGruvbox        Theme = "gruvbox"
)

// Themes are all of them.
var Themes = []Theme{ThemeAuto, ThemeLight, ThemeDark, ThemeNone, ThemeHighContrast, ThemeSolarizedDark, ThemeSolarizedLight, ThemeGruvbox}

// Glyphs says which signs and lines the interface draws.
type Glyphs string

// The choices. GlyphsAuto takes ASCII on terminals that are known to lack others, and where
// the locale has other characters than Unicode's.
const (
	GlyphsAuto    Glyphs = "auto"
	GlyphsUnicode Glyphs = "unicode"
	GlyphsASCII   Glyphs = "ascii"
)

// Markdown says which texts are read as Markdown and get HTML beside them.
type Markdown string

// The choices. MarkdownAuto takes the texts that have markup in them.
const (
	MarkdownAuto   Markdown = "auto"
	MarkdownAlways Markdown = "always"
	MarkdownNever  Markdown = "never"
)

// Date says in which zone a message is dated.
type Date string

// The choices. DateLocal tells the recipients where the sender is.
const (
	DateUTC   Date = "utc"
	DateLocal Date = "local"
)

// BccOnlyTo says what stands in To where all recipients are in Bcc.
type BccOnlyTo string

// The choices: the sender's own address, or that nobody is disclosed, for which spam
// filters have points.
const (
	BccOnlyToSelf   BccOnlyTo = "self"
	BccOnlyToNobody BccOnlyTo = "undisclosed-recipients"
)

// Notify says how a person is told that a message was not delivered, who may be
// looking elsewhere.
type Notify string

// The choices. NotifyAuto takes what the terminal knows for the interface, and
// notify-send for the daemon; the next three are for terminals that are not known,
// and leave the daemon as it is.
const (
	NotifyAuto    Notify = "auto"
	NotifyOSC9    Notify = "osc9"
	NotifyOSC777  Notify = "osc777"
	NotifyBell    Notify = "bell"
	NotifyCommand Notify = "command"
	NotifyOff     Notify = "off"
)

// maxUndoWindow: who wants to wait longer than ten minutes wants a schedule.
const maxUndoWindow = 10 * time.Minute

// settingsFile is config.toml as it stands on disk.
type settingsFile struct {
	Deliver    Deliver  `toml:"deliver"`
	UndoWindow string   `toml:"undo_window"`
	Editor     []string `toml:"editor"`
	Theme      Theme    `toml:"theme"`
	Glyphs     Glyphs   `toml:"glyphs"`
	Mouse      bool     `toml:"mouse"`

	Keys    map[string]any    `toml:"keys"`
	Filters map[string]string `toml:"filters"`

	Markdown  Markdown  `toml:"markdown"`
	Flowed    bool      `toml:"flowed"`
	Date      Date      `toml:"date"`
	BccOnlyTo BccOnlyTo `toml:"bcc_only_to"`

	Spell string `toml:"spell"`

	BookCommand []string `toml:"address_book_command"`
	BookFiles   []string `toml:"address_book_files"`
	Groups      string   `toml:"address_groups"`

	Notify        Notify   `toml:"notify"`
	NotifyCommand []string `toml:"notify_command"`

	Checks []checkFile `toml:"check"`

	KeepContent string `toml:"keep_content"`
	KeepSize    string `toml:"keep_size"`
	KeepRecord  string `toml:"keep_record"`
}

// LoadSettings reads config.toml. A missing file gives the defaults. An error is an [*Error]
// or [Errors], all that is wrong but for keys, of which Settings.Keys tells; those and the
// filters that are well are given with it.
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
	file := settingsFile{Deliver: DeliverOff, UndoWindow: "10s", Theme: ThemeAuto, Glyphs: GlyphsAuto, Mouse: true, Markdown: MarkdownAuto, Date: DateUTC, BccOnlyTo: BccOnlyToSelf, Spell: SpellAuto, Notify: NotifyAuto,
		KeepContent: "90d", KeepSize: "0", KeepRecord: "730d"}
	doc, err := Decode(path, data, &file)
	if doc == nil {
		return Settings{}, err
	}
	s := Settings{Deliver: file.Deliver, Editor: file.Editor, Theme: file.Theme, Glyphs: file.Glyphs, Mouse: file.Mouse,
		Markdown: file.Markdown, Flowed: file.Flowed, Date: file.Date, BccOnlyTo: file.BccOnlyTo, Spell: file.Spell, Notify: file.Notify, NotifyCommand: file.NotifyCommand}
	s.Keys = readKeys(doc, file.Keys)
	wrong := []error{
		Choice(doc, "deliver", file.Deliver, DeliverOff, DeliverAuto),
		Choice(doc, "theme", file.Theme, Themes...),
		Choice(doc, "glyphs", file.Glyphs, GlyphsAuto, GlyphsUnicode, GlyphsASCII),
		Choice(doc, "markdown", file.Markdown, MarkdownAuto, MarkdownAlways, MarkdownNever),
		Choice(doc, "date", file.Date, DateUTC, DateLocal),
		Choice(doc, "bcc_only_to", file.BccOnlyTo, BccOnlyToSelf, BccOnlyToNobody),
		Choice(doc, "notify", file.Notify, NotifyAuto, NotifyOSC9, NotifyOSC777, NotifyBell, NotifyCommand, NotifyOff),
		editor(doc, file.Editor),
		notifyCommand(doc, file),
		dictionary(doc, file.Spell),
	}
	note := func(err error) { wrong = append(wrong, err) }
	s.UndoWindow, err = undoWindow(doc, file.UndoWindow)
	note(err)
	s.Filters, err = readFilters(doc, file.Filters)
	note(err)
	s.AddressBook, err = addressBook(doc, file)
	note(err)
	s.Checks, err = checks(doc, file.Checks)
	note(err)
	s.KeepContent, err = days(doc, "keep_content", file.KeepContent)
	note(err)
	s.KeepRecord, err = days(doc, "keep_record", file.KeepRecord)
	note(err)
	s.KeepSize, err = octets(doc, "keep_size", file.KeepSize)
	note(err)
	return s, doc.Errors(wrong...)
}

func editor(doc *Document, argv []string) error {
	if len(argv) > 0 && argv[0] == "" {
		return doc.Error("editor[0]", "the program has no name", `for example editor = ["vim"]`)
	}
	return nil
}

// notifyCommand checks that the program that is to notify is named where it is wanted,
// and only there.
func notifyCommand(doc *Document, file settingsFile) error {
	const example = `for example notify_command = ["ntfy", "publish", "mail"]`
	switch wanted := file.Notify == NotifyCommand; {
	case doc.Broken("notify") || doc.Broken("notify_command"):
		return nil
	case wanted && len(file.NotifyCommand) == 0:
		return doc.Error("notify", "notify_command is missing", example)
	case !wanted && len(file.NotifyCommand) > 0:
		return doc.Error("notify_command", `has no effect without notify = "command"`, `notify = "command"`)
	case wanted && file.NotifyCommand[0] == "":
		return doc.Error("notify_command[0]", "the program has no name", example)
	}
	return nil
}

func dictionary(doc *Document, name string) error {
	if !isDictionary(name) {
		return doc.Error("spell", fmt.Sprintf("%q is no name of a dictionary", name), `for example spell = "de_DE", "de_DE,en_US", "auto" or "off"`)
	}
	return nil
}

// isDictionary tells what a dictionary may be called: letters, digits, "_" and "-",
// with commas between several, and nothing that is an option or a path.
func isDictionary(text string) bool {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != ','
	}
	return text != "" && text[0] != '-' && len(text) <= 100 && !strings.ContainsFunc(text, odd)
}

// days reads a number of days, "90d"; "0" is for ever.
func days(doc *Document, key, text string) (time.Duration, error) {
	const most = 100 * 365 // a hundred years, so that no duration overflows
	number, _ := strings.CutSuffix(text, "d")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n > most || n > 0 && number == text {
		return 0, doc.Error(key, fmt.Sprintf("%q is not a number of days", text), `write it as "90d"; "0" keeps it for ever`)
	}
	return time.Duration(n) * 24 * time.Hour, nil
}

// octets reads a size, "500M" or "2G"; "0" is no limit.
func octets(doc *Document, key, text string) (int64, error) {
	const most = 1 << 20 // of a unit, so that nothing overflows
	units := map[string]int64{"M": 1 << 20, "G": 1 << 30}
	number, unit := text, int64(0)
	if text != "" {
		if of, known := units[text[len(text)-1:]]; known {
			number, unit = text[:len(text)-1], of
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > most || n > 0 && unit == 0 {
		return 0, doc.Error(key, fmt.Sprintf("%q is not a size", text), `write it as "500M" or "2G"; "0" is no limit`)
	}
	return n * unit, nil
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
