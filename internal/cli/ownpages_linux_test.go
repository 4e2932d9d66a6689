package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

func TestLeaveOwnPages_GivesTheCodeBackThatIsNotUsed(t *testing.T) {
	size := touchCode(t)
	before := residentCode(t)
	if before < size/2 {
		t.Skipf("reading %d KiB of code has left %d of them in memory", size, before)
	}
	if err := leaveOwnPages(); err != nil {
		t.Fatal(err)
	}
	if after := residentCode(t); after > before/2 {
		t.Errorf("%d KiB of code are resident, before it were %d", after, before)
	}
}

// touchCode brings all code into memory, and tells how much there is, in KiB.
func touchCode(t *testing.T) (kib int) {
	t.Helper()
	memory, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Skip("no memory to read: ", err)
	}
	defer memory.Close()
	eachOwnMapping(t, "/proc/self/maps", func(line string) {
		var from, to int64
		if _, err := fmt.Sscanf(line, "%x-%x r-xp", &from, &to); err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, io.NewSectionReader(memory, from, to-from)); err != nil {
			t.Skip("memory cannot be read: ", err)
		}
		kib += int(to-from) / 1024
	})
	return kib
}

// residentCode is how much of the program's code is in memory for it, in KiB.
func residentCode(t *testing.T) (kib int) {
	t.Helper()
	code := false
	eachOwnMapping(t, "/proc/self/smaps", func(line string) {
		var part int
		if strings.Contains(line, " r-xp ") {
			code = true
		} else if strings.Contains(line, "p 0") {
			code = false
		} else if n, _ := fmt.Sscanf(line, "Rss: %d kB", &part); n == 1 && code {
			kib += part
		}
	})
	return kib
}

// eachOwnMapping gives the lines of a list of mappings that are about the program's file.
func eachOwnMapping(t *testing.T, list string, give func(line string)) {
	t.Helper()
	own, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Skip("no /proc here: ", err)
	}
	f, err := os.Open(list)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	mine := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		if fields := strings.Fields(line); strings.Contains(fields[0], "-") {
			mine = strings.HasSuffix(line, " "+own)
		}
		if mine {
			give(line)
		}
	}
}
