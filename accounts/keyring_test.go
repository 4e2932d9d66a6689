package accounts

import (
	"context"
	"errors"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/zalando/go-keyring"

	"sendoff/internal/peers"
)

// mockKeyring stands in for the system's; err, if there is one, is all it says.
func mockKeyring(t *testing.T, err error) {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
	if err != nil {
		keyring.MockInitWithError(err)
	} else {
		keyring.MockInit()
	}
}

// keyringAccount logs in with secrets of the keyring, everywhere.
func keyringAccount(t *testing.T, name string) Account {
	t.Helper()
	book, err := NewBook("", keyringSettings(name))
	if err != nil {
		t.Fatal(err)
	}
	return book.Accounts[0]
}

func keyringSettings(name string) Account {
	a := New(name, mail.Address{Address: "ada@example.org"})
	a.SMTP = SMTP{Host: "smtp.example.org", Username: "ada", Secret: Secret{Keyring: true}}
	a.SMTP.Proxy = Proxy{Scheme: SOCKS5, Host: "proxy.example.org", Port: 1080, Username: "ada", Secret: Secret{Keyring: true}}
	a.Mailbox = Mailbox{Host: "imap.example.org", Secret: Secret{Keyring: true}}
	return a
}

func TestKeyring_EachSecretOfAnAccountHasAnEntryOfItsOwn(t *testing.T) {
	mockKeyring(t, nil)
	a := keyringAccount(t, "work")
	for i, s := range []Secret{a.SMTP.Secret, a.SMTP.Proxy.Secret, a.Mailbox.Secret} {
		want := []string{"work/smtp", "work/proxy", "work/mailbox"}[i]
		if got := a.InKeyring()[i].String(); got != want {
			t.Errorf("entry %s, want %s", got, want)
		}
		if _, err := s.Resolve(t.Context()); !errors.Is(err, ErrNotInKeyring) || !strings.HasPrefix(err.Error(), "secret from keyring entry "+want+": ") {
			t.Errorf("before it is there: %v", err)
		}
		if err := a.InKeyring()[i].Put(t.Context(), "secret of "+want); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range []Secret{a.SMTP.Secret, a.SMTP.Proxy.Secret, a.Mailbox.Secret} {
		if got, err := s.Resolve(t.Context()); err != nil || got != "secret of "+a.InKeyring()[i].String() {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

func TestKeyring_AMailboxWithoutASecretSharesThatOfSMTP(t *testing.T) {
	a := keyringSettings("work")
	a.Mailbox.Secret, a.SMTP.Proxy = Secret{}, Proxy{}
	if got := a.InKeyring(); !slices.Equal(got, []KeyringEntry{{"work", RoleSMTP}}) {
		t.Errorf("entries %v", got)
	}
	if resolved := a.withDefaults(); resolved.Mailbox.Secret.entry.Role != RoleSMTP {
		t.Errorf("the mailbox asks for %s", resolved.Mailbox.Secret)
	}
	resolved := a.withDefaults()
	resolved.Name = "play"
	if got := resolved.InKeyring(); !slices.Equal(got, []KeyringEntry{{"play", RoleSMTP}}) {
		t.Errorf("after a new name: entries %v", got)
	}
}

func TestKeyring_MovesToAnotherName(t *testing.T) {
	mockKeyring(t, nil)
	for _, entry := range keyringAccount(t, "work").InKeyring() {
		if err := errors.Join(entry.Put(t.Context(), "hunter2"), entry.CopyTo(t.Context(), "play"), entry.Delete(t.Context())); err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Get(t.Context()); !errors.Is(err, ErrNotInKeyring) {
			t.Errorf("the old one: %v", err)
		}
	}
	for _, entry := range keyringAccount(t, "play").InKeyring() {
		if got, err := entry.Get(t.Context()); err != nil || got != "hunter2" {
			t.Errorf("%s: %q, %v", entry, got, err)
		}
	}
}

func TestKeyring_SaysWhatIsWrongWithIt(t *testing.T) {
	for said, want := range map[string]error{
		"failed to unlock correct collection '/org/freedesktop/secrets/collection/login'": ErrKeyringLocked,
		"The name org.freedesktop.secrets was not provided by any .service files":         ErrKeyringAbsent,
		"unsupported platform: plan9":                                       ErrKeyringAbsent,
		"dial unix /run/user/1000/bus: connect: \x1b[31mconnection refused": ErrKeyringAbsent,
	} {
		mockKeyring(t, errors.New(said))
		_, err := KeyringEntry{"work", RoleSMTP}.Get(t.Context())
		if !errors.Is(err, want) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: %v", said, err)
		}
	}
	mockKeyring(t, keyring.ErrSetDataTooBig)
	if err := (KeyringEntry{"work", RoleSMTP}).Put(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("too long: %v", err)
	}
}

// Where there is no session bus none is started, although a dbus-launch that
// would do so is at hand.
func TestKeyring_StartsNoBus(t *testing.T) {
	if _, err := os.Stat("/run/user"); err == nil && busReachable() && os.Getenv("DBUS_SESSION_BUS_ADDRESS") == "" {
		t.Skip("this user has a session bus that cannot be hidden from the test")
	}
	folder := t.TempDir()
	started := filepath.Join(folder, "started")
	script := "#!/bin/sh\n: >" + started + "\necho DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent\n"
	if err := os.WriteFile(filepath.Join(folder, "dbus-launch"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	for _, address := range []string{"", "autolaunch:"} {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", address)
		if _, err := (KeyringEntry{"work", RoleSMTP}).Get(t.Context()); !errors.Is(err, ErrKeyringAbsent) {
			t.Errorf("address %q: %v", address, err)
		}
		if _, err := os.Stat(started); err == nil {
			t.Fatalf("address %q: dbus-launch was started", address)
		}
	}
}

func TestKeyring_IsNotWaitedForBeyondItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		closed := make(chan struct{})
		window := func() (string, error) { <-closed; return "hunter2", nil }
		if _, err := withinLimit(t.Context(), window); !errors.Is(explainKeyring(err), ErrKeyringLocked) {
			t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := withinLimit(ctx, window); !errors.Is(explainKeyring(err), context.Canceled) {
			t.Errorf("stopped: %v", err)
		}
		close(closed)
	})
}

// The same with a real keyring, in a process of its own: what MockInit does cannot
// be undone.
func TestPeers_GNOMEKeyring(t *testing.T) {
	const alone = "SENDOFF_TEST_ALONE"
	if os.Getenv(alone) != "" {
		useRealKeyring(t)
		return
	}
	peers.Need(t, "dbus-daemon")
	peers.Need(t, "gnome-keyring-daemon")
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), alone+"=1")
	said, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(said), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, said)
	}
}

func useRealKeyring(t *testing.T) {
	bus := peers.NeedBus(t)
	leave := bus.Keyring(t, "the password of the keyring")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)

	entry := KeyringEntry{"work", RoleSMTP}
	if _, err := entry.Get(t.Context()); !errors.Is(err, ErrNotInKeyring) {
		t.Errorf("an empty one: %v", err)
	}
	const secret = "pass\tword, Grüße and \"quotes\""
	for _, text := range []string{"an older one", secret} {
		if err := entry.Put(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := keyringAccount(t, "work").SMTP.Secret.Resolve(t.Context()); err != nil || got != secret {
		t.Errorf("got %q, %v", got, err)
	}

	leave()
	if _, err := entry.Get(t.Context()); !errors.Is(err, ErrKeyringAbsent) {
		t.Errorf("a bus without one: %v", err)
	}
	leave = bus.LockedKeyring(t)
	if _, err := entry.Get(t.Context()); !errors.Is(err, ErrKeyringLocked) {
		t.Errorf("a locked one: %v", err)
	}
	if err := entry.Put(t.Context(), "x"); !errors.Is(err, ErrKeyringLocked) {
		t.Errorf("into a locked one: %v", err)
	}

	leave()
	bus.Keyring(t, "the password of the keyring")
	if err := entry.CopyTo(t.Context(), "play"); err != nil {
		t.Fatal(err)
	}
	if err := entry.Delete(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := (KeyringEntry{"play", RoleSMTP}).Get(t.Context()); err != nil || got != secret {
		t.Errorf("moved: %q, %v", got, err)
	}
	if _, err := entry.Get(t.Context()); !errors.Is(err, ErrNotInKeyring) {
		t.Errorf("deleted: %v", err)
	}
}

// A mailbox whose secret is in the keyring has an entry of its own; one without a
// word takes that of smtp. The file must keep the two apart.
func TestFile_KeepsTheKeyringOfAMailboxApart(t *testing.T) {
	for _, own := range []bool{true, false} {
		a := keyringSettings("work")
		want := 3
		if !own {
			a.Mailbox.Secret, want = Secret{}, 2
		}
		f, err := OpenFile(filepath.Join(t.TempDir(), "accounts.toml"))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Add(a); err != nil {
			t.Fatal(err)
		}
		written := f.Book().Accounts[0]
		if got := len(written.InKeyring()); got != want {
			t.Errorf("own %v: %d entries in\n%s", own, got, f.Text())
		}
		if again := Entry(written); strings.Count(again, "keyring = true") != want {
			t.Errorf("own %v: written again it is\n%s", own, again)
		}
	}
}
