package peersuite

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/peers"
	"sendoff/internal/readers"
	"sendoff/outbox"
)

// The acceptance matrix: what two servers have received is read back by six
// readers, and all of them find the same tree, names, text and contents.
func TestMatrix(t *testing.T) {
	t.Run("smtp-sink", func(t *testing.T) {
		k := startSink(t)
		readBack(t, k.server(t))
	})
	t.Run("mailpit", func(t *testing.T) {
		m := peers.NeedMailpit(t)
		s := &server{smtp: at(t, m.Address, accounts.None), utf8: true, adds: "Return-Path Received Bcc"}
		s.taken = func(t *testing.T) (all []taken) {
			for _, message := range m.Messages(t) {
				all = append(all, taken{message.To, message.Text})
			}
			return all
		}
		readBack(t, s)
	})
}

// readBack delivers every specimen to a server, and reads what has arrived.
func readBack(t *testing.T, s *server) {
	t.Helper()
	r := newRig(t, s)
	byID := make(map[string]specimen)
	for _, one := range specimens(t) {
		d := one.draft
		d.Account = "work"
		if d.From == "" {
			d.From, d.To, d.Subject = "Ada <ada@example.org>", "Ana <ana@example.org>", one.name
		}
		one.draft = d
		byID[r.item(r.queue(d)).MessageID] = one
	}
	r.deliver(t, byID, func(one specimen, raw []byte) {
		t.Run(one.name, func(t *testing.T) { one.readBy(t, raw) })
	})
}

// deliver sends what is queued, and has every specimen read as it has arrived.
func (r *rig) deliver(t *testing.T, byID map[string]specimen, read func(one specimen, raw []byte)) {
	t.Helper()
	r.flush()
	for _, id := range r.ids {
		r.wantAll(id, "sent")
	}
	r.expect()
	r.check(t)
	for _, message := range r.taken(t) {
		id := messageID(message.text)
		one, found := byID[id]
		if !found {
			t.Errorf("%q came, and nobody sent it", id)
			continue
		}
		delete(byID, id)
		read(one, message.text)
	}
	for _, one := range byID {
		t.Errorf("%s did not come", one.name)
	}
}

// readBy lets every reader read a specimen.
func (s specimen) readBy(t *testing.T, raw []byte) {
	t.Run("python", func(t *testing.T) {
		r := readers.Python(t, raw)
		if len(r.Defects) > 0 {
			t.Errorf("defects: %q", r.Defects)
		}
		s.compareHeader(t, r)
		s.compareParts(t, r)
	})
	t.Run("go-message", func(t *testing.T) {
		r := readers.GoMessage(t, raw)
		s.compareHeader(t, r)
		// QUIRK: it decodes RFC 2047 words that RFC 2231 has brought out.
		for i := range r.Files {
			if i < len(s.files) && strings.Contains(s.files[i].name, "=?") {
				r.Files[i].Name = s.files[i].name
			}
		}
		s.compareParts(t, r)
	})
	t.Run("reformime", func(t *testing.T) { s.compareParts(t, readers.Reformime(t, raw)) })
	t.Run("mshow", func(t *testing.T) {
		r := readers.Mshow(t, raw)
		if r.Subject != s.draft.Subject {
			t.Errorf("subject %q, want %q", r.Subject, s.draft.Subject)
		}
		s.compareParts(t, r)
	})
	t.Run("ripmime", func(t *testing.T) { s.compareFlat(t, readers.Ripmime(t, raw)) })
	t.Run("munpack", func(t *testing.T) { s.compareContents(t, readers.Munpack(t, raw)) })
}

func (s specimen) compareHeader(t *testing.T, r readers.Reading) {
	t.Helper()
	if r.Subject != s.draft.Subject {
		t.Errorf("subject %q, want %q", r.Subject, s.draft.Subject)
	}
	compareAddresses(t, "from", r.From, s.draft.From)
	compareAddresses(t, "to", r.To, s.draft.To)
}

func compareAddresses(t *testing.T, field string, got []readers.Address, typed string) {
	t.Helper()
	list, err := compose.ParseList(typed)
	if err != nil {
		t.Fatal(err)
	}
	var want []readers.Address
	for _, a := range list {
		want = append(want, readers.Address{Name: a.Name, Address: a.Mailbox + "@" + a.Domain})
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s is read as %q, want %q", field, got, want)
	}
}

// wantText is the text that a reader has to find.
func (s specimen) wantText() string {
	if s.text != "" {
		return s.text
	}
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s.draft.Body)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}

// compareParts is for readers that tell everything.
func (s specimen) compareParts(t *testing.T, r readers.Reading) {
	t.Helper()
	if r.Tree != s.tree {
		t.Errorf("tree %s, want %s", r.Tree, s.tree)
	}
	if want := s.wantText(); r.Text != want {
		t.Errorf("text %.200q, want %.200q", r.Text, want)
	}
	if (r.HTML != "") != strings.Contains(s.tree, "text/html") || r.HTML != "" && !strings.HasSuffix(r.HTML, "\n") {
		t.Errorf("HTML %.200q", r.HTML)
	}
	var got []named
	for _, f := range slices.Concat(r.Images, r.Files) {
		got = append(got, named{f.Name, f.SHA256})
		if f.ID != "" && !strings.Contains(r.HTML, `src="cid:`+f.ID+`"`) {
			t.Errorf("%s is not shown by %.500q", f.Name, r.HTML)
		}
	}
	if !slices.Equal(got, s.files) {
		t.Errorf("files %q\nwant  %q", got, s.files)
	}
}

// compareFlat is for ripmime, which has no order.
//
// QUIRK: it cuts names at a question mark and behind 128 bytes, and saves those
// also under other names.
func (s specimen) compareFlat(t *testing.T, r readers.Reading) {
	t.Helper()
	odd := 0
	for _, f := range s.files {
		isOdd := len(f.name) > 128 || strings.Contains(f.name, "?")
		if isOdd {
			odd++
		}
		if !slices.ContainsFunc(r.Files, func(got readers.File) bool { return got.SHA256 == f.sum && (got.Name == f.name || isOdd) }) {
			t.Errorf("there is no %q with its content in %+v", f.name, r.Files)
		}
	}
	if more := len(r.Files) - len(s.files); more < 0 || more > odd {
		t.Errorf("%d files, want %d", len(r.Files), len(s.files))
	}
	s.compareText(t, r.Text)
}

// compareText is for readers that put a line end more, or one less, at the ends of
// a text.
func (s specimen) compareText(t *testing.T, text string) {
	t.Helper()
	if got, want := strings.Trim(text, "\r\n"), strings.Trim(s.wantText(), "\n"); got != want {
		t.Errorf("text %.200q, want %.200q", got, want)
	}
}

// compareContents is for munpack, which keeps few names.
//
// QUIRK: it takes a text for one of this system, makes an octet of its own of a
// line end that quoted-printable takes back, and unpacks no message that is one
// text in 7bit.
func (s specimen) compareContents(t *testing.T, r readers.Reading) {
	t.Helper()
	if len(r.Files) != len(s.files) {
		t.Fatalf("%d files, want %d: %+v", len(r.Files), len(s.files), r.Files)
	}
	for i, f := range r.Files {
		if f.SHA256 != s.files[i].sum && !strings.HasPrefix(f.Type, "text/") {
			t.Errorf("%s has another content", s.files[i].name)
		}
	}
	if s.tree != "text/plain" || r.Text != "" {
		s.compareText(t, strings.ReplaceAll(r.Text, "\xff", ""))
	}
}

// A NUL is refused where it stands, and nothing is queued.
func TestMatrix_RefusesNUL(t *testing.T) {
	r := newRig(t, &server{smtp: at(t, "127.0.0.1:9", accounts.None)})
	_, err := r.outbox.Submit(t.Context(), compose.Draft{
		Account: "work", From: (&mail.Address{Address: sender}).String(), To: ana, Subject: "NUL", Body: "line\nab\x00c",
	}, outbox.SubmitOptions{})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("byte %d (line 2)", 7)) {
		t.Errorf("got %v", err)
	}
}
