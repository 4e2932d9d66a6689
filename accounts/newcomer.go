package accounts

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sendoff/internal/config"
)

// UsualName is a name for the account of an address: that of the provider, else the
// first part of the domain.
func UsualName(address string) string {
	if p, ok := PresetFor(address); ok {
		return p.ID
	}
	name, _, _ := strings.Cut(address[strings.LastIndexByte(address, '@')+1:], ".")
	return name
}

// FreeName is a name for the account of an address that none of others has: the
// usual one, else the address, else that with a number.
func FreeName(address string, others []Account) string {
	taken := make(map[string]bool, len(others))
	for _, a := range others {
		taken[a.Name] = true
	}
	if name := UsualName(address); !taken[name] {
		return name
	}
	name := address
	for n := 2; taken[name]; n++ {
		name = fmt.Sprintf("%s-%d", address, n)
	}
	return name
}

// mostSecretFiles bounds the search for a free name.
const mostSecretFiles = 1000

// NewSecretFile is a place for the secret of an account beside accounts.toml, where
// no file is yet: work.secret, else work-2.secret and so on.
func NewSecretFile(accountsFile, account string) (Secret, error) {
	for n := 1; n < mostSecretFiles; n++ {
		name := account + ".secret"
		if n > 1 {
			name = fmt.Sprintf("%s-%d.secret", account, n)
		}
		path := filepath.Join(filepath.Dir(accountsFile), name)
		switch _, err := os.Lstat(path); {
		case errors.Is(err, os.ErrNotExist):
			return Secret{File: path}, nil
		case err != nil:
			return Secret{}, err
		}
	}
	return Secret{}, fmt.Errorf("%s.secret %w, and so are all others", account, ErrSecretThere)
}

// Complaint is what is wrong with one setting, for who has not written it into a
// file: its key below account, as "smtp.host", the problem, which reads well behind
// a name of it, and what to do, which may be empty. ok is false for an error that
// is about no setting.
func Complaint(err error) (key, problem, hint string, ok bool) {
	var e *config.Error
	if !errors.As(err, &e) || e.File != "" {
		return "", "", "", false
	}
	return strings.TrimPrefix(e.Key, "account."), e.Problem, e.Hint, true
}
