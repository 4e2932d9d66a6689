package scenario

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/outbox"
)

// noEntry tells rows whose login is refused: the account is stopped until it is
// changed, or its secret, or a person asks for a try; nothing else makes another
// login, and nothing of it counts against the message.
func noEntry(t *testing.T, set func(r *rig), logins int, words ...string) {
	t.Helper()
	story(t, func(r *rig) {
		set(r)
		id := r.send(ana)
		r.pass(day)
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, connections: 1, logins: logins, words: words})
		r.isLockedOut(id, logins)

		r.answer, r.login = nil, "PLAIN"
		r.change("work", func(s *accounts.SMTP) { s.Username = "ada" })
		r.retry(id)
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 2, connections: 2, logins: logins + 1})
	})
}

// isLockedOut demands that an account is stopped with no end by itself.
func (r *rig) isLockedOut(id outbox.ID, logins int) {
	r.Helper()
	if park := r.park("work"); park.Class != outbox.ClassCredentials || !park.Until.IsZero() {
		r.Errorf("parked: %+v", park)
	}
	if counted := r.item(id).Attempts; counted != 0 || r.count("AUTH") != logins {
		r.Errorf("%d tries counted, %d logins", counted, r.count("AUTH"))
	}
}

// wrongPassword refuses the only one that there is.
var wrongPassword = table(rule{"AUTH", "", 0, "535 5.7.8 Username and password not accepted"})

func TestC01_LoginRefused(t *testing.T) {
	story(t, func(r *rig) {
		r.add("home")
		r.answer = wrongPassword
		first, second := r.send(ana), r.send(bob)
		for range 5 {
			other := r.submit(compose.Draft{Account: "home", To: cyd, Subject: "meanwhile", Body: "It goes.\n"})
			r.pass(day)
			r.want(other, want{state: "sent", recipients: "sent", tries: 1})
		}
		r.want(first, want{state: "waiting", recipients: "waiting", tries: 1, connections: 1, logins: 1, words: []string{"Username and password not accepted"}})
		r.isLockedOut(first, 1)
		if r.item(second).State != outbox.StateWaiting || len(r.attempts(second)) != 0 {
			r.Error("the account's other message was tried")
		}
	})
}

// Some servers let in who has a password and refuse it only where somebody is
// named: another secret is noticed then, too, and is used on another connection.
func TestC01_LoginRefusedBehindTheLogin(t *testing.T) {
	for _, verb := range []string{"MAIL", "RCPT"} {
		t.Run(verb, func(t *testing.T) {
			story(t, func(r *rig) {
				r.answer = table(rule{verb, "", 1, "530 5.7.0 Authentication required"})
				id := r.send(ana)
				r.pass(time.Second)
				refused := want{state: "waiting", recipients: "waiting", tries: 1, connections: 1, logins: 1, words: []string{"Authentication required"}}
				r.want(id, refused)
				r.isLockedOut(id, 1)
				r.secretIs(password)
				r.pass(day)
				r.want(id, refused)
				if err := os.WriteFile(r.accounts["work"].SMTP.Secret.File, []byte("another horse\n"), 0o600); err != nil {
					r.Fatal(err)
				}
				r.secretIs("another horse")
				r.settle(time.Minute)
				r.want(id, want{state: "sent", recipients: "sent", tries: 2, connections: 2, logins: 2})
			})
		})
	}
}

// secretIs is the sender's own look at the secret of "work".
func (r *rig) secretIs(secret string) {
	r.Helper()
	if err := r.outbox.SecretIs(r.Context(), "work", fingerprint(secret)); err != nil {
		r.Fatal(err)
	}
}

// Some servers say back what they do not know. The password is in it, and in
// nothing that is shown or kept.
func TestC01_TheServerSaysThePasswordBack(t *testing.T) {
	secret := base64.StdEncoding.EncodeToString([]byte("\x00ada\x00" + password))
	for name, c := range map[string]struct{ login, answer, words string }{
		"in a refusal":    {"PLAIN", "535 5.7.8 no such user: AUTH PLAIN " + secret, "no such user: AUTH PLAIN"},
		"cut off":         {"PLAIN", "535 5.7.8 no: " + secret[:24], "no:"},
		"as it is":        {"PLAIN", "535 5.7.8 ada may not use " + password + " here", "ada may not use [hidden] here"},
		"without a code":  {"PLAIN", "AUTH PLAIN " + secret + " what?", "not SMTP: AUTH PLAIN"},
		"behind a prompt": {"LOGIN", "334 UGFzc3dvcmQ6", "makes no sense"},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(r *rig) {
				r.login, r.answer = c.login, table(rule{"AUTH", "", 0, c.answer}, rule{"334", "", 2, "334 " + base64.StdEncoding.EncodeToString([]byte(password))})
				id := r.send(ana)
				r.pass(time.Second)
				r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, logins: 1, words: []string{c.words}})
			})
		})
	}
}

// What one method was refused with is refused by all: no other is tried.
func TestC02_LoginRefusedAndAnotherMethodOffered(t *testing.T) {
	noEntry(t, func(r *rig) { r.login, r.answer = "PLAIN LOGIN", wrongPassword }, 1, "Username and password not accepted")
}

func TestC03_LoginRefusedAndTheProgramStartedAgain(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = wrongPassword
		id := r.send(ana)
		r.pass(time.Hour)
		for range 10 {
			r.restart()
			r.pass(12 * time.Hour)
		}
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, connections: 1, logins: 1, words: []string{"Username and password not accepted"}})
		r.isLockedOut(id, 1)
	})
}

func TestC04_ApplicationPasswordWanted(t *testing.T) {
	const words = "Application-specific password required. For more information, go to https://example.org/mail/?p=InvalidSecondFactor"
	noEntry(t, func(r *rig) { r.answer = table(rule{"AUTH", "", 0, "534-5.7.9 " + words + "\n534 5.7.9 x1 - gsmtp"}) }, 1, words)
}

func TestC05_LoginPutOff(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"AUTH", "", 1, "454 4.7.0 Temporary authentication failure"})
		id := r.send(ana)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, logins: 1, words: []string{"Temporary authentication failure"}})
		r.settle(2 * time.Hour)
		r.want(id, want{state: "sent", recipients: "sent", tries: 2, logins: 2})
		r.between("the second login", r.gap(id, 1), 5*time.Minute, time.Hour)
		if counted := r.item(id).Attempts; counted != 1 {
			r.Errorf("%d tries counted", counted)
		}
	})
}

// A 535 is believed, whatever it says beside: one login too few costs a key, one
// too many may cost the account. The words are there to judge by.
func TestC06_LoginRefusedInTemporaryWords(t *testing.T) {
	const words = "Connection lost to authentication server"
	noEntry(t, func(r *rig) {
		r.answer = table(rule{"AUTH", "", 1, "535 5.7.8 Error: authentication failed: " + words})
	}, 1, words)
}

// An account without a user name, at a server that offers no login and wants one.
func TestC07_LoginWantedAndNotOffered(t *testing.T) {
	noEntry(t, func(r *rig) {
		r.change("work", func(s *accounts.SMTP) { s.Username = "" })
		r.login, r.answer = "", table(rule{"MAIL", "", 0, "530 5.7.0 Authentication required"})
	}, 0, "Authentication required")
}

// That a method is not known says nothing of the password.
func TestC08_OneMethodNotKnown(t *testing.T) {
	story(t, func(r *rig) {
		r.login = "PLAIN LOGIN"
		r.answer = func(c command) string {
			switch {
			case strings.HasPrefix(c.line, "AUTH PLAIN"):
				return "504 5.5.4 Unrecognized authentication type"
			case c.verb == "AUTH":
				return "334 VXNlcm5hbWU6"
			case c.verb == "334" && c.nth == 1:
				return "334 UGFzc3dvcmQ6"
			}
			return ""
		}
		id := r.send(ana)
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 1, connections: 1, logins: 2, transactions: 1})
		if said := r.heard("334"); len(said) != 2 || said[0].line != "YWRh" {
			r.Errorf("%d answers to challenges", len(said))
		}
	})
}

func TestC09_NoLoginOffered(t *testing.T) {
	unsafe(t, func(r *rig) { r.login = "" }, "EHLO", "offers no login, but the account has a user name")
}

func TestC10_ChallengesWithoutEnd(t *testing.T) {
	for _, method := range []string{"PLAIN", "LOGIN"} {
		t.Run(method, func(t *testing.T) {
			const more = "334 bW9yZQ=="
			story(t, func(r *rig) {
				r.login, r.answer = method, table(rule{"AUTH", "", 1, more}, rule{"334", "", 100, more})
				id := r.send(ana)
				r.try(id, 1)
				r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, connections: 1, logins: 1, words: []string{"the login makes no sense"}})
				if rounds := r.count("334"); rounds > 10 {
					r.Errorf("%d challenges were answered", rounds)
				}
				if method == "PLAIN" {
					r.settle(time.Hour)
					r.want(id, want{state: "sent", tries: 2, connections: 2, logins: 2})
				}
			})
		})
	}
}

func TestC11_AChallengeWithoutEnd(t *testing.T) {
	endless(t, "AUTH", "octets 334 AAAA", "a line without end")
}

// Hanging up on a login may be how a server locks somebody out: it is tried
// three times, further and further apart, and then a person is asked.
func TestC12_HungUpOnDuringTheLogin(t *testing.T) {
	story(t, func(r *rig) {
		r.answer = table(rule{"AUTH", "", 3, "close"})
		id := r.send(ana)
		r.try(id, 1)
		r.want(id, want{state: "waiting", recipients: "waiting", logins: 1, words: []string{"connection lost during the login: the server closed it"}})
		r.pass(3 * day)
		r.want(id, want{state: "waiting", recipients: "waiting", tries: 3, connections: 3, logins: 3})
		for n := range 2 {
			r.between("wait "+itoa(n+1), r.gap(id, n+1), 15*time.Minute, 2*time.Hour)
		}
		if park := r.park("work"); !park.Until.IsZero() || r.item(id).Attempts != 0 {
			r.Errorf("%d tries counted, parked: %+v", r.item(id).Attempts, park)
		}
		r.retry(id)
		r.settle(time.Minute)
		r.want(id, want{state: "sent", recipients: "sent", tries: 4, logins: 4})
	})
}

// bySecretCommand makes the account ask a shell command for its password.
func (r *rig) bySecretCommand(script string) {
	r.change("work", func(s *accounts.SMTP) { s.Secret = accounts.Secret{Command: []string{"sh", "-c", script}} })
}

// A command that hangs is killed after 30 s, with all it has started: that is of
// real time, and tested in accounts.
func TestC13_NoPassword(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		words  []string
	}{
		"it fails":         {"echo 'the store is locked' >&2; echo 'and more' >&2; exit 3", []string{"exit status 3", "the store is locked"}},
		"it says nothing":  {"exit 0", []string{"it is empty"}},
		"it says escapes":  {`printf '\033[2Jno\n' >&2; exit 1`, []string{"exit status 1", "no"}},
		"it is not there":  {"exec /nonexistent/pass", []string{"exit status"}},
		"it kills itself":  {"kill -9 $$", []string{"killed"}},
		"an empty line is": {"echo; echo second", []string{"it is empty"}},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(r *rig) {
				r.bySecretCommand(c.script)
				id := r.send(ana)
				r.pass(day)
				r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, words: append(c.words, "secret from command sh")})
				r.isLockedOut(id, 0)
				if r.connections != 0 {
					r.Errorf("%d connections", r.connections)
				}
			})
		})
	}
}

// Once the password is to be had, a person's retry or the sender's own look at
// it lets the mail go on.
func TestC14_ThePasswordIsToBeHadLater(t *testing.T) {
	for name, goOn := range map[string]func(r *rig, id outbox.ID){
		"a retry by hand":      func(r *rig, id outbox.ID) { r.retry(id) },
		"a look at the secret": func(r *rig, _ outbox.ID) { r.secretIs(password) },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(r *rig) {
				ring := filepath.Join(r.TempDir(), "ring")
				r.bySecretCommand("cat '" + ring + "'")
				id := r.send(ana)
				r.pass(time.Hour)
				r.want(id, want{state: "waiting", tries: 1})
				r.isLockedOut(id, 0)
				if err := os.WriteFile(ring, []byte(password+"\n"), 0o600); err != nil {
					r.Fatal(err)
				}
				goOn(r, id)
				r.settle(time.Minute)
				r.want(id, want{state: "sent", recipients: "sent", tries: 2, connections: 1, logins: 1})
			})
		})
	}
}

// Who gives out tokens is asked once more when one is refused, since it may have
// given the one of before; two are refused at most. The server's reasons come as
// a challenge, and only the answer to that is refused.
func TestC15_TokenExpired(t *testing.T) {
	for name, c := range map[string]struct {
		tokens string
		logins int
	}{
		"each is another": {`echo x >> '%s'; echo "token$(wc -l < '%[1]s')"`, 2},
		"it is the same":  {`echo token # %s`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			const reasons = `{"status":"400","schemes":"Bearer"}`
			story(t, func(r *rig) {
				r.again["work"] = c.logins - 1
				r.change("work", func(s *accounts.SMTP) { s.Auth = accounts.AuthXOAUTH2 })
				r.bySecretCommand(fmt.Sprintf(c.tokens, filepath.Join(r.TempDir(), "count")))
				r.login = "PLAIN XOAUTH2"
				r.answer = table(rule{"AUTH", "", 2, "334 " + base64.StdEncoding.EncodeToString([]byte(reasons))}, rule{"334", "", 2, "535 5.7.8 not accepted"})
				id := r.send(ana)
				r.pass(day)
				r.want(id, want{state: "waiting", recipients: "waiting", tries: 1, logins: c.logins, words: []string{"not accepted", reasons}})
				r.isLockedOut(id, c.logins)
				if c.logins == 2 {
					r.retry(id) // with a third token
					r.settle(time.Minute)
					r.want(id, want{state: "sent", recipients: "sent", tries: 2, logins: 3})
				}
			})
		})
	}
}

// It is the sender's address of this message that the server does not take from
// this account, so others of the account go on.
func TestC16_TheSenderIsNotTheAccounts(t *testing.T) {
	const words = "<ada@example.org>: Sender address rejected: not owned by user ada"
	story(t, func(r *rig) {
		r.policies[0].Connections = 1
		r.answer = table(rule{"MAIL", "", 1, "553 5.7.1 " + words})
		id, next := r.send(ana), r.send(bob)
		r.settle(time.Minute)
		r.want(id, want{state: "failed", recipients: "failed", tries: 1, connections: 1, logins: 1, transactions: 2, words: []string{words}})
		r.want(next, want{state: "sent", tries: 1})
	})
}
