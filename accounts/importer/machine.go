package importer

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"sendoff/internal/cleantext"
	"sendoff/internal/config"
)

// Machine is what the files of other programs are about beyond themselves. Any
// field but ReadFile may be empty.
type Machine struct {
	Home       string
	ConfigHome string // $XDG_CONFIG_HOME
	User       string
	Host       string
	System     string                            // as runtime.GOOS has it
	Env        func(name string) string          // of the environment; nil knows none
	ReadFile   func(path string) ([]byte, error) // of bounded size
	IsFolder   func(path string) bool            // nil: nothing is one
}

// ThisMachine is the one that we run on, with configHome for $XDG_CONFIG_HOME.
func ThisMachine(configHome string) Machine {
	m := Machine{ConfigHome: configHome, System: runtime.GOOS, Env: os.Getenv, ReadFile: func(path string) ([]byte, error) {
		data, _, err := config.Read(path)
		return data, err
	}, IsFolder: func(path string) bool {
		info, err := os.Stat(path)
		return err == nil && info.IsDir()
	}}
	m.Home, _ = os.UserHomeDir() // without one, paths that begin with ~ are not followed
	m.Host, _ = os.Hostname()
	m.User = cmp.Or(os.Getenv("USER"), os.Getenv("LOGNAME"))
	if u, err := user.Current(); m.User == "" && err == nil {
		m.User = u.Username
	}
	return m
}

func (m Machine) env(name string) string {
	if m.Env == nil {
		return ""
	}
	return m.Env(name)
}

// expand resolves "~/" and what is relative to a folder.
func (m Machine) expand(path, folder string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && m.Home != "" {
		return filepath.Join(m.Home, rest)
	}
	if path == "" || filepath.IsAbs(path) || strings.HasPrefix(path, "~") {
		return path
	}
	return filepath.Join(folder, path)
}

// Source is where the accounts of a program stand. Several files are read as one,
// the later ones above the earlier.
type Source struct {
	Kind  Kind
	Files []string
}

// Usual are the files of other programs that exist in their usual places.
func (m Machine) Usual() []Source {
	home := func(path string) string { return m.expand("~/"+path, "") }
	xdg := func(path string) string { return m.expand(path, m.ConfigHome) }
	var all []Source
	for _, one := range []Source{
		{Msmtp, []string{home(".msmtprc")}},
		{Msmtp, []string{xdg("msmtp/config")}},
		{Msmtp, []string{"/etc/msmtprc"}},
		{Mutt, []string{home(".neomuttrc")}},
		{Mutt, []string{home(".neomutt/neomuttrc")}},
		{Mutt, []string{xdg("neomutt/neomuttrc")}},
		{Mutt, []string{home(".muttrc")}},
		{Mutt, []string{home(".mutt/muttrc")}},
		{Mutt, []string{xdg("mutt/muttrc")}},
		{Mutt, []string{xdg("neomutt/muttrc")}},
		{Aerc, []string{xdg("aerc/accounts.conf")}},
		{Himalaya, []string{xdg("himalaya/config.toml")}},
		{Himalaya, []string{home(".himalaya.toml")}},
		{Himalaya, []string{home(".himalayarc")}},
		{Git, []string{xdg("git/config"), home(".gitconfig")}},
	} {
		one.Files = slices.DeleteFunc(one.Files, func(path string) bool { return !filepath.IsAbs(path) || !exists(path) })
		if len(one.Files) > 0 {
			all = append(all, one)
		}
	}
	for _, root := range []string{".thunderbird", ".mozilla-thunderbird", "snap/thunderbird/common/.thunderbird", ".var/app/org.mozilla.Thunderbird/.thunderbird"} {
		for _, path := range m.thunderbirdProfiles(home(root)) {
			all = append(all, Source{Thunderbird, []string{path}})
		}
	}
	return all
}

func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// Recognise tells by its name, else by its content, whose file this is; "" if
// that cannot be told.
func Recognise(path string, data []byte) Kind {
	base, folder := filepath.Base(path), filepath.Base(filepath.Dir(path))
	switch {
	case strings.Contains(base, "msmtprc") || folder == "msmtp":
		return Msmtp
	case strings.Contains(base, "muttrc") || folder == "mutt" || folder == ".mutt" || folder == "neomutt":
		return Mutt
	case base == "prefs.js":
		return Thunderbird
	case strings.Contains(base, "gitconfig") || base == "config" && (folder == "git" || folder == ".git"):
		return Git
	case strings.Contains(path, "himalaya"):
		return Himalaya
	case base == "accounts.conf" || folder == "aerc":
		return Aerc
	}
	return recogniseContent(string(data))
}

// recogniseContent goes by the first line that only one of the programs has.
func recogniseContent(text string) Kind {
	for line := range strings.Lines(text) {
		line = strings.ToLower(strings.TrimSpace(line))
		word, _, _ := strings.Cut(line, " ")
		key, _, assigned := strings.Cut(line, "=")
		key = strings.TrimSpace(key)
		switch {
		case strings.HasPrefix(line, "user_pref("):
			return Thunderbird
		case strings.HasPrefix(line, "[sendemail"):
			return Git
		case word == "set" && strings.Contains(line, "smtp_url"):
			return Mutt
		case word == "defaults" || word == "account" && !assigned:
			return Msmtp
		case assigned && (key == "outgoing" || key == "outgoing-cred-cmd"):
			return Aerc
		case strings.HasPrefix(line, "[accounts.") || assigned && (strings.Contains(key, "backend.") || key == "smtp-host"):
			return Himalaya
		}
	}
	return ""
}

// Read gives the accounts of a program's files. A file that names further ones
// is followed. The error is that a file cannot be read, or not at all as what it
// should be; what is wrong with a line of it, or a further file, is a note.
func (m Machine) Read(kind Kind, paths ...string) ([]Found, error) {
	parse, ok := map[Kind]func(*reader, []string) ([]Found, error){
		Msmtp: readMsmtp, Mutt: readMutt, Aerc: readAerc, Himalaya: readHimalaya, Git: readGit, Thunderbird: readThunderbird,
	}[kind]
	if !ok {
		return nil, fmt.Errorf("no files of %q are known", cleantext.Line(string(kind)))
	}
	found, err := parse(&reader{machine: m}, paths)
	if err != nil {
		return nil, err
	}
	return settle(found), nil
}

// The bounds of what one import reads. Nobody's settings come near them; a file
// that names itself does.
const (
	maxDepth = 10
	maxFiles = 100
)

var errTooMany = errors.New("too many files, or they name each other in a circle")

// reader is a Machine that has read some files.
type reader struct {
	machine Machine
	files   int
}

// read gives a file that stands depth files below the first.
func (r *reader) read(path string, depth int) (string, error) {
	if r.files++; r.files > maxFiles || depth > maxDepth {
		return "", errTooMany
	}
	if r.machine.ReadFile == nil {
		return "", errors.ErrUnsupported
	}
	data, err := r.machine.ReadFile(path)
	return string(data), err
}

// single reads the one file of a program that has only one.
func (r *reader) single(paths []string) (path, text string, err error) {
	if len(paths) != 1 {
		return "", "", errors.New("one file is wanted")
	}
	text, err = r.read(paths[0], 0)
	return paths[0], text, err
}
