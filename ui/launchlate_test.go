package ui

import (
	"testing"

	tea "charm.land/bubbletea/v2"

	"sendoff/outbox"
)

// A key that is pressed twice opens the editor once, and none opens over something else.
func TestLaunch_OneEditorOpensAndOverItsOwnPaneOnly(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		s.launched("campaign")
		p := s.model.top().(*lookPane)
		opens := func(cmd tea.Cmd) bool { return cmd().(ended).do() != nil }
		first := pressKey(s.t, p, "e")
		if pressKey(s.t, p, "e") != nil || pressKey(s.t, p, "E") != nil {
			s.t.Error("a second editor is to open")
		}
		if !opens(first) {
			s.t.Fatal("none opens")
		}
		if pressKey(s.t, p, "e") != nil {
			s.t.Error("a second editor is to open behind the first")
		}
		s.model.editorTurn = false // the first has come to its end

		late := pressKey(s.t, p, "e")
		s.Keys("?")
		if opens(late) {
			s.t.Error("it opens over the help")
		}
		s.Keys("esc")
		late = pressKey(s.t, p, "e")
		s.Keys("esc")
		s.See("1 of 4: files")
		if opens(late) {
			s.t.Error("it opens over what was gone back to")
		}
		s.Keys("enter")
		if !opens(pressKey(s.t, s.model.top(), "E")) {
			s.t.Error("none opens any more")
		}
	})
}

// What another look finds against a start closes the steps behind it, whatever is open
// over them.
func TestLaunch_GoesBackToTheLookFromUnderTheHelp(t *testing.T) {
	tell(t, 90, 24, ready(t), nil, func(s *story) {
		dir := s.writeFolder("---\nsubject: Hello\nfrom: ada@lists.example.org\n---\nDear friend,\n", rowsFor(3))
		s.launchable()
		s.Keys("C")
		s.Type(dir + "/")
		s.Keys("enter", "enter", "tab", "right", "right")
		late := pressKey(s.t, s.model.top(), "ctrl+s")
		s.Keys("?")
		s.Send(late())
		s.See("2 of 4: look", "That does not go", "account home does not send as ada@lists.example.org")
		s.Keys("esc")
		s.See("1 of 4: files")
	})
}

// A start that ends late takes nothing away that was opened meanwhile.
func TestLaunch_AStartThatEndsLateLeavesTheFormOpen(t *testing.T) {
	tell(t, 80, 24, ready(t), nil, func(s *story) {
		s.launched("campaign")
		s.Keys("enter", "ctrl+s")
		late := pressKey(s.t, s.model.top(), "y")
		s.Send(draftRead{draft: draft("work", "kim@example.com", "Lunch on Friday?")}) // asked for before the wizard
		s.See("Lunch on Friday?")
		s.Send(late())
		s.See("Lunch on Friday?", "kim@example.com", "It is started, ")
		if state, n := s.counts(1); state != outbox.CampaignRunning || n.Ready != 5 {
			s.t.Errorf("it is %s: %+v", state, n)
		}
		s.Keys("esc")
		s.See("Campaigns 1")
	})
}

// A name that is taken while the plan is looked at is told before anything is typed, or when
// it is stored; either way a free one is offered.
func TestLaunch_ANameTakenMeanwhileGetsAnother(t *testing.T) {
	for rows, notYet := range map[int]string{60: "type 60", 3: "It is started"} {
		tell(t, 80, 24, ready(t), nil, func(s *story) {
			list := "email,First Name\n"
			for _, address := range many(rows) {
				list += address + ",Ana\n"
			}
			dir := s.writeFolder(plainLetter, list)
			s.launchable()
			s.Keys("C")
			s.Type(dir + "/")
			s.Keys("enter", "enter", "ctrl+s")
			s.See("Start this?")
			s.start(outbox.CampaignSpec{Name: "letter"}, "ana@example.org")
			s.Keys("y")
			s.See("3 of 4: how", "There is a campaign of that name already. This one is free.", "letter-2")
			s.SeeNot(notYet)
			s.Keys("ctrl+s", "y")
			if rows > 50 {
				s.Type("60")
				s.Keys("enter")
			}
			s.See("It is started", "letter-2")
		})
	}
}
