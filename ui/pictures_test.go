package ui

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// inline checks which files the text shows.
func (s *story) inline(want ...string) {
	s.t.Helper()
	var got []string
	for _, i := range s.model.composer().draft().Inline {
		got = append(got, i.Path)
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("the text shows %q, not %q", got, want)
	}
}

func TestPictures_ThatAreTypedGoAlong(t *testing.T) {
	dir, home := album(t), album(t)
	t.Chdir(dir)
	t.Setenv("HOME", home)
	if err := os.Rename(filepath.Join(home, "chart.png"), filepath.Join(home, "logo.png")); err != nil {
		t.Fatal(err)
	}
	tell(t, 130, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.body()
		s.Type("See ![the chart](chart.png) and ![](~/logo.png).")
		s.Advance(2 * time.Second)
		s.See("Attach   chart.png 70 B, in the text · logo.png 70 B, in the text")
		s.inline(filepath.Join(dir, "chart.png"), filepath.Join(home, "logo.png"))
		s.Keys("ctrl+s")
		s.See("pictures  chart.png 70 B (", "logo.png 70 B (~/logo.png)", "y send")
		s.Keys("e")
		s.body() // what is not shown any more does not go along
		s.Type("![](logo.png)")
		s.Advance(2 * time.Second)
		s.inline(filepath.Join(home, "logo.png")) // none of that name is here, but at home
		s.Keys("ctrl+s", "y")
		s.only(outbox.StateScheduled)
	})
}

// Whoever wrote what is answered, linked or pasted may have named a file that they
// would like to have.
func TestPictures_NamedByOthersAreAskedAbout(t *testing.T) {
	dir := album(t)
	secret := filepath.Join(dir, "chart.png")
	linked := compose.Draft{To: "evil@example.org", Body: "![](" + secret + ")\n"}
	tell(t, 100, 24, func(o *Options) { o.Compose = &linked }, nil, func(s *story) {
		s.Advance(3 * time.Second)
		s.inline()
		s.Keys("ctrl+s")
		s.See("that: i sends the file along", "i show pictures", "y send")
		s.inline()
		s.Keys("i")
		s.inline(secret)
		s.See("pictures  chart.png 70 B")
		s.SeeNot("i show pictures")
	})
	tell(t, 100, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.body()
		s.paste("Look: ![](" + secret + ")")
		s.Advance(3 * time.Second)
		s.inline()
		s.Keys("ctrl+s", "y") // as it stands
		message := s.only(outbox.StateScheduled)
		if d, err := s.box.Draft(s.t.Context(), message.ID); err != nil || len(d.Inline) != 0 {
			s.t.Errorf("queued %+v, %v", d, err)
		}
	})
	quoted := compose.Draft{To: "evil@example.org", Body: "\n> ![](" + secret + ")\n"}
	tell(t, 100, 24, func(o *Options) { o.Compose = &quoted }, nil, func(s *story) {
		s.Keys("ctrl+s")
		s.SeeNot("picture")
		s.inline()
	})
}

func TestPictures_ThatCannotGoAlongAreTold(t *testing.T) {
	dir := album(t)
	t.Chdir(dir)
	tell(t, 100, 24, nil, nil, func(s *story) {
		s.Keys("m")
		s.Type("ana@example.org")
		s.body()
		s.Type("![](missing.png) ![](a.csv)")
		s.Advance(2 * time.Second)
		s.See("The text shows missing.png: no such file.")
		s.Keys("ctrl+s")
		s.See("cannot go along: missing.png: no such file", "cannot go along: a.csv is no picture", "y send")
		s.Keys("e")
		s.body()
		s.Type("x")
		s.Advance(2 * time.Second)
		s.SeeNot("missing.png")
	})
}

// Where no text is Markdown none shows a picture.
func TestPictures_AreTextWhereTheSettingsSayThatItIsPlain(t *testing.T) {
	dir := album(t)
	t.Chdir(dir)
	box, err := outbox.Open(t.Context(), outbox.Options{Dir: t.TempDir(), State: t.TempDir(), Habits: compose.Habits{Style: compose.StylePlain}})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	c := &composer{desk: &desk{options: Options{Outbox: box}}, last: compose.Draft{Body: "![](chart.png)"}}
	if p := lookForPictures(c.written(), naming{}); len(p.found)+len(p.missing) > 0 {
		t.Errorf("found %+v", p)
	}
}
