package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"sendoff/accounts"
	"sendoff/internal/peers"
	"sendoff/outbox"
	"sendoff/outbox/smtp"
)

// BenchmarkTransport sends from memory into smtp-sink, beside smtp-source and
// go-smtp's client with as many connections, and msmtp with one a message: what the transport costs without a
// queue. All run on one processor, the sink on the same, since otherwise it is the
// system's wake-ups that are measured.
func BenchmarkTransport(b *testing.B) {
	for _, c := range []struct {
		name     string
		messages int
		size     int
	}{
		{"small", 5000, messageSize},
		{"large", 20, 10 << 20},
	} {
		b.Run(c.name, func(b *testing.B) { compareTransports(b, c.messages, c.size) })
	}
}

func compareTransports(b *testing.B, messages, size int) {
	pin := peers.Need(b, "taskset")
	to := startSink(b)
	if out, err := exec.Command(pin, "-a", "-c", "-p", "0", strconv.Itoa(to.process)).CombinedOutput(); err != nil {
		b.Fatalf("taskset: %v: %s", err, out)
	}
	pinned := func(cmd *exec.Cmd) *exec.Cmd {
		own := exec.Command(pin, append([]string{"-c", "0"}, cmd.Args...)...)
		own.Env = cmd.Env
		return own
	}
	source := func() *exec.Cmd {
		return pinned(sourceCommand(b, to.address, messages, size, sessions))
	}
	f := make(figures)
	for range b.N {
		limit := timed(b, source())
		for _, way := range []string{"run", "single", "go-smtp"} {
			took := ownTime(b, pinned(clientCommand(way, to.address, messages, size, sessions)))
			f.add(way+"/s", perSecond(messages, took))
			f.add(way+"-of-smtp-source", ratio(limit, took))
		}
		f.add("smtp-source/s", perSecond(messages, limit))
		if one := msmtp(b, pin, to.address, size); one > 0 {
			f.add("msmtp/s", 1/one.Seconds())
			f.add("msmtp-of-smtp-source", ratio(limit, time.Duration(messages)*one))
		} else {
			b.Log("without msmtp: it is not installed")
		}
	}
	f.report(b)
}

// msmtp is how long it takes for one message, of some: it is a process and a
// connection each. 0 where it is not installed.
func msmtp(b *testing.B, pin, address string, size int) time.Duration {
	b.Helper()
	program, err := exec.LookPath("msmtp")
	if err != nil {
		return 0
	}
	const some = 10
	host, port, _ := strings.Cut(address, ":")
	var all time.Duration
	for range some {
		cmd := exec.Command(pin, "-c", "0", program, "--file=/dev/null", "--host="+host, "--port="+port, "--tls=off", "--auth=off",
			"--from=ada@example.org", "ana@example.org")
		cmd.Stdin = bytes.NewReader(message(size))
		all += timed(b, cmd)
	}
	return all / some
}

func message(size int) []byte {
	return []byte("Subject: bench\r\n\r\n" + strings.Repeat(strings.Repeat("x", 62)+"\r\n", size/64))
}

func timed(b *testing.B, cmd *exec.Cmd) time.Duration {
	b.Helper()
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v: %s", cmd.Args, err, out)
	}
	return time.Since(start)
}

// ownTime is how long a child took by its own account: the start of a test binary
// is not what is compared.
func ownTime(b *testing.B, cmd *exec.Cmd) time.Duration {
	b.Helper()
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("%v: %v: %s", cmd.Args, err, out)
	}
	took, err := time.ParseDuration(strings.TrimSpace(string(out)))
	if err != nil {
		b.Fatal(err)
	}
	return took
}

// childVariable makes this test binary a client: a way to send, and what it has to know.
const childVariable = "SENDOFF_BENCH_CLIENT"

func childCommand(words ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+strings.Join(words, " "))
	return cmd
}

// clientCommand sends so many messages of a size from memory, over some connections.
func clientCommand(way, address string, messages, size, connections int) *exec.Cmd {
	return childCommand(way, address, strconv.Itoa(messages), strconv.Itoa(size), strconv.Itoa(connections))
}

// child is the client that is named in the environment. It prints how long it took.
func child(what string) error {
	if strings.HasPrefix(what, "sketch") {
		return sketchChild(what)
	}
	if what == "echo" {
		return echoChild()
	}
	var way, address string
	var messages, size, connections int
	if _, err := fmt.Sscan(what, &way, &address, &messages, &size, &connections); err != nil {
		return err
	}
	ways := map[string]func(address string, messages int, text []byte) error{
		"run": deliverRun, "single": deliverSingly, "go-smtp": sendByGoSMTP,
	}
	text := message(size)
	start := time.Now()
	failures := make(chan error, connections)
	var all sync.WaitGroup
	for range connections {
		all.Go(func() { failures <- ways[way](address, messages/connections, text) })
	}
	all.Wait()
	took := time.Since(start)
	for range connections {
		if err := <-failures; err != nil {
			return err
		}
	}
	fmt.Println(took)
	return nil
}

// deliverRun delivers as a lane of the outbox does, which knows what comes next.
func deliverRun(address string, messages int, text []byte) error {
	return deliver(address, messages, text, true)
}

// deliverSingly delivers without knowing what comes next.
func deliverSingly(address string, messages int, text []byte) error {
	return deliver(address, messages, text, false)
}

func deliver(address string, messages int, text []byte, ahead bool) error {
	host, port, _ := strings.Cut(address, ":")
	number, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	account := accounts.Account{Name: "bench", SMTP: accounts.SMTP{Host: host, Port: number, Security: accounts.None, Auth: accounts.AuthNone}}
	t := smtp.New(func(string) (accounts.Account, error) { return account, nil }, smtp.Options{})
	defer t.Close()
	all := make([]outbox.Delivery, messages)
	for i := range all {
		all[i] = outbox.Delivery{
			Item: outbox.ID(i + 1), Account: account.Name, From: "ada@example.org", Recipients: []string{"ana@example.org"}, Size: int64(len(text)),
			Open:     func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil },
			Mark:     func(context.Context, []outbox.Result) error { return nil },
			Progress: func(outbox.Step, int64) {},
		}
		if ahead && i+1 < messages {
			all[i].Next = func() (outbox.Delivery, bool) { return all[i+1], true }
		}
	}
	for _, d := range all {
		if result := t.Deliver(context.Background(), d).Results[0]; result.Class != outbox.ClassAccepted {
			return fmt.Errorf("%+v", result)
		}
	}
	return nil
}

// sendByGoSMTP sends by the client of the library that others use.
func sendByGoSMTP(address string, messages int, text []byte) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	client := gosmtp.NewClient(conn)
	defer client.Close()
	for range messages {
		if err := client.SendMail("ada@example.org", []string{"ana@example.org"}, bytes.NewReader(text)); err != nil {
			return err
		}
	}
	return nil
}
