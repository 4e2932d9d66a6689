package ui

import (
	"os"
	"path/filepath"
	"testing"

	"sendoff/compose"
	"sendoff/compose/template"
)

// shelf is a folder of templates.
func shelf(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"offer.md":  "---\nTo: {{ name }} <{{ address }}>\nCc: office@example.org\nFrom: Ada <ada@home.example>\nSubject: Offer {{ number }} of {{ date }}\nAttach: terms.pdf\n---\nDear {{ name }},\n\nhere it is.\n",
		"thanks.md": "Thank you, {{ name | default: \"all\" }}!\n",
		"bye.md":    "Bye \x1b[31mnow.\n",
		"terms.pdf": "%PDF-1.4\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTemplates_AreFoundFilledInAndPutAtTheCursor(t *testing.T) {
	dir := shelf(t)
	tell(t, 80, 24, func(o *Options) { o.Templates = dir }, nil, func(s *story) {
		s.Keys("m")
		s.Type("kim@example.com")
		s.body()
		s.Type("Hi. ")
		s.Keys("alt+i")
		s.See("▌ bye", "offer", "thanks", "Offer {{ number }}")
		s.Type("thank")
		s.See("▌ thanks")
		s.SeeNot("offer")
		s.Type("xx")
		s.See("None has that")
		s.Keys("enter", "backspace", "backspace", "enter")
		s.See("Thanks", "name", "all")
		s.Type("Kim") // in place of the default
		s.Keys("enter")
		if got := s.model.composer().body.text(); got != "Hi. Thank you, Kim!" {
			s.t.Errorf("the text is %q", got)
		}
		s.Keys("alt+z")
		if got := s.model.composer().body.text(); got != "Hi. " {
			s.t.Errorf("undone is %q", got)
		}
		s.Keys("alt+i")
		s.Type("thank")
		s.Keys("enter", "right")
		s.Type("ies") // behind it, for who goes there
		s.Keys("enter")
		if got := s.model.composer().body.text(); got != "Hi. Thank you, allies!" {
			s.t.Errorf("the text is %q", got)
		}
		s.Keys("alt+z")
		s.Keys("alt+i", "enter") // without fields there is nothing to ask
		if got := s.model.composer().body.text(); got != "Hi. Bye \x1b[31mnow." && got != "Hi. Bye [31mnow." {
			s.t.Errorf("the text is %q", got)
		}
		s.Keys("alt+i")
		s.Type("offer")
		s.Keys("enter", "tab", "tab")
		s.Type("7")
		s.Keys("ctrl+s")
		d := s.model.composer().draft()
		if d.To != "kim@example.com" || d.Cc != "office@example.org" || d.Subject != "Offer 7 of 2000-01-01" || d.Account != "home" {
			s.t.Errorf("the draft is %+v", d)
		}
		s.attached(filepath.Join(dir, "terms.pdf"))
		s.See("terms.pdf 9 B")
	})
}

func TestTemplates_ANewMessageBeginsWithOne(t *testing.T) {
	offer, _, err := template.Find(shelf(t), "offer")
	if err != nil {
		t.Fatal(err)
	}
	tell(t, 80, 24, func(o *Options) { o.Compose, o.Template = new(compose.Draft), &offer }, nil, func(s *story) {
		s.See("Offer", "name", "address", "number", "2000-01-01")
		s.Type("Ana")
		s.Keys("enter")
		s.Type("ana@example.org")
		s.Keys("enter")
		s.Type("7")
		s.Keys("enter", "enter")
		s.See("Ana <ana@example.org>", "Offer 7 of 2000-01-01", "Dear Ana,")
		if got := s.model.composer().body.text(); got != "Dear Ana,\n\nhere it is." {
			s.t.Errorf("the text is %q", got)
		}
	})
}

func TestTemplates_SayWhatIsWrongWithThem(t *testing.T) {
	dir := t.TempDir()
	tell(t, 80, 24, func(o *Options) { o.Templates = dir }, nil, func(s *story) {
		s.Keys("m", "alt+i")
		s.See("There is none: write one into")
		s.Keys("esc")
		s.See("New message")
	})
	if err := os.WriteFile(filepath.Join(dir, "bad.md"), []byte("Hi\n{{ if }"), 0o600); err != nil {
		t.Fatal(err)
	}
	tell(t, 120, 24, func(o *Options) { o.Templates = dir }, nil, func(s *story) {
		s.Keys("m", "alt+i")
		s.See("bad.md:2: what stands behind {{ is no field")
	})
}
