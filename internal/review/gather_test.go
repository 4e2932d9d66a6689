package review

import (
	"testing"

	"sendoff/compose"
	"sendoff/outbox"
)

func TestGather_KnowsWhatBearsOnTheDraft(t *testing.T) {
	b, err := outbox.Open(t.Context(), outbox.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	d := letter()
	d.Account, d.From, d.To = "home", "ada@home.example", "Jo@family.example"
	if _, err := b.Submit(t.Context(), d, outbox.SubmitOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Suppress(t.Context(), []outbox.Suppression{{Address: "no@xn--bcher-kva.example", Why: outbox.WhyPerson, At: now}}); err != nil {
		t.Fatal(err)
	}

	d = letter()
	d.To, d.Bcc = "jo@family.example", "no@bücher.example"
	f, err := Gather(t.Context(), b, facts().Accounts, d, now)
	if err != nil {
		t.Fatal(err)
	}
	if c := f.People["jo@family.example"]; len(c.Accounts) != 1 || c.Accounts[0] != "home" {
		t.Errorf("%+v", c)
	}
	want := []string{
		"!! no@bücher.example is suppressed since today: by hand. [take it off]",
		"! So far you wrote to jo@family.example through home. [send through home]",
	}
	if got := texts(Look(d, f)); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %q", got)
	}
	if _, err := Gather(t.Context(), b, nil, compose.Draft{}, now); err != nil {
		t.Error(err)
	}
}
