package bench

import (
	"bufio"
	_ "embed"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message/mail"

	"sendoff/compose"
	"sendoff/internal/peers"
)

//go:embed build.py
var buildPy string

// letter is what is built: a text, and perhaps a file.
type letter struct{ subject, text, file string }

// BenchmarkBuild builds a message as we do, with go-message as its examples use
// it, and with Python's email package, in turns. What is built goes nowhere. An
// iteration is a round of all three; Python's start does not count.
func BenchmarkBuild(b *testing.B) {
	const line = "The figures of last week are in, and they look as we had hoped.\n"
	path := filepath.Join(b.TempDir(), "figures.bin")
	content := make([]byte, 50<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content) // never fails
	if err := os.WriteFile(path, content, 0o600); err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat(line, 4<<10/len(line))
	for _, c := range []struct {
		name  string
		l     letter
		times int
	}{{"4KB", letter{"Quarterly figures", text, ""}, 500}, {"50MB", letter{"Quarterly figures", text, path}, 1}} {
		b.Run(c.name, func(b *testing.B) { buildRounds(b, c.l, c.times) })
	}
}

func buildRounds(b *testing.B, l letter, times int) {
	f := make(figures)
	for range b.N {
		ours := f.measure(b, "ours", times, func() error { return buildOurs(l) })
		plain := f.measure(b, "go-message", times, func() error { return buildGoMessage(l) })
		python := buildPython(b, l, times)
		f.add("python-us", python.Seconds()*1e6)
		f.add("ours-of-go-message", ratio(plain, ours))
		f.add("ours-of-python", ratio(python, ours))
	}
	f.report(b)
}

// measure gives the time of one build, and notes it and what is allocated.
func (f figures) measure(b *testing.B, name string, times int, build func() error) time.Duration {
	b.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for range times {
		if err := build(); err != nil {
			b.Fatal(err)
		}
	}
	took := time.Since(start) / time.Duration(times)
	runtime.ReadMemStats(&after)
	f.add(name+"-us", took.Seconds()*1e6)
	f.add(name+"-KB", float64(after.TotalAlloc-before.TotalAlloc)/float64(times)/1024)
	f.add(name+"-allocs", float64(after.Mallocs-before.Mallocs)/float64(times))
	return took
}

func buildOurs(l letter) error {
	d := compose.Draft{From: "Ada <ada@example.org>", To: "bob@example.net", Subject: l.subject, Body: l.text}
	if l.file != "" {
		d.Attachments = []compose.Attachment{{Path: l.file}}
	}
	s, err := compose.NewStamp(d.From, time.Now())
	if err != nil {
		return err
	}
	_, err = compose.Build(io.Discard, d, s)
	return err
}

func buildGoMessage(l letter) error {
	var h mail.Header
	h.SetDate(time.Now())
	h.SetAddressList("From", []*mail.Address{{Name: "Ada", Address: "ada@example.org"}})
	h.SetAddressList("To", []*mail.Address{{Address: "bob@example.net"}})
	h.SetSubject(l.subject)
	if err := h.GenerateMessageID(); err != nil {
		return err
	}
	w, err := mail.CreateWriter(io.Discard, h)
	if err != nil {
		return err
	}
	var ih mail.InlineHeader
	ih.Set("Content-Type", "text/plain; charset=utf-8")
	iw, err := w.CreateSingleInline(ih)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(iw, l.text); err != nil {
		return err
	}
	if err := iw.Close(); err != nil {
		return err
	}
	if l.file == "" {
		return w.Close()
	}
	var ah mail.AttachmentHeader
	ah.SetFilename(filepath.Base(l.file))
	ah.Set("Content-Type", "application/octet-stream")
	aw, err := w.CreateAttachment(ah)
	if err != nil {
		return err
	}
	in, err := os.Open(l.file)
	if err != nil {
		return err
	}
	defer in.Close()
	if _, err := io.Copy(aw, bufio.NewReader(in)); err != nil {
		return err
	}
	if err := aw.Close(); err != nil {
		return err
	}
	return w.Close()
}

// buildPython gives the time of one build.
func buildPython(b *testing.B, l letter, times int) time.Duration {
	b.Helper()
	cmd := exec.Command(peers.Need(b, "python3"), "-c", buildPy, strconv.Itoa(times), l.subject, l.file)
	cmd.Stdin, cmd.Stderr = strings.NewReader(l.text), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatal(err)
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(seconds * float64(time.Second))
}
