package peersuite

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendoff/compose"
	"sendoff/internal/peers"
)

// spam asks for the spam filters, which .ci/spam installs.
var spam = flag.Bool("spam", false, "ask the spam filters, which only .ci/spam installs")

// What a person writes must cost no points: a text, Markdown with its HTML, and
// either with a file.
func TestSpamFilters_HaveNothingAgainstOurMail(t *testing.T) {
	if !*spam {
		t.Skip("without -spam the filters are not asked; .ci/spam asks them")
	}
	rspamd := startRspamd(t)
	for name, message := range harmless(t) {
		t.Run(name, func(t *testing.T) {
			if score, tests := askSpamAssassin(t, message); score != "0.0" {
				t.Errorf("SpamAssassin gives %s: %s", score, tests)
			}
			if score, symbols := rspamd.ask(t, message); score != 0 {
				t.Errorf("rspamd gives %.2f: %v", score, symbols)
			}
		})
	}
}

// harmless are the specimens, each as the server of the recipient has it. They are
// in English: rspamd gives 1.4 points to a short text in German (R_MIXED_CHARSET),
// whoever wrote the message and in whatever encoding.
func harmless(t *testing.T) map[string][]byte {
	t.Helper()
	pdf := filepath.Join(t.TempDir(), "figures.pdf")
	if err := os.WriteFile(pdf, []byte("%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	png, _ := specimenFile(t, t.TempDir(), "chart.png", []byte("\x89PNG\r\n\x1a\nchart"))
	const text = "Hello Bob,\n\nthe figures of last week are in, and they look as we had hoped. I will send the others\nwhen they have been checked.\n\nBest regards\nAda\n"
	marked := strings.Replace(text, "last week", "**last week**", 1)
	all := make(map[string][]byte)
	for name, d := range map[string]compose.Draft{
		"plain":              {Body: text},
		"alternative":        {Body: marked},
		"HTML":               {Body: "<html><body><p>" + text + "</p></body></html>", Style: compose.StyleHTML},
		"mixed":              {Body: text, Attachments: []compose.Attachment{{Path: pdf}}},
		"mixed, alternative": {Body: marked, Attachments: []compose.Attachment{{Path: pdf}}},
		"related":            {Body: strings.Repeat(marked, 20) + "\n![The chart](chart.png)\n", Inline: []compose.Image{{Attachment: png}}},
		"only Bcc":           {Body: text, Bcc: "bob@example.net"},
	} {
		d.From, d.Subject = "Ada Example <ada@example.org>", "Figures of last week"
		if d.Bcc == "" {
			d.To = "Bob Example <bob@example.net>"
		}
		now := time.Now()
		s, err := compose.NewStamp(d.From, now)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		// What its way adds: by the server it was submitted to, and by that of the
		// recipient. The addresses are in use, since others cost points.
		fmt.Fprintf(&b, "Received: from mail.example.org (mail.example.org [9.9.9.10])\r\n\tby mx.example.net (Postfix) with ESMTPS id 4F1A2B3C4D\r\n\tfor <bob@example.net>; %[1]s\r\n"+
			"Received: from [127.0.0.1] (client.example.org [9.9.9.11])\r\n\tby mail.example.org (Postfix) with ESMTPSA id 5A6B7C8D9E\r\n\tfor <bob@example.net>; %[1]s\r\n",
			now.UTC().Format(time.RFC1123Z))
		if _, err := compose.Build(&b, d, s); err != nil {
			t.Fatal(err)
		}
		all[name] = b.Bytes()
	}
	return all
}

var spamStatus = regexp.MustCompile(`(?s)\nX-Spam-Status: \w+, score=(-?[\d.]+) .*?tests=(.*?)\n\S`)

// askSpamAssassin asks without network and what it has learned.
func askSpamAssassin(t *testing.T, message []byte) (score, tests string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), peers.Need(t, "spamassassin"), "-L", "-t")
	cmd.Stdin = bytes.NewReader(message)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := spamStatus.FindSubmatch(append([]byte("\n"), out...))
	if found == nil {
		t.Fatalf("SpamAssassin says\n%s", out)
	}
	return string(found[1]), strings.Join(strings.Fields(string(found[2])), " ")
}

// rspamdServer is a running rspamd.
type rspamdServer struct{ address string }

// startRspamd starts one that asks nobody: what needs DNS or a list is off.
func startRspamd(t *testing.T) rspamdServer {
	t.Helper()
	program := peers.Need(t, "rspamd")
	s := rspamdServer{peers.FreeAddress(t)}
	dir := peers.OpenDir(t)
	local := filepath.Join(dir, "local.d")
	files := map[string]string{
		"options.inc":           "dns { nameserver = [\"127.0.0.1:9\"]; timeout = 0.1s; retransmits = 1; }\nfilters = \"chartable,regexp\";\n",
		"worker-normal.inc":     "bind_socket = \"" + s.address + "\";\ncount = 1;\n",
		"worker-controller.inc": "enabled = false;\n",
		"worker-proxy.inc":      "enabled = false;\n",
		"worker-fuzzy.inc":      "enabled = false;\n",
		"logging.inc":           "type = \"console\";\nlevel = \"error\";\n",
	}
	for _, module := range []string{"rbl", "surbl", "spf", "dkim", "dmarc", "arc", "asn", "mx_check", "fuzzy_check", "phishing", "maps_stats", "neural", "greylist", "ratelimit", "replies", "history_redis"} {
		files[module+".conf"] = "enabled = false;\n"
	}
	for name, text := range files {
		if err := os.MkdirAll(local, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(local, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "-f", "-i", "--var=DBDIR="+dir, "--var=RUNDIR="+dir, "--var=LOGDIR="+dir, "--var=LOCAL_CONFDIR="+dir)
	// It has processes of its own, which outlive it and hold on to what it writes to.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = time.Second
	t.Cleanup(func() {
		if cmd.Process != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // they may be gone already
		}
	})
	peers.ServeWithin(t, 3*time.Minute, s.address, cmd) // it reads thousands of rules
	return s
}

// ask gives the points of a message, and what they are for.
func (s rspamdServer) ask(t *testing.T, message []byte) (score float64, symbols []string) {
	t.Helper()
	client := http.Client{Timeout: 30 * time.Second}
	response, err := client.Post("http://"+s.address+"/checkv2", "message/rfc822", bytes.NewReader(message))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var verdict struct {
		Symbols map[string]struct{ Score float64 }
	}
	if err := json.NewDecoder(response.Body).Decode(&verdict); err != nil {
		t.Fatal(err)
	}
	// What speaks for a message does not make up for what speaks against it.
	for name, symbol := range verdict.Symbols {
		symbols = append(symbols, fmt.Sprintf("%s %.2f", name, symbol.Score))
		score += max(symbol.Score, 0)
	}
	slices.Sort(symbols)
	return score, symbols
}
