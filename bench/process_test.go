// Package bench times whole processes of the built program beside those of
// others, in turn and in one run, since these figures are what a script feels:
//
//	go test ./bench -run - -bench OneMessage -benchtime 100x
//	go test ./bench -run - -bench Queue -benchtime 5x -large
//
// An iteration is a round of all that are compared. It is for people who compare, not for passing or failing.
package bench

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sendoff/internal/clitest"
)

// large also runs what takes minutes.
var large = flag.Bool("large", false, "ten thousand messages where a thousand say nearly as much")

func TestMain(m *testing.M) {
	if what := os.Getenv(childVariable); what != "" {
		if err := child(what); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	clitest.Remove()
	os.Exit(code)
}

// contender is a command that is timed.
type contender struct {
	name  string
	args  []string
	stdin []byte
}

// BenchmarkQueueOneMessage runs every command once an iteration, one after the
// other, and reports the median of each in milliseconds.
func BenchmarkQueueOneMessage(b *testing.B) {
	p, scratch := clitest.Install(b), b.TempDir()
	p.Account("127.0.0.1:9")
	body := []byte(strings.Repeat("All work and no play makes a dull message of four thousand octets.\n", 60))
	message := append([]byte("Subject: bench\n\n"), body...)
	contenders := []contender{
		{name: "true", args: []string{"true"}},
		{name: "sendoff-version", args: []string{p.Path, "version"}},
		{name: "sendoff-send", args: []string{p.Path, "send", "--to", "ana@example.org", "-s", "bench"}, stdin: body},
		{name: "msmtp-version", args: []string{"msmtp", "--version"}},
		{name: "nullmailer-inject", args: []string{"nullmailer-inject", "-f", "ada@example.org", "ana@example.org"}, stdin: message},
		{name: "postfix-sendmail", args: []string{"/usr/sbin/sendmail", "-i", "-f", "ada@example.org", "ana@example.org"}, stdin: message},
	}
	environment := p.Command().Env
	contenders = slices.DeleteFunc(contenders, func(c contender) bool {
		if _, err := run(c, environment, scratch); err != nil {
			b.Logf("without %s: %v", c.name, err)
			return true
		}
		return false
	})
	f := make(figures)
	for i := range b.N {
		for j := range contenders {
			c := contenders[(i+j)%len(contenders)] // who follows whom changes
			took, err := run(c, environment, scratch)
			if err != nil {
				b.Fatal(err)
			}
			f.add(c.name+"-ms", float64(took.Microseconds())/1000)
		}
	}
	f.report(b)
}

// run runs a command as a script does, with files for standard input and output:
// pipes would add the goroutines of this process that serve them.
func run(c contender, environment []string, scratch string) (time.Duration, error) {
	in, err := os.Create(filepath.Join(scratch, "stdin"))
	if err != nil {
		return 0, err
	}
	defer in.Close()
	out, err := os.Create(filepath.Join(scratch, "stdout"))
	if err != nil {
		return 0, err
	}
	defer out.Close()
	if _, err := in.Write(c.stdin); err != nil {
		return 0, err
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = environment, in, out, out
	start := time.Now()
	err = cmd.Run()
	took := time.Since(start)
	if err != nil {
		said, _ := os.ReadFile(out.Name())
		err = fmt.Errorf("%s: %w: %s", c.name, err, said)
	}
	return took, err
}
