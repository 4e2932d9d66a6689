package check

import (
	"testing"

	"sendoff/accounts"
)

// A failure that comes when its step has been told is told all the same.
func TestChain_LosesNoFailure(t *testing.T) {
	out := make(chan Step, 10)
	c := newChain(out, "one", "two", "three")
	c.pass("one", "")
	c.fail("one", verdict{cause: CauseLost, found: "the connection broke", hint: "try again"}, "")
	c.end(CauseNotReached)
	close(out)
	got := ""
	for s := range out {
		got += s.Name + " " + string(s.State) + " " + string(s.Cause) + "\n"
	}
	if want := "one ok \ntwo fail connection-lost\nthree skipped not-reached\n"; got != want {
		t.Errorf("got\n%s", got)
	}
}

// The capabilities are asked for again where the login goes by them. A server that
// hangs up there has not let anybody in.
func TestRun_TellsAMailboxThatHangsUpAtItsSecondAnswer(t *testing.T) {
	for protocol, dialogue := range map[accounts.Protocol]string{
		accounts.IMAP: "S: * OK [CAPABILITY IMAP4rev1] hi\nC: T1 CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: T1 OK done\nC: T2 CAPABILITY\nclose",
		accounts.POP3: "S: +OK hi\nC: CAPA\nS: +OK\nS: .\nC: CAPA\nclose",
	} {
		w := newWorld(t, accounts.None, 587)
		w.account.Mailbox = accounts.Mailbox{
			Protocol: protocol, Host: host, Port: 2000, Security: accounts.None, Username: "somebody else", Secret: accounts.Secret{Env: "CHECK_TEST_PASSWORD"},
		}
		server := w.serve(2000, dialogue+"\n---\nclose", nil) // the second one is a knock at the door
		if s := step(t, w.check(Options{}), mailboxPrefix+StepLogin); s.State != Fail || s.Cause != CauseLost && s.Cause != CauseLoginHangUp {
			t.Errorf("%s: %+v", protocol, s)
		}
		server.Finish()
	}
}
