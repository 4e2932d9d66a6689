package scenario

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/internal/smtptest"
	"sendoff/outbox"
	"sendoff/outbox/smtp"
)

// Whom the stories write to, and about what.
const (
	ana = "ana@example.org"
	bob = "bob@example.org"
	cyd = "cyd@example.org"

	subject = "Quarterly figures"
)

// A sender looks for other processes' commits ten times a second, which in
// virtual time costs more than all that is tested here: five days of it are
// five million looks. So it runs through every wait up to longestWatch, and
// over longer ones it is ended, as by a person who closes the program, and
// started again when something is due.
const (
	longestWatch = 3 * time.Minute
	longestStep  = 5 * time.Second // between two looks at what is going out
)

// rig is the whole engine with an account, "work", whose server is in memory.
type rig struct {
	*testing.T
	*server  // of "work"
	dir      string
	state    string // where the program tells others how far it is; "": it does not
	outbox   *outbox.Outbox
	servers  map[string]*server
	accounts map[string]accounts.Account
	policies []outbox.Policy
	letters  map[outbox.ID]*letter
	deleted  map[outbox.ID]bool // by the story
	again    map[string]int     // by account: logins with a refused password that the story asked for
	log      *logbook
	heap     int64 // the most that was in it at a look

	// real says that time and network are not virtual, and dialReal what a dial
	// meets there.
	real     bool
	dialReal func(ctx context.Context, network, address string) (net.Conn, error)

	looks, busyLook  int // at what is open; the first one that found something on the wire
	stopLook         int // at which the story is ended; 0: it is told to its end
	signalled, ended time.Time

	authority *smtptest.Authority
	transport *smtp.Transport

	// network is what a dial meets instead of the server; without an error, or
	// without a network, it meets that.
	network func(ctx context.Context, address string) error
}

// story tells one row in virtual time, and then checks what holds in each of
// them. That no goroutine is left is checked by synctest. The story uses the test
// it gets by r: the context of the one around it is not of the same time.
func story(t *testing.T, tell func(r *rig)) {
	t.Helper()
	t.Parallel()
	alone(t, tell)
}

// alone is a story during which no other is told.
func alone(t *testing.T, tell func(r *rig)) {
	t.Helper()
	busyLook := 0
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		tell(r)
		r.checkAll()
		if len(r.letters) <= mostAgain {
			busyLook = r.busyLook
		}
	})
	if busyLook > 0 {
		stopped(t, busyLook, tell)
	}
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{
		T: t, dir: filepath.Join(t.TempDir(), "sendoff"), servers: make(map[string]*server), accounts: make(map[string]accounts.Account),
		letters: make(map[outbox.ID]*letter), deleted: make(map[outbox.ID]bool), again: make(map[string]int),
		log: newLogbook(), authority: smtptest.NewAuthority(t),
	}
	r.placeEmpty()
	r.start()
	t.Cleanup(func() {
		r.stop()
		for _, s := range r.servers {
			s.finish()
		}
	})
	r.server = r.add("work")
	return r
}

// emptyOutbox is the database of an outbox that has just been made. To make it costs
// more than most stories do, and it has no time in it, so that any can have a copy.
var emptyOutbox = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "scenario-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	b, err := outbox.Open(context.Background(), outbox.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	if err := b.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "outbox.db"))
})

func (r *rig) placeEmpty() {
	r.Helper()
	database, err := emptyOutbox()
	if err == nil {
		err = errors.Join(os.Mkdir(r.dir, 0o700), os.WriteFile(filepath.Join(r.dir, "outbox.db"), database, 0o600))
	}
	if err != nil {
		r.Fatal(err)
	}
}

// start opens the outbox and makes a transport, as each start of the program does.
func (r *rig) start() {
	r.Helper()
	b, err := outbox.Open(r.Context(), outbox.Options{Dir: r.dir, State: r.state})
	if err != nil {
		r.Fatal(err)
	}
	r.outbox = b
	r.transport = smtp.New(r.account, smtp.Options{
		Dial: r.dial, RootCAs: r.authority.Pool, Log: r.log.Logger, Fingerprint: fingerprint,
	})
}

func (r *rig) stop() {
	r.Helper()
	began := time.Now()
	if err := errors.Join(r.transport.Close(), r.outbox.Close()); err != nil {
		r.Error(err)
	}
	r.ended = time.Now()
	r.between("the end of the program", r.ended.Sub(began), 0, mostStop)
}

// restart ends the program and starts it again.
func (r *rig) restart() {
	r.Helper()
	r.stop()
	r.start()
}

// fingerprint tells one secret from another; the program's cannot be guessed from.
func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// add makes an account with a server of its own: TLS from the first byte, and
// a login. The server has nothing against anything until its fields say so.
func (r *rig) add(name string) *server {
	r.Helper()
	secret := filepath.Join(r.TempDir(), "password")
	if err := os.WriteFile(secret, []byte(password+"\n"), 0o600); err != nil {
		r.Fatal(err)
	}
	s := &server{
		tb: r.T, done: make(chan struct{}), times: make(map[string]int), login: "PLAIN", lineEnd: "\r\n",
		address: net.IPv4(192, 0, 2, 25), secure: r.authority.Server(nil),
	}
	r.servers[name] = s
	r.accounts[name] = accounts.Account{Name: name, SMTP: accounts.SMTP{
		// The certificate is for localhost; where it seems to be, the address says.
		Host: "localhost", Port: 465 + len(r.accounts), Security: accounts.TLS, Auth: accounts.AuthAuto,
		Username: "ada", Secret: accounts.Secret{File: secret},
	}}
	r.policies = append(r.policies, outbox.Policy{Account: name, Connections: 2, Revision: "1"})
	return s
}

// change alters how an account reaches its server. It is meant for the beginning
// of a story.
func (r *rig) change(name string, how func(*accounts.SMTP)) {
	a := r.accounts[name]
	how(&a.SMTP)
	r.accounts[name] = a
}

func (r *rig) account(name string) (accounts.Account, error) {
	a, known := r.accounts[name]
	if !known {
		return a, errors.New("no such account")
	}
	return a, nil
}

// dial finds the server by its port, which is all that differs.
func (r *rig) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if r.real {
		return r.dialReal(ctx, network, address)
	}
	if r.network != nil {
		if err := r.network(ctx, address); err != nil {
			return nil, err
		}
	}
	for name, a := range r.accounts {
		if address == net.JoinHostPort(a.SMTP.Host, itoa(a.SMTP.Port)) {
			return r.servers[name].dial(ctx, network, address)
		}
	}
	return nil, errors.New("nobody listens there")
}

// send queues a short message.
func (r *rig) send(to ...string) outbox.ID {
	r.Helper()
	return r.submit(compose.Draft{To: strings.Join(to, ", "), Subject: subject, Body: "The figures.\n"})
}

// submit queues a draft and remembers how it must look on the wire.
func (r *rig) submit(d compose.Draft) outbox.ID {
	r.Helper()
	return r.submitWith(d, outbox.SubmitOptions{})
}

func (r *rig) submitWith(d compose.Draft, o outbox.SubmitOptions) outbox.ID {
	r.Helper()
	d.Account = cmp.Or(d.Account, "work")
	d.From = "Ada Example <ada@example.org>"
	id, err := r.outbox.Submit(r.Context(), d, o)
	if err != nil {
		r.Fatal(err)
	}
	item := r.item(id)
	message, err := r.outbox.Message(r.Context(), id)
	if err != nil {
		r.Fatal(err)
	}
	defer message.Close()
	var recipients []string
	for _, recipient := range item.Recipients {
		recipients = append(recipients, recipient.Address)
	}
	if r.letters[id], err = newLetter(item.MessageID, recipients, message); err != nil {
		r.Fatal(err)
	}
	return id
}

func (r *rig) item(id outbox.ID) outbox.Item {
	r.Helper()
	item, err := r.outbox.Get(r.Context(), id)
	if err != nil {
		r.Fatal(err)
	}
	return item
}

// delete removes an item, as a person does.
func (r *rig) delete(id outbox.ID) {
	r.Helper()
	if err := r.outbox.Delete(r.Context(), id); err != nil {
		r.Fatal(err)
	}
	r.deleted[id] = true
}

// retry is a person's asking for another try.
func (r *rig) retry(id outbox.ID) {
	r.Helper()
	if err := r.outbox.Retry(r.Context(), id, outbox.RetryOptions{}); err != nil {
		r.Fatal(err)
	}
}

// attempts gives the tries of an item that are over.
func (r *rig) attempts(id outbox.ID) []outbox.Attempt {
	r.Helper()
	all, err := r.outbox.Attempts(r.Context(), id)
	if err != nil {
		r.Fatal(err)
	}
	return slices.DeleteFunc(all, func(a outbox.Attempt) bool { return a.Finished.IsZero() })
}

// park gives why and until when an account has stopped; the zero Park if it has not.
func (r *rig) park(account string) outbox.Park { return r.parks()[account] }

func (r *rig) parks() map[string]outbox.Park {
	r.Helper()
	all, err := r.outbox.Parks(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	parks := make(map[string]outbox.Park)
	for _, p := range all {
		parks[p.Account] = p
	}
	return parks
}

// settle runs the sender until nothing is open any more.
func (r *rig) settle(within time.Duration) {
	r.Helper()
	r.run(within, isSettled)
}

func isSettled(open []outbox.Item) bool { return len(open) == 0 }

// try runs the sender until an item has been tried so often.
func (r *rig) try(id outbox.ID, times int) {
	r.Helper()
	r.run(10*24*time.Hour, func([]outbox.Item) bool { return len(r.attempts(id)) >= times })
}

// run lets the sender send until it is enough, which it judges by the items that
// are open, and fails if that is not so in time.
func (r *rig) run(within time.Duration, enough func(open []outbox.Item) bool) {
	r.Helper()
	if !r.runUntil(time.Now().Add(within), enough) {
		r.Fatalf("after %s it is not enough: %s", within, r.summary())
	}
}

// pass lets time pass, with a sender when something is due.
func (r *rig) pass(d time.Duration) {
	r.Helper()
	end := time.Now().Add(d)
	r.runUntil(end, func([]outbox.Item) bool { return false })
	time.Sleep(time.Until(end))
}

// runUntil lets the sender send until it is enough, or nothing more is due before
// end, and tells which.
func (r *rig) runUntil(end time.Time, enough func(open []outbox.Item) bool) bool {
	r.Helper()
	for {
		open := r.watch(end, enough)
		if enough(open) {
			return true
		}
		next := r.next(open)
		if next.IsZero() || !next.Before(end) {
			return false
		}
		time.Sleep(time.Until(next))
	}
}

// newSender makes a sender, as each start of the program does.
func (r *rig) newSender() *outbox.Sender {
	policies := func() []outbox.Policy { return r.policies }
	s := outbox.NewSender(r.outbox, r.transport, policies, r.log.Logger)
	s.Trace = func(_ outbox.ID, line string) { fmt.Fprintln(r.log, line) } // as --trace shows it
	return s
}

// watch runs one sender until it is enough, or until what comes next is far. It
// gives what is open then.
func (r *rig) watch(end time.Time, enough func(open []outbox.Item) bool) (open []outbox.Item) {
	r.Helper()
	ctx, stop := context.WithCancel(r.Context())
	over := make(chan error, 1)
	go func() { over <- r.newSender().Run(ctx) }()
	for step := time.Millisecond; ; {
		synctest.Wait() // until all wait for the time, or for each other
		open = r.look()
		if enough(open) || !time.Now().Before(end) || r.looks == r.stopLook {
			break
		}
		if !sending(open) {
			next := r.next(open)
			if next.IsZero() || !next.Before(end) || time.Until(next) > longestWatch {
				break
			}
			step = max(time.Until(next), time.Millisecond)
		}
		time.Sleep(step)
		step = min(2*step, longestStep)
	}
	cut := sending(open)
	r.endSender(stop, over)
	if cut {
		open = r.open()
	}
	return open
}

// look gives what is open, and keeps count of it for the checks.
func (r *rig) look() []outbox.Item {
	r.Helper()
	open := r.open()
	if r.looks++; r.busyLook == 0 && sending(open) {
		r.busyLook = r.looks
	}
	r.heap = max(r.heap, weigh())
	return open
}

// open are the items that a sender may still do something for.
func (r *rig) open() []outbox.Item {
	r.Helper()
	all, err := r.outbox.List(r.Context(), outbox.Query{States: []outbox.State{outbox.StateWaiting, outbox.StateSending}})
	if err != nil {
		r.Fatal(err)
	}
	return all
}

func sending(items []outbox.Item) bool {
	return slices.ContainsFunc(items, func(i outbox.Item) bool { return i.State == outbox.StateSending })
}

// next is when the next of some items is due; the zero time if none is by itself.
func (r *rig) next(open []outbox.Item) (next time.Time) {
	r.Helper()
	parks := r.parks()
	for _, item := range open {
		due, park := item.NextAttempt, parks[item.Account]
		if park.Account != "" && park.Until.IsZero() {
			continue
		}
		if due.Before(park.Until) {
			due = park.Until
		}
		if next.IsZero() || due.Before(next) {
			next = due
		}
	}
	return next
}

// rewrite changes the database behind the outbox's back.
func (r *rig) rewrite(statements ...string) {
	r.Helper()
	db, err := sql.Open("sqlite", filepath.Join(r.dir, "outbox.db"))
	if err != nil {
		r.Error(err)
		return
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			r.Errorf("%s: %v", statement, err)
		}
	}
}
