//go:build unix

package clipboard

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// install makes $PATH hold programs alone that are these scripts.
func install(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

const (
	picture = `case "$*" in --list-types) echo text/html; echo image/png ;; "--no-newline --type image/png") printf 'PNG' ;; *) exit 1 ;; esac`
	files   = `case "$*" in *TARGETS) echo TARGETS; echo image/png; echo text/uri-list ;; *text/uri-list) printf 'file:///a%%20b\r\nfile:///c\r\n' ;; *) exit 1 ;; esac`
	large   = `case "$*" in --list-types) echo image/jpeg ;; *) /usr/bin/head -c 40000000 /dev/zero ;; esac`
)

func TestRead_TakesAPictureOrFiles(t *testing.T) {
	install(t, map[string]string{"wl-paste": picture, "xclip": "exit 1"})
	if got, err := Read(t.Context(), nil); err != nil || string(got.Picture) != "PNG" || got.End != ".png" || got.Files != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	install(t, map[string]string{"wl-paste": "echo 'no display' >&2; exit 1", "xclip": files})
	if got, err := Read(t.Context(), nil); err != nil || got.Files != "file:///a%20b\nfile:///c\n" || got.Picture != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestRead_SaysWhyThereIsNothing(t *testing.T) {
	for _, test := range []struct {
		scripts map[string]string
		want    error
	}{
		{nil, ErrNoProgram},
		{map[string]string{"xclip": "exit 1"}, ErrNothing},
		{map[string]string{"wl-paste": "echo text/plain"}, ErrNothing},
		{map[string]string{"wl-paste": `case "$*" in --list-types) echo image/png ;; esac`}, ErrNothing},
		{map[string]string{"wl-paste": large}, ErrTooLarge},
	} {
		install(t, test.scripts)
		if _, err := Read(t.Context(), nil); !errors.Is(err, test.want) {
			t.Errorf("%v: got %v, want %v", test.scripts, err, test.want)
		}
	}
	install(t, map[string]string{"wl-paste": "/bin/sleep 60"})
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Read(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
