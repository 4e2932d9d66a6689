package mailbox

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"

	"sendoff/accounts"
	"sendoff/outbox"
)

// seeker notes what it is told.
type seeker struct {
	sought []string
	told   []string
}

func (s *seeker) Sought() (all []outbox.Sought) {
	for n, id := range s.sought {
		all = append(all, outbox.Sought{Item: outbox.ID(n + 1), MessageID: id})
	}
	return all
}

func (s *seeker) Found(_ context.Context, one outbox.Sought, folder string) error {
	s.told = append(s.told, "found "+one.MessageID+" in "+folder)
	return nil
}

func (s *seeker) Missed(_ context.Context, one outbox.Sought, folder string) error {
	s.told = append(s.told, "missed "+one.MessageID+" in "+folder)
	return nil
}

func TestSession_SeeksInTheFolderOfWhatWasSent(t *testing.T) {
	user, port := imapServer(t, nil, true, false)
	m := at(t, accounts.IMAP, accounts.None, "127.0.0.1", port)
	seek := func(folder string, want ...string) {
		t.Helper()
		m.SentFolder = folder
		s := New(m, Options{})
		defer s.Close()
		if err := s.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		k := &seeker{sought: []string{"<one@example.org>", "<two@example.org>"}}
		if err := s.Seek(t.Context(), k); err != nil || !slices.Equal(k.told, want) {
			t.Errorf("%q, %v, want %q", k.told, err, want)
		}
	}
	seek("") // there is none
	seek("Ausgang")
	for _, folder := range []string{"Sent", "Ausgang"} {
		if err := user.Create(folder, nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := user.Append("Sent", literal{strings.NewReader("Message-ID: <two@example.org>\r\n\r\nhi\r\n")}, &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
	seek("", "missed <one@example.org> in Sent", "found <two@example.org> in Sent")
	seek("Ausgang", "missed <one@example.org> in Ausgang", "missed <two@example.org> in Ausgang")
	status, err := user.Status("Sent", &imap.StatusOptions{NumUnseen: true})
	if err != nil || *status.NumUnseen != 1 {
		t.Errorf("the folder was changed: %+v, %v", status, err)
	}
}

// A server that lets nobody search says nothing of what it has; one that cannot be
// understood is asked at another time.
func TestSession_SeeksInVain(t *testing.T) {
	for _, test := range []struct {
		name, search string
		fails        bool
	}{
		{"refused", "T6 NO [CANNOT] not here\r\n", false},
		{"garbled", "* SEARCH x\r\n", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			port := sayingIMAP(t, map[string]string{
				"CAPABILITY": "* CAPABILITY IMAP4rev2\r\n", "EXAMINE": "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n", "LIST": "* LIST () \"/\" Sent\r\n", "SEARCH": test.search,
			})
			s := New(at(t, accounts.IMAP, accounts.None, "127.0.0.1", port), Options{})
			defer s.Close()
			if err := s.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
			k := &seeker{sought: []string{"<one@example.org>"}}
			if err := s.Seek(t.Context(), k); (err != nil) != test.fails || len(k.told) > 0 {
				t.Errorf("%v, %q", err, k.told)
			}
		})
	}
}
