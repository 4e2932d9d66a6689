package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func readLog(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestLogFile_StartsAnewAtItsLimitAndKeepsOneOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), logName)
	l, err := openLogFile(path, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { l.file.Close() }()
	for _, line := range []string{"one", "two", "three", "four", "five"} {
		if _, err := l.Write([]byte(line + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	if now, old := readLog(t, path), readLog(t, path+".1"); now != "four\nfive\n" || old != "one\ntwo\nthree\n" {
		t.Errorf("the log has %q, the old one %q", now, old)
	}
	l.Write([]byte("six\n"))
	if now, old := readLog(t, path), readLog(t, path+".1"); now != "six\n" || old != "four\nfive\n" {
		t.Errorf("the log has %q, the old one %q", now, old)
	}
	if files, _ := filepath.Glob(path + "*"); len(files) != 2 {
		t.Errorf("files: %v", files)
	}
}

// A second process must not put aside what the first one has just begun.
func TestLogFile_TwoProcessesStartItAnewOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), logName)
	var logs [2]*logFile
	for i := range logs {
		var err error
		if logs[i], err = openLogFile(path, 10); err != nil {
			t.Fatal(err)
		}
		defer func() { logs[i].file.Close() }()
	}
	logs[0].Write([]byte(strings.Repeat("x", 10) + "\n"))
	logs[0].Write([]byte("a\n"))
	logs[1].Write([]byte("b\n"))
	if now, old := readLog(t, path), readLog(t, path+".1"); now != "a\nb\n" || len(old) != 11 {
		t.Errorf("the log has %q, the old one %q", now, old)
	}
}
