package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The program is killed while the editor runs: what that had saved is in the draft.
func TestProgram_KilledWhileTheEditorRunsKeepsWhatThatSaved(t *testing.T) {
	dir, temp := t.TempDir(), t.TempDir()
	x := start(t, dir, "TMPDIR="+temp, "VISUAL="+editor(t, `printf 'from the editor' > "$1"; sleep 3; kill -KILL $PPID`))
	x.See("Nothing is on its way")
	x.Raw("m\t\tBefore\x05")
	if err := x.Wait(); err == nil {
		t.Fatal("it was not killed")
	}
	if all := drafts(t, dir); len(all) != 1 || all[0].Body != "from the editor" {
		t.Errorf("drafts %+v", all)
	}
}

func TestEditorWatch(t *testing.T) {
	for _, whole := range []bool{false, true} {
		tell(t, 80, 24, nil, nil, func(s *story) {
			s.Keys("m")
			s.Type("ana@example.org")
			s.Keys("tab", "tab")
			s.Type("Before")
			if whole {
				s.Keys("alt+e")
			} else {
				s.Keys("ctrl+e")
			}
			c := s.model.composer()
			path := filepath.Join(c.editDir, editFile)
			before, err := os.ReadFile(path)
			if err != nil {
				s.t.Fatal(err)
			}
			write := func(text string) {
				s.t.Helper()
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					s.t.Fatal(err)
				}
			}
			ctx, stop := context.WithCancel(s.t.Context())
			ended := make(chan struct{})
			go func() {
				c.watch.run(ctx)
				close(ended)
			}()
			write(strings.Replace(string(before), "Before", "While", 1))
			time.Sleep(3 * time.Second)
			if d := s.saved(); !strings.HasPrefix(d.Body, "While") || d.To != "ana@example.org" || d.From == "" {
				s.t.Errorf("saved %+v", d)
			}
			write("") // as while it writes
			time.Sleep(3 * time.Second)
			if d := s.saved(); !strings.HasPrefix(d.Body, "While") {
				s.t.Errorf("saved %+v", d)
			}
			stop()
			<-ended
			write(string(before)) // the person thought better of it
			s.Send(editorClosed{composer: c})
			if d := s.saved(); !strings.HasPrefix(d.Body, "Before") {
				s.t.Errorf("saved %q", d.Body)
			}
		})
	}
}
