package ui

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"charm.land/bubbles/v2/key"

	"sendoff/outbox"
)

func TestNewKeys_NamesWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		action string
		keys   []string
		want   string // "" if nothing is wrong
		other  string
		word   string
	}{
		{action: "outbox.retry", keys: []string{"ctrl+r", "R"}},
		{action: "outbox.retry", keys: []string{"alt+ctrl+x"}},
		{action: "outbox.retry", keys: []string{"é"}},
		{action: "outbox.retry", keys: []string{"+"}},
		{action: "outbox.retry", keys: []string{"ctrl++"}},
		{action: "outbox.retry", keys: []string{"shift+f5"}},
		{action: "outbox.retry", keys: nil},
		{action: "outbox.retry", keys: []string{"t"}, want: `"t" is the key of message.transcript in the view of a message`, other: "message.transcript"},
		{action: "outbox.retry", keys: []string{"q"}, want: `"q" is the key of list.quit in the list`, other: "list.quit"},
		{action: "message.source", keys: []string{"m"}}, // which is compose only in the list
		{action: "campaign.pause", keys: []string{"m"}, want: `"m" is the key of list.compose in the list of campaigns`, other: "list.compose"},
		{action: "campaign.pause", keys: []string{"space"}}, // which marks messages, and no campaign
		{action: "list.compose", keys: []string{"?"}, want: `"?" is the key of everywhere.help in the list`, other: "everywhere.help"},
		{action: "outbox.rety", keys: []string{"r"}, want: "there is no such action", word: "outbox.rety"},
		{action: "outbox.retry", keys: []string{"contrl+r"}, want: `there is no key "contrl+r"`, word: "contrl"},
		{action: "outbox.retry", keys: []string{"return"}, want: `there is no key "return"`, word: "return"},
		{action: "outbox.retry", keys: []string{""}, want: `there is no key ""`},
		{action: "outbox.retry", keys: []string{"\x1b"}, want: `there is no key "\x1b"`, word: "\x1b"},
		{action: "outbox.retry", keys: []string{"\xff"}, want: `there is no key "\xff"`, word: "\xff"},
		{action: "outbox.retry", keys: []string{"shift+r"}, want: `"shift+r" types "R": write that`},
		{action: "outbox.retry", keys: []string{"ctrl+R"}, want: `"ctrl+R" is not sent by terminals: write the letter small`},
		{action: "compose.review", keys: []string{"r"}, want: `"r" is for writing in the composer`},
		{action: "compose.review", keys: []string{"space"}, want: `"space" is for writing in the composer`},
		{action: "compose.take-off", keys: []string{"d"}}, // among the attachments nothing is typed
		{action: "compose.show", keys: []string{"x"}, want: `"x" is the key of compose.take-off in the composer`, other: "compose.take-off"},
		{action: "review.send", keys: []string{"1"}, want: `"1" takes what is offered in the review`},
		{action: "spelling.next", keys: []string{"9"}, want: `"9" takes what is offered in the look at words`},
		{action: "filter.done", keys: []string{"f"}, want: `"f" is for writing in the filter`},
		{action: "everywhere.help", keys: []string{"z"}}, // where text is typed it is text
		{action: "everywhere.help", keys: []string{"ctrl+s"}, want: `"ctrl+s" is the key of compose.review in the composer`, other: "compose.review"},
		{action: "text.delete-left", keys: []string{"ctrl+j"}},
		{action: "text.delete-left", keys: []string{"x"}, want: `"x" is for writing in the filter`},
		{action: "cursor.left", keys: []string{"ctrl+w"}, want: `"ctrl+w" is the key of text.delete-word-left in the filter`, other: "text.delete-word-left"},
		{action: "cursor.line-end", keys: []string{"ctrl+e"}}, // the editor goes before it in the composer, as it does by itself
		{action: "compose.attach", keys: []string{"ctrl+a"}, want: `"ctrl+a" is the key of cursor.line-start in the composer`, other: "cursor.line-start"},
		{action: "compose.attach", keys: []string{"shift+up"}, want: `"shift+up" is the key of cursor.up in the composer`, other: "cursor.up"},
		{action: "compose.review", keys: []string{"ctrl+h"}, want: `"ctrl+h" is the key of text.delete-left in the composer`, other: "text.delete-left"},
		{action: "question.yes", keys: []string{"z"}},
		{action: "question.yes", keys: []string{"w"}, want: `"w" is the key of question.wait in a question`, other: "question.wait"},
		{action: "question.yes", keys: []string{"1"}, want: `"1" takes what is offered in a question`},
		{action: "everywhere.abort", keys: nil, want: "without a key there is no way out of a program that hangs"},
	} {
		_, err := NewKeys(map[string][]string{test.action: test.keys})
		var wrong *KeyError
		switch errors.As(err, &wrong); {
		case test.want == "" && err == nil:
		case wrong == nil || wrong.Action != test.action || wrong.Problem != test.want || wrong.Other != test.other || wrong.Word != test.word:
			t.Errorf("%s = %q: got %+v, %v; want %s", test.action, test.keys, wrong, err, test.want)
		}
	}
}

// Who mends one mistake after the other starts the program as often.
func TestNewKeys_TellsAllThatIsWrongOnce(t *testing.T) {
	_, err := NewKeys(map[string][]string{"outbox.retry": {"z"}, "outbox.delete": {"z"}, "list.qit": {"Q"}, "list.mark": {"pgdwn"}, "list.open": {"o"}})
	var wrong KeyErrors
	if !errors.As(err, &wrong) {
		t.Fatal(err)
	}
	var names []string
	for _, one := range wrong {
		names = append(names, one.Action)
	}
	if want := []string{"list.mark", "list.qit", "outbox.delete"}; !slices.Equal(names, want) {
		t.Errorf("%q instead of %q", names, want)
	}
}

func TestNewKeys_TwoActionsMayChangeTheirKeys(t *testing.T) {
	if _, err := NewKeys(map[string][]string{"outbox.retry": {"d"}, "outbox.delete": {"r"}}); err != nil {
		t.Error(err)
	}
}

func TestActions_HaveKeysOfTheirOwn(t *testing.T) {
	names := make(map[string]bool)
	all := make(map[string][]string)
	for _, a := range actions {
		if names[a.name] {
			t.Errorf("%s stands there twice", a.name)
		}
		names[a.name], all[a.name] = true, a.keys
		if !slices.ContainsFunc(keyScreens, func(s keyScreen) bool { return slices.Contains(s.scopes, a.scope()) }) {
			t.Errorf("%s is on no screen", a.name)
		}
		for _, pressed := range a.keys {
			if got, err := parseKey(pressed); err != nil || got != pressed {
				t.Errorf("%s: the key %q: %q, %v", a.name, pressed, got, err)
			}
		}
	}
	if _, err := NewKeys(all); err != nil {
		t.Error(err)
	}
}

// Every action is in the help of some screen, else nobody could find it.
func TestActions_AreInTheHelp(t *testing.T) {
	found := make(map[string]bool)
	note := func(all []key.Binding) {
		for _, b := range all {
			for _, k := range b.Keys() {
				if name, ok := strings.CutPrefix(k, actionMark); ok {
					found[name] = true
				}
			}
		}
	}
	for _, screen := range screens {
		tell(t, 80, 24, nil, everyState, func(s *story) {
			screen.open(s)
			for _, p := range s.model.panes {
				b := p.bindings()
				note(b.end)
				note(b.footer)
				for _, g := range s.model.allKeys(b) {
					note(g.bindings)
				}
			}
		})
	}
	for _, a := range actions {
		if !found[a.name] && a.name != "view.close" && a.scope() != "question" { // which goes with view.back, and stands in the question
			t.Errorf("%s is in no help", a.name)
		}
	}
}

func TestKeys_ChosenOnesWorkAndAreShown(t *testing.T) {
	keys, err := NewKeys(map[string][]string{"outbox.hold": {"ctrl+h"}, "outbox.cancel": nil, "list.quit": {"Q"}, "everywhere.help": {"f1"}})
	if err != nil {
		t.Fatal(err)
	}
	tell(t, 120, 30, func(o *Options) { o.Keys = keys }, func(s *story) {
		s.queue(draft("work", "ana@example.org", "Hello"), outbox.SubmitOptions{})
	}, func(s *story) {
		s.See("ctrl+h hold", "f1 help", "Q quit")
		s.SeeNot("H hold", " cancel")
		s.Keys("H", "?")
		s.only(outbox.StateWaiting)
		s.Keys("ctrl+h")
		s.See("It is held until ctrl+h releases it.", "ctrl+h release")
		s.only(outbox.StateHeld)
		s.Keys("f1")
		s.See("ctrl+h", "no key")
		s.Keys("f1", "q")
		if s.Quit {
			s.t.Fatal("q quits still")
		}
		s.Keys("Q")
		if !s.Quit {
			s.t.Error("Q does not quit")
		}
	})
}

// What edits a text has keys like all else, in a text and in a line.
func TestKeys_ChosenOnesEdit(t *testing.T) {
	keys, err := NewKeys(map[string][]string{
		"cursor.left": {"ctrl+j"}, "text.delete-left": {"ctrl+q"}, "text.delete-line-end": {"ctrl+l"}, "compose.editor": nil, "question.yes": {"z"},
	})
	if err != nil {
		t.Fatal(err)
	}
	tell(t, 120, 40, func(o *Options) { o.Keys = keys }, nil, func(s *story) {
		s.Keys("m")
		s.Type("abc")
		s.Keys("ctrl+j", "ctrl+q", "left", "backspace", "tab", "tab")
		s.Type("one two")
		s.Keys("ctrl+e", "!", "ctrl+left", "ctrl+j", "ctrl+shift+j", "ctrl+q", "ctrl+l")
		if d := s.model.composer().draft(); d.To != "ac" || !strings.HasPrefix(d.Body, "on\n") {
			s.t.Errorf("%q, %q", d.To, d.Body)
		}
		s.Keys("f1")
		s.See("ctrl+j           left", "ctrl+q           delete left", "ctrl+l", "select while moving")
		s.Keys("esc", "ctrl+k")
		s.See("review and send")
		s.Keys("esc", "ctrl+x")
		s.See("z discard")
		s.Keys("y")
		s.See("z discard")
		s.Keys("z")
		s.SeeNot("Subject")
	})
}

// The help of a screen names no key for two things.
func TestHelp_OfTheComposerSaysWhatKeysDoThere(t *testing.T) {
	tell(t, 120, 60, nil, nil, func(s *story) {
		s.Keys("m", "tab", "tab", "f1")
		s.See("ctrl+e           editor", "end              end of line", "ctrl+b           Cc Bcc",
			"←                left", "ctrl+k           delete to line end", "alt+x            all actions")
		s.SeeNot("ctrl+k alt+x")
	})
}

func TestKeys_ThatWriteDoSoWhereTextIsTyped(t *testing.T) {
	keys, err := NewKeys(map[string][]string{"everywhere.help": {"z", "f2"}})
	if err != nil {
		t.Fatal(err)
	}
	tell(t, 80, 24, func(o *Options) { o.Keys = keys }, nil, func(s *story) {
		s.Keys("/")
		s.Type("zero")
		s.See("/ zero")
		s.Keys("esc", "z")
		s.See("Everywhere in the list")
	})
}

// A key may look like the place that it is put into.
func TestKeyed_PutsInWhateverKeyThereIs(t *testing.T) {
	keys, err := NewKeys(map[string][]string{"outbox.retry": {"{"}, "attach.choose": {"alt+%"}})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{options: Options{Keys: keys}}
	if got := d.keyed("{outbox.retry} tries, {outbox.correct} sends, {attach.choose} takes."); got != "{ tries, E sends, alt+% takes." {
		t.Errorf("got %q", got)
	}
}

func FuzzNewKeys(f *testing.F) {
	for _, k := range []string{"r", "ctrl+r", "ctrl+", "+", "", "alt+ctrl+shift+f12", "\xff", "\u0301"} {
		f.Add("outbox.retry", k)
	}
	f.Fuzz(func(t *testing.T, action, typed string) {
		keys, err := NewKeys(map[string][]string{action: {typed}})
		if err != nil {
			return
		}
		chosen := slices.Collect(maps.Values(keys.chosen))
		again, err := NewKeys(map[string][]string{action: chosen[0]})
		if err != nil || !slices.Equal(again.chosen[action], chosen[0]) {
			t.Errorf("%q became %q, and then %q, %v", typed, chosen[0], again.chosen[action], err)
		}
	})
}
