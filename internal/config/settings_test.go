package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLoadSettings_DefaultsWithoutAFile(t *testing.T) {
	got, err := LoadSettings(filepath.Join(t.TempDir(), "none", "config.toml"))
	want := Settings{Deliver: DeliverOff, UndoWindow: 10 * time.Second, Theme: ThemeAuto, Glyphs: GlyphsAuto, Mouse: true,
		Markdown: MarkdownAuto, Date: DateUTC, BccOnlyTo: BccOnlyToSelf, Spell: SpellAuto, Notify: NotifyAuto,
		KeepContent: 90 * 24 * time.Hour, KeepRecord: 730 * 24 * time.Hour}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestLoadSettings_ReadsEverySetting(t *testing.T) {
	t.Setenv("HOME", "/home/ada")
	path := filepath.Join(t.TempDir(), "config.toml")
	text := "deliver = 'auto'\nundo_window = '0'\neditor = ['vim', '-c', '']\ntheme = 'dark'\nglyphs = 'ascii'\nmouse = false\nmarkdown = 'never'\nflowed = true\ndate = 'local'\nbcc_only_to = 'undisclosed-recipients'\nspell = 'de_DE,en_US'\nkeep_content = '30d'\nkeep_size = '2G'\nkeep_record = '0'\n" +
		"address_book_command = ['khard', '%s']\naddress_book_files = ['~/cards', '/a//b.vcf']\naddress_groups = '~/groups'\nnotify = 'command'\nnotify_command = ['ntfy', 'publish']\n" +
		"[keys]\nlist.open = 'o'\n'outbox.retry' = ['r', 'ctrl+r']\noutbox.cancel = []\n[filters]\nlate = 'state:waiting before:2d'\n\"big ones\" = 'subject:report'\n" +
		"[[check]]\nname = 'links'\ncommand = ['check-links', '-']\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := LoadSettings(path)
	got.Keys.doc = nil
	want := Settings{Deliver: DeliverAuto, Editor: []string{"vim", "-c", ""}, Theme: ThemeDark, Glyphs: GlyphsASCII, Markdown: MarkdownNever, Flowed: true, Date: DateLocal, BccOnlyTo: BccOnlyToNobody, Spell: "de_DE,en_US", KeepContent: 30 * 24 * time.Hour, KeepSize: 2 << 30,
		AddressBook: AddressBook{Command: []string{"khard", "%s"}, Files: []string{"/home/ada/cards", "/a/b.vcf"}, Groups: "/home/ada/groups"},
		Checks:      []Check{{Name: "links", Command: []string{"check-links", "-"}}},
		Notify:      NotifyCommand, NotifyCommand: []string{"ntfy", "publish"},
		Keys:    Keys{Chosen: map[string][]string{"list.open": {"o"}, "outbox.retry": {"r", "ctrl+r"}, "outbox.cancel": nil}},
		Filters: []Filter{{"big ones", "subject:report", 26}, {"late", "state:waiting before:2d", 25}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

// All that is wrong with keys is told, and the others stand: no key is a reason to send nothing.
func TestLoadSettings_TellsAllThatIsWrongWithKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte("[keys]\n'outbox.edit' = 1\n'list.open' = 'o'\n[keys.outbox]\nhold = ['h', 2]\nretry = 'r'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := LoadSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, wrong := range settings.Keys.Wrong {
		got = append(got, strings.TrimPrefix(wrong.Error(), path)+" / "+wrong.Hint)
	}
	want := []string{
		`:5: keys.outbox.hold: wants a key or a list of keys / write it as "outbox.hold" = "r" or "outbox.hold" = ["r", "ctrl+r"]`,
		`:2: keys.outbox.edit: wants a key or a list of keys / write it as "outbox.edit" = "r" or "outbox.edit" = ["r", "ctrl+r"]`,
	}
	if !slices.Equal(got, want) || !reflect.DeepEqual(settings.Keys.Chosen, map[string][]string{"list.open": {"o"}, "outbox.retry": {"r"}}) {
		t.Errorf("got %q and %v", got, settings.Keys.Chosen)
	}
}

const bookExample = `for example address_book_command = ["khard", "email", "--parsable", "--search-in-source-files", "%s"]`

const notifyExample = `for example notify_command = ["ntfy", "publish", "mail"]`

func TestParseSettings_RefusesBadValues(t *testing.T) {
	for _, test := range []struct{ text, want, hint string }{
		{"deliver = 'always'", `f:1: deliver: "always" is not a choice`, "possible here: off, auto"},
		{"\ntheme = 'drak'", `f:2: theme: "drak" is not a choice`, `did you mean "dark"?`},
		{"theme = ''", `f:1: theme: "" is not a choice`, "possible here: auto, light, dark, none, high-contrast, solarized-dark, solarized-light, gruvbox"},
		{"undo_window = '10'", `f:1: undo_window: "10" is not a duration`, `write it as "10s" or "2m"; "0" is none`},
		{"undo_window = 10", `f:1: undo_window: wants a text, not a whole number`, `write it as undo_window = "…"`},
		{"undo_window = '11m'", `f:1: undo_window: 11m is out of range`, `from "0" to "10m"`},
		{"undo_window = '-1s'", `f:1: undo_window: -1s is out of range`, `from "0" to "10m"`},
		{"editor = ['']", `f:1: editor: the program has no name`, `for example editor = ["vim"]`},
		{"editor = 'vim'", `f:1: editor: wants a list, not a text`, `write it as editor = ["…"]`},
		{"mouse = 1", `f:1: mouse: wants true or false, not a whole number`, `write it as mouse = true`},
		{"markdown = 'yes'", `f:1: markdown: "yes" is not a choice`, "possible here: auto, always, never"},
		{"bcc_only_to = 'x'", `f:1: bcc_only_to: "x" is not a choice`, "possible here: self, undisclosed-recipients"},
		{"date = 'here'", `f:1: date: "here" is not a choice`, "possible here: utc, local"},
		{"color = 'x'", `f:1: color: unknown key`, `possible here: deliver, undo_window, editor, theme, glyphs, mouse, keys, filters, markdown, flowed, date, bcc_only_to, spell, address_book_command, address_book_files, address_groups, notify, notify_command, check, keep_content, keep_size, keep_record`},
		{"[filters]\nx = ' '", `f:2: filters.x: searches for nothing`, `for example filters = { late = "state:waiting before:2d" }`},
		{"[filters]\nx = 1", `f:2: filters.x: wants a text, not a whole number`, `write it as x = "…"`},
		{"keys = 1", `f:1: keys: wants a table, not a whole number`, "write it as keys = { … = … }"},
		{"[keys]\noutbox.retry = 'r'\n'outbox.retry' = 's'", `f:3: keys.outbox.retry: is set twice, first in line 2`, "keep one of them"},
		{"spell = '-d'", `f:1: spell: "-d" is no name of a dictionary`, `for example spell = "de_DE", "de_DE,en_US", "auto" or "off"`},
		{"spell = '../x'", `f:1: spell: "../x" is no name of a dictionary`, `for example spell = "de_DE", "de_DE,en_US", "auto" or "off"`},
		{"spell = ''", `f:1: spell: "" is no name of a dictionary`, `for example spell = "de_DE", "de_DE,en_US", "auto" or "off"`},
		{"address_book_command = ['']", `f:1: address_book_command: the program has no name`, bookExample},
		{"address_book_command = ['khard']", `f:1: address_book_command: no argument has "%s", which stands for what is typed`, bookExample},
		{"address_book_files = ['/a', 'b.vcf']", `f:1: address_book_files: "b.vcf" is not a whole path`, `begin it with "/" or "~/"`},
		{"address_groups = 'groups'", `f:1: address_groups: "groups" is not a whole path`, `begin it with "/" or "~/"`},
		{"notify = 'osc'", `f:1: notify: "osc" is not a choice`, `did you mean "osc9"?`},
		{"notify = 'command'", `f:1: notify: notify_command is missing`, notifyExample},
		{"notify = 'command'\nnotify_command = ['']", `f:2: notify_command: the program has no name`, notifyExample},
		{"notify_command = ['ntfy']", `f:1: notify_command: has no effect without notify = "command"`, `notify = "command"`},
		{"[[check]]\ncommand = ['x']", `f:1: check: it has no name`, `for example name = "links"`},
		{"[[check]]\nname = 'x'", `f:1: check: it has no command`, `for example command = ["check-links", "-"]`},
		{"[[check]]\nname = 'x'\ncommand = ['']", `f:3: check.command: the program has no name`, `for example command = ["check-links", "-"]`},
		{"[[check]]\nname = 'x'\ncommand = ['x']\n[[check]]\nname = 'x'\ncommand = ['y']", `f:5: check.name: two checks are named "x"`, ""},
		{"keep_content = '90'", `f:1: keep_content: "90" is not a number of days`, `write it as "90d"; "0" keeps it for ever`},
		{"keep_record = '-1d'", `f:1: keep_record: "-1d" is not a number of days`, `write it as "90d"; "0" keeps it for ever`},
		{"keep_size = '5'", `f:1: keep_size: "5" is not a size`, `write it as "500M" or "2G"; "0" is no limit`},
		{"keep_size = '99999999999G'", `f:1: keep_size: "99999999999G" is not a size`, `write it as "500M" or "2G"; "0" is no limit`},
	} {
		_, err := parseSettings("f", []byte(test.text))
		var e *Error
		if !errors.As(err, &e) || e.Error() != test.want || e.Hint != test.hint {
			t.Errorf("%s\ngot  %v\nhint %s\nwant %s\nhint %s", test.text, err, hintOf(err), test.want, test.hint)
		}
	}
}

func hintOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Hint
	}
	return ""
}
