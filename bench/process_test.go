// Package bench times whole processes of the built program beside those of
// others, in turn and in one run, since these figures are what a script feels:
//
//	go test ./bench -run - -bench . -benchtime 100x
//
// It is for people who compare, not for passing or failing.
package bench

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// contender is a command that is timed.
type contender struct {
	name  string
	args  []string
	stdin []byte
}

// BenchmarkQueueOneMessage runs every command once an iteration, one after the
// other, and reports the median of each in milliseconds.
func BenchmarkQueueOneMessage(b *testing.B) {
	home, scratch := b.TempDir(), b.TempDir()
	program := build(b)
	writeAccount(b, home)
	body := []byte(strings.Repeat("All work and no play makes a dull message of four thousand octets.\n", 60))
	message := append([]byte("Subject: bench\n\n"), body...)
	contenders := []contender{
		{name: "true", args: []string{"true"}},
		{name: "sendoff-version", args: []string{program, "version"}},
		{name: "sendoff-send", args: []string{program, "send", "--to", "ana@example.org", "-s", "bench"}, stdin: body},
		{name: "msmtp-version", args: []string{"msmtp", "--version"}},
		{name: "nullmailer-inject", args: []string{"nullmailer-inject", "-f", "ada@example.org", "ana@example.org"}, stdin: message},
		{name: "postfix-sendmail", args: []string{"/usr/sbin/sendmail", "-i", "-f", "ada@example.org", "ana@example.org"}, stdin: message},
	}
	environment := append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home+"/config", "XDG_DATA_HOME="+home+"/data", "XDG_STATE_HOME="+home+"/state")
	contenders = slices.DeleteFunc(contenders, func(c contender) bool {
		if _, err := run(c, environment, scratch); err != nil {
			b.Logf("without %s: %v", c.name, err)
			return true
		}
		return false
	})
	times := make(map[string][]time.Duration)
	b.ResetTimer()
	for i := range b.N {
		for j := range contenders {
			c := contenders[(i+j)%len(contenders)] // who follows whom changes
			took, err := run(c, environment, scratch)
			if err != nil {
				b.Fatal(err)
			}
			times[c.name] = append(times[c.name], took)
		}
	}
	b.StopTimer()
	for name, all := range times {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, name+"-ms")
	}
	b.ReportMetric(0, "ns/op") // the sum of strangers says nothing
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

func build(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "sendoff")
	cmd := exec.Command("go", "build", "-o", path, "sendoff")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return path
}

func writeAccount(b *testing.B, home string) {
	b.Helper()
	dir := filepath.Join(home, "config", "sendoff")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	const text = "[[account]]\nname = \"work\"\nfrom = \"ada@example.org\"\n[account.smtp]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\n"
	if err := os.WriteFile(filepath.Join(dir, "accounts.toml"), []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
}
