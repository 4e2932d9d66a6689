package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/adrg/xdg"

	"sendoff/ui"
)

// Someone may be writing: a sender that fails is logged, and reported at the end.
func TestSideBySide_AFailedSenderDoesNotCloseTheScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		broken := errors.New("the disk failed")
		quit := make(chan struct{})
		show := func(ctx context.Context) error {
			select {
			case <-quit:
				return nil
			case <-ctx.Done():
				return errors.New("closed under the hands")
			}
		}
		send := func(context.Context) error { return broken }
		ended := make(chan error, 1)
		go func() {
			ended <- sideBySide(t.Context(), show, send, slog.New(slog.NewTextHandler(&log, nil)), io.Discard)
		}()
		synctest.Wait()
		select {
		case err := <-ended:
			t.Fatalf("it ended with %v", err)
		default:
		}
		if !strings.Contains(log.String(), "the disk failed") {
			t.Errorf("the log has %q", &log)
		}
		close(quit)
		if err := <-ended; err == nil || err.Error() != broken.Error() {
			t.Errorf("it ended with %v", err)
		}
	})
}

func TestSideBySide_WaitsForTheSender(t *testing.T) {
	stopped := false
	send := func(ctx context.Context) error {
		<-ctx.Done()
		stopped = true
		return nil
	}
	err := sideBySide(t.Context(), func(context.Context) error { return nil }, send, slog.New(slog.DiscardHandler), io.Discard)
	if err != nil || !stopped {
		t.Errorf("%v, stopped: %v", err, stopped)
	}
}

// Nobody is to wonder why the shell does not come back; nor is anything said where it does,
// or where a terminal would not take it.
func TestSideBySide_SaysWhatItWaitsFor(t *testing.T) {
	for _, test := range []struct {
		lasts time.Duration
		shown error
		says  bool
	}{{2 * time.Second, nil, true}, {100 * time.Millisecond, nil, false}, {2 * time.Second, ui.ErrStuck, false}} {
		synctest.Test(t, func(t *testing.T) {
			send := func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(test.lasts)
				return nil
			}
			var said bytes.Buffer
			err := sideBySide(t.Context(), func(context.Context) error { return test.shown }, send, slog.New(slog.DiscardHandler), &said)
			if !errors.Is(err, test.shown) || strings.Contains(said.String(), "waiting") != test.says {
				t.Errorf("%+v: %v, and it says %q", test, err, &said)
			}
		})
	}
}

// A text that is given has the signature as one that is begun in the form has it.
func TestComposeDraft_SignsATextThatIsGiven(t *testing.T) {
	t.Cleanup(xdg.Reload) // when the environment is as it was: it was set last, and is set back first
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	xdg.Reload()
	file := filepath.Join(config, "sendoff", "accounts.toml")
	book := "[[account]]\nname = \"work\"\nfrom = \"ada@example.org\"\nsignature = \"-- \\nAda\"\n[account.smtp]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"none\"\n"
	text := filepath.Join(config, "text")
	for path, content := range map[string]string{file: book, text: "Hello", text + ".signed": "Hello\n\n-- \nGrace\n", text + ".html": "<p>Hello</p>"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		letter letter
		args   []string
		want   string
	}{
		{letter{bodyFile: text}, nil, "Hello\n\n-- \nAda"},
		{letter{bodyFile: text + ".signed"}, nil, "Hello\n\n-- \nGrace\n"},
		{letter{bodyFile: text + ".html", html: true}, nil, "<p>Hello</p><div>-- <br>\nAda</div>\n"},
		{letter{}, []string{"mailto:ana@example.org?body=Hello"}, "Hello\n\n-- \nAda"},
		{letter{}, []string{"ana@example.org"}, ""}, // the form does it
	} {
		d, err := composeDraft(t.Context(), new(program), &c.letter, c.args)
		if err != nil || d.Body != c.want {
			t.Errorf("%+v %q: %q, %v; want %q", c.letter, c.args, d.Body, err, c.want)
		}
	}
}
