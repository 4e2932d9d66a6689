package campaign

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/outbox"
)

// sampleAt writes the sample, with other rows below the header if some are given.
func sampleAt(t *testing.T, rows ...string) Files {
	t.Helper()
	template, list, err := WriteSample(filepath.Join(t.TempDir(), "concert"))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) > 0 {
		write(t, list, "email,name,First Name,seat,guest\n"+strings.Join(rows, "\n")+"\n")
	}
	return Files{Template: template, List: list}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, f Files) *Campaign {
	t.Helper()
	c, err := Open(f)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func book(t *testing.T, change func(*accounts.Account)) *accounts.Book {
	t.Helper()
	work := accounts.Account{Name: "work", From: mail.Address{Name: "Ada", Address: "ada@example.org"}, SMTP: accounts.SMTP{Host: "smtp.example.org"}}
	home := accounts.Account{Name: "home", From: mail.Address{Name: "Ada", Address: "ada@home.example"}, SMTP: accounts.SMTP{Host: "mail.home.example"}}
	if change != nil {
		change(&work)
	}
	b, err := accounts.NewBook("work", work, home)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func box(t *testing.T) *outbox.Outbox {
	t.Helper()
	dir := t.TempDir()
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: dir, State: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func look(t *testing.T, c *Campaign, s Senders, r Rules, suppressed map[string]string) Look {
	t.Helper()
	k, err := c.Look(t.Context(), s, r, suppressed, nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestLook_SaysWhatWouldGoAndWhyNothingDoes(t *testing.T) {
	const ana, wrong = "ana@example.org,Ana,Ana,12,", "ana@,,Bob,13,"
	for name, test := range map[string]struct {
		rows       []string
		rules      Rules
		accounts   []string
		suppressed map[string]string
		change     func(*accounts.Account)
		letters    int
		refusal    error
	}{
		"all is well":           {rows: []string{ana}, letters: 1},
		"a wrong row":           {rows: []string{ana, wrong}, letters: 1, refusal: ErrWrong},
		"a wrong row, left out": {rows: []string{ana, wrong}, rules: Rules{SkipInvalid: true}, letters: 1},
		"nobody is left":        {rows: []string{ana}, suppressed: map[string]string{"ana@example.org": "it bounced"}, refusal: ErrNoLetters},
		"twice":                 {rows: []string{ana, ana}, letters: 1},
		"twice, and meant":      {rows: []string{ana, ana}, rules: Rules{AllowDuplicates: true}, letters: 2},
		"too large for one": {
			rows: []string{ana}, accounts: []string{"home", "work"}, change: func(a *accounts.Account) { a.Limits.MaxSize = 10 }, refusal: ErrWrong,
		},
		"two accounts": {rows: []string{ana}, accounts: []string{"home", "work"}, letters: 1},
		"all is encrypted": {
			rows: []string{ana}, letters: 1, change: func(a *accounts.Account) { a.OpenPGP.Encrypt = accounts.EncryptAlways }, refusal: EncryptsError{"work"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := look(t, opened(t, sampleAt(t, test.rows...)), Senders{Book: book(t, test.change), Accounts: test.accounts}, test.rules, test.suppressed)
			if k.Letters != test.letters || !errors.Is(k.Refusal(), test.refusal) {
				t.Errorf("%d letters, %v\n%v", k.Letters, k.Refusal(), k.Problems)
			}
		})
	}
}

// What is said of accounts that sign or encrypt is the same wherever letters are looked at.
func TestLook_TellsWhatLettersLack(t *testing.T) {
	for want, openPGP := range map[string]accounts.OpenPGP{
		"":                             {},
		"not signed":                   {Sign: true},
		"not encrypted":                {Encrypt: accounts.EncryptWhenPossible},
		"neither signed nor encrypted": {Sign: true, Encrypt: accounts.EncryptWhenPossible},
	} {
		change := func(a *accounts.Account) { a.OpenPGP = openPGP }
		k := look(t, opened(t, sampleAt(t)), Senders{Book: book(t, change), Accounts: []string{"home", "work"}}, Rules{}, nil)
		var got string
		for _, u := range k.Lacks() {
			got += u.Account + " " + u.Lacks + ";"
		}
		if want != "" {
			want = "work " + want + ";"
		}
		if got != want {
			t.Errorf("%+v: %q", openPGP, got)
		}
		k = look(t, opened(t, sampleAt(t)), Senders{Book: book(t, change), Accounts: []string{"home"}}, Rules{}, nil)
		if lacks := k.Lacks(); lacks != nil {
			t.Errorf("an account that sends nothing: %v", lacks)
		}
	}
	if lacks := (Look{}).Lacks(); lacks != nil {
		t.Errorf("without accounts: %v", lacks)
	}
}

func TestLook_TellsHowFarItIs(t *testing.T) {
	rows := make([]string, 5000)
	for i := range rows {
		rows[i] = "ana@example.org,Ana,Ana,12,"
	}
	var told []float64
	_, err := opened(t, sampleAt(t, rows...)).Look(t.Context(), Senders{}, Rules{}, nil, func(share float64) { told = append(told, share) })
	if err != nil || len(told) < 2 || told[0] <= 0 || told[len(told)-1] != 1 {
		t.Errorf("%v, %v", told, err)
	}
	for i := range told[1:] {
		if told[i+1] < told[i] {
			t.Errorf("it goes back: %v", told)
		}
	}
}

func TestStart_StoresWhatWasLookedAt(t *testing.T) {
	b, files := box(t), sampleAt(t)
	k := look(t, opened(t, files), Senders{Book: book(t, nil)}, Rules{}, nil)
	rows := 0
	id, err := k.Start(t.Context(), b, "concert", Timing{At: time.Now().Add(time.Hour), Canary: 2}, "", func(n int) { rows = n })
	if err != nil {
		t.Fatal(err)
	}
	c, err := b.CampaignByID(t.Context(), id)
	if err != nil || c.Name != "concert" || c.Counts.Ready != 3 || rows != 3 || len(c.Accounts) != 1 || c.Accounts[0] != "work" || c.NotBefore.IsZero() {
		t.Errorf("%+v, %d rows, %v", c, rows, err)
	}
	if name, err := FreeName(t.Context(), b, "concert.md"); name != "concert-2" || err != nil {
		t.Errorf("%q, %v", name, err)
	}
}

func TestStart_StartsNothingElse(t *testing.T) {
	b, files := box(t), sampleAt(t)
	c := opened(t, files)
	k := look(t, c, Senders{Book: book(t, nil)}, Rules{}, nil)
	write(t, files.List, "email,name,First Name,seat,guest\nana@example.org,Ana,Ana,12,\n")
	if _, err := c.Row(t.Context(), 1); !errors.Is(err, ErrChanged) {
		t.Errorf("rows of another list: %v", err)
	}
	if _, err := k.Start(t.Context(), b, "concert", Timing{}, "", nil); !errors.Is(err, ErrChanged) {
		t.Errorf("a list of fewer rows: %v", err)
	}
	bound, err := Bind(files, "---\nsubject: Hello\n---\nDear friend\n", strings.NewReader("email,seat\nana@example.org,12\n"))
	if err != nil {
		t.Fatal(err)
	}
	k = look(t, bound, Senders{Book: book(t, nil)}, Rules{}, nil)
	k.Campaign.list = strings.NewReader("email,Seat\nana@example.org,12\n")
	if _, err := k.Start(t.Context(), b, "concert", Timing{}, "", nil); !errors.Is(err, ErrChanged) {
		t.Errorf("a list of other columns: %v", err)
	}
	if all, err := b.Campaigns(t.Context()); len(all) != 0 || err != nil {
		t.Errorf("%v, %v", all, err)
	}
}

func TestCampaign_FindsRows(t *testing.T) {
	c := opened(t, sampleAt(t))
	for _, test := range []struct {
		text   string
		behind int
		want   int
	}{{"EXAMPLE.ORG", 0, 1}, {"example.org", 1, 2}, {"example.org", 2, 1}, {"kim", 1, 1}, {"nobody", 0, 0}, {"martín", 0, 3}} {
		if got, err := c.Find(t.Context(), test.text, test.behind); got != test.want || err != nil {
			t.Errorf("%q behind %d: %d, %v", test.text, test.behind, got, err)
		}
	}
	if _, err := c.Row(t.Context(), 4); !errors.Is(err, NoRowError{4, 3}) {
		t.Error(err)
	}
	row, letter, err := c.LetterOf(t.Context(), 2)
	if err != nil || row.Line != 3 || !strings.Contains(letter.Draft.Body, "Dear Bob") {
		t.Errorf("%+v, %v", letter.Draft, err)
	}
	test, err := c.Test(t.Context(), Senders{Book: book(t, nil)}, 2, "me@example.org")
	if d := test.Draft; err != nil || d.To != "me@example.org" || d.Account != "work" || d.Subject != "[TEST] Your seat at the summer concert, Bob" {
		t.Errorf("%+v, %v", d, err)
	}
	fields := Fields(test.Draft)
	if got := fields[len(fields)-1]; got.Name != "Attachment" || !strings.HasPrefix(got.Value, "programme.txt (") {
		t.Errorf("%+v", fields)
	}
}

func TestOpen_RefusesWhatIsNoFile(t *testing.T) {
	files := sampleAt(t)
	for _, f := range []Files{
		{Template: files.Template, List: filepath.Dir(files.List)},
		{Template: filepath.Dir(files.List), List: files.List},
		{Template: files.Template, List: os.DevNull},
	} {
		if _, err := Open(f); err == nil {
			t.Errorf("%+v is taken", f)
		}
	}
	if _, err := Open(Files{files.Template, files.List + "x", 0, ""}); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestWriteSample_OverwritesNothing(t *testing.T) {
	files := sampleAt(t, "ana@example.org,Ana,Ana,12,")
	if _, _, err := WriteSample(filepath.Dir(files.List)); !errors.Is(err, fs.ErrExist) || !errors.As(err, new(ThereError)) {
		t.Error(err)
	}
}

func TestSenders_WithoutAccountsItIsNobody(t *testing.T) {
	if err := look(t, opened(t, sampleAt(t)), Senders{}, Rules{}, nil).Refusal(); !errors.Is(err, accounts.ErrNoAccounts) {
		t.Error(err)
	}
	d := compose.Draft{}
	if err := (Senders{}).Fill(&d); err != nil || d.From != nobody {
		t.Errorf("%q, %v", d.From, err)
	}
}

func TestPick_GivesEachRowTheSameChance(t *testing.T) {
	rows := make([]string, 40)
	for i := range rows {
		rows[i] = "ana@example.org,Ana,Ana,12,"
	}
	c, chance := opened(t, sampleAt(t, rows...)), rand.New(rand.NewPCG(1, 2))
	const rounds, most = 300, 5
	times := make(map[int]int)
	for range rounds {
		picked, err := c.Pick(t.Context(), most, chance)
		if err != nil || len(picked) != most {
			t.Fatalf("%d rows, %v", len(picked), err)
		}
		for i, row := range picked {
			if times[row.Number]++; i > 0 && row.Number <= picked[i-1].Number {
				t.Fatalf("row %d behind row %d", row.Number, picked[i-1].Number)
			}
		}
	}
	for n := range rows { // 37 are to be expected, give or take 6
		if got := times[n+1]; got < 15 || got > 65 {
			t.Errorf("row %d was picked %d times", n+1, got)
		}
	}
	if all, err := c.Pick(t.Context(), 100, chance); err != nil || len(all) != len(rows) {
		t.Errorf("%d rows, %v", len(all), err)
	}
}
