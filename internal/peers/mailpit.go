package peers

import (
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Mailpit is a running mailpit, which keeps what it takes and shows it over HTTP.
type Mailpit struct {
	Address string
	api     string
}

// MailpitMessage is one that it has taken. To is what it has noted of the
// envelope: who stands in To or Cc, accepted or not, and of the others those that
// it has accepted.
type MailpitMessage struct {
	To   []string
	Text []byte
}

// NeedMailpit starts one, with flags besides where it listens. It ends with the
// test.
func NeedMailpit(tb testing.TB, flags ...string) *Mailpit {
	tb.Helper()
	m := &Mailpit{Address: FreeAddress(tb), api: FreeAddress(tb)}
	flags = append(flags, "--smtp", m.Address, "--listen", m.api, "--database", filepath.Join(tb.TempDir(), "mail.db"),
		"--disable-version-check", "--smtp-disable-rdns")
	Serve(tb, m.Address, exec.Command(Need(tb, "mailpit"), flags...))
	return m
}

// Messages gives what it has taken, the newest first.
func (m *Mailpit) Messages(tb testing.TB) []MailpitMessage {
	tb.Helper()
	type addresses []struct{ Address string }
	var list struct {
		Messages []struct {
			ID          string
			To, Cc, Bcc addresses
		}
	}
	if err := json.Unmarshal(m.get(tb, "messages?limit=1000"), &list); err != nil {
		tb.Fatal(err)
	}
	var all []MailpitMessage
	for _, listed := range list.Messages {
		message := MailpitMessage{Text: m.get(tb, "message/"+listed.ID+"/raw")}
		for _, field := range []addresses{listed.To, listed.Cc, listed.Bcc} {
			for _, a := range field {
				message.To = append(message.To, a.Address)
			}
		}
		all = append(all, message)
	}
	return all
}

func (m *Mailpit) get(tb testing.TB, what string) []byte {
	tb.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get("http://" + m.api + "/api/v1/" + what)
	if err != nil {
		tb.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 32<<20))
	if err != nil || response.StatusCode != http.StatusOK {
		tb.Fatalf("mailpit: %s: %s, %v", what, response.Status, err)
	}
	return text
}
