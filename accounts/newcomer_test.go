package accounts

import (
	"net/mail"
	"os"
	"path/filepath"
	"testing"
)

func TestFreeName(t *testing.T) {
	named := func(names ...string) (all []Account) {
		for _, name := range names {
			all = append(all, New(name, mail.Address{}))
		}
		return all
	}
	for _, test := range []struct {
		address string
		others  []Account
		want    string
	}{
		{"ada@example.org", nil, "example"},
		{"ada@googlemail.com", named("work"), "gmail"},
		{"ada@example.org", named("example"), "ada@example.org"},
		{"ada@example.org", named("example", "ada@example.org", "ada@example.org-2"), "ada@example.org-3"},
	} {
		if got := FreeName(test.address, test.others); got != test.want {
			t.Errorf("%s beside %d others: %q, want %q", test.address, len(test.others), got, test.want)
		}
	}
}

func TestNewSecretFile_IsNeverOneThatIsThere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "accounts.toml")
	for _, want := range []string{"work.secret", "work-2.secret", "work-3.secret"} {
		s, err := NewSecretFile(file, "work")
		if err != nil || s.File != filepath.Join(filepath.Dir(file), want) {
			t.Fatalf("%v, %v", s, err)
		}
		if err := os.WriteFile(s.File, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestComplaint_TellsWhichSettingIsWrong(t *testing.T) {
	a := New("work", mail.Address{Address: "ada@example.org"})
	a.SMTP.Host = "smtp.example.org:465"
	_, err := NewBook("", a)
	if key, problem, hint, ok := Complaint(err); !ok || key != "smtp.host" || problem == "" || hint == "" {
		t.Errorf("%q %q %q %t", key, problem, hint, ok)
	}
	if _, _, _, ok := Complaint(ErrChanged); ok {
		t.Error("it is about a setting")
	}
}
