package outbox_test

import (
	"os"
	"strings"
	"testing"

	"sendoff/outbox"
	"sendoff/outbox/outboxtest"
)

// asks proves that the campaigns of an outbox wait for a person.
func asks(t *testing.T, dir string) {
	t.Helper()
	b := openCampaigns(t, dir)
	defer b.Close()
	transport := &outboxtest.Transport{}
	flush(t, sender(b, transport, policies(2)))
	all, err := b.Campaigns(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if n, _ := transport.Calls(); n != 0 || all[0].State != outbox.CampaignPaused || !strings.Contains(all[0].Reason, "copy") {
		t.Errorf("%d letters have left: %+v", n, all[0])
	}
	if err := b.ResumeCampaign(t.Context(), all[0].ID); err != nil {
		t.Fatal(err)
	}
	flush(t, sender(b, transport, policies(2)))
	if c := campaign(t, b, all[0].ID); c.State != outbox.CampaignDone {
		t.Errorf("resumed it is %+v", c)
	}
}

func TestCampaign_OfACopiedOutboxAsksFirst(t *testing.T) {
	dir := t.TempDir()
	halfSent(t, dir)
	asks(t, copyOutbox(t, dir))
}

func TestCampaign_OfACopyThatNobodySentFromAsksFirst(t *testing.T) {
	dir := t.TempDir()
	b := openCampaigns(t, dir)
	start(t, b, specOf("work"), rowsFor(5, 1))
	b.Close()
	asks(t, copyOutbox(t, dir))
}

func TestCampaign_OfABackupThatWasPutBackAsksFirst(t *testing.T) {
	dir := t.TempDir()
	halfSent(t, dir)
	old, err := os.ReadFile(databaseOf(dir))
	if err != nil {
		t.Fatal(err)
	}
	b := openCampaigns(t, dir)
	flush(t, sender(b, &outboxtest.Transport{}, policies(2)))
	b.Close()
	if err := os.WriteFile(databaseOf(dir), old, 0o600); err != nil { // into the same file
		t.Fatal(err)
	}
	asks(t, dir)
}

func TestCampaign_GoesOnInTheSameOutbox(t *testing.T) {
	dir := t.TempDir()
	halfSent(t, dir)
	moved := t.TempDir() + "/moved"
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	b := openCampaigns(t, moved)
	defer b.Close()
	o := flush(t, sender(b, &outboxtest.Transport{}, policies(2)))
	if o.Sent < 200 || o.Waiting != 0 {
		t.Errorf("%+v", o)
	}
}
