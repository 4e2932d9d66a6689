// Package clipboard reads pictures and lists of files out of the clipboard, by
// wl-paste or xclip.
//
// It is not for text, which terminals paste by themselves, and it never writes.
//
// Its one hard rule: what a program prints is bounded, and so is how long it may take.
package clipboard

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"sendoff/internal/command"
)

const (
	limit = 5 * time.Second

	maxTypes   = 64 << 10
	maxList    = 64 << 10
	maxPicture = 32 << 20
)

// Why there is nothing to attach.
var (
	ErrNoProgram = errors.New("neither wl-paste nor xclip can read the clipboard: install one of them")
	ErrNothing   = errors.New("the clipboard holds no picture and no files")
	ErrTooLarge  = errors.New("the picture in the clipboard is larger than 32 MiB")

	errTooSlow = errors.New("it took longer than 5 seconds")
)

// Content is what can be attached: a picture, or files.
type Content struct {
	Picture []byte
	End     string // of the name of a file with the picture, ".png"
	Files   string // paths or URLs of files, a line each
}

// pictures are the types that are taken, the best first, and how their files end.
var pictures = [][2]string{{"image/png", ".png"}, {"image/jpeg", ".jpg"}, {"image/gif", ".gif"}, {"image/webp", ".webp"}}

// programs are those that can be asked, as they list the types of what is there, and
// as they give it of a type, which follows.
var programs = []struct{ list, get []string }{
	{[]string{"wl-paste", "--list-types"}, []string{"wl-paste", "--no-newline", "--type"}},
	{[]string{"xclip", "-selection", "clipboard", "-o", "-t", "TARGETS"}, []string{"xclip", "-selection", "clipboard", "-o", "-t"}},
}

// Read gives what the clipboard holds. The environment says where that is.
func Read(ctx context.Context, environ []string) (Content, error) {
	err := ErrNoProgram
	for _, program := range programs {
		types, failed := run(ctx, environ, program.list, maxTypes)
		switch {
		case failed == nil:
			return read(strings.Fields(string(types)), func(kind string, most int) ([]byte, error) {
				return run(ctx, environ, append(slices.Clone(program.get), kind), most)
			})
		case ctx.Err() != nil:
			return Content{}, ctx.Err()
		case !errors.Is(failed, command.ErrNotFound):
			err = ErrNothing // wl-paste fails so where nothing was copied, and both without a screen
		}
	}
	return Content{}, err
}

// read takes the best of the types that there are.
func read(types []string, get func(kind string, most int) ([]byte, error)) (Content, error) {
	if slices.Contains(types, "text/uri-list") { // a file manager may offer a thumbnail beside it
		list, err := get("text/uri-list", maxList)
		return Content{Files: strings.ReplaceAll(string(list), "\r\n", "\n")}, err
	}
	for _, p := range pictures {
		if !slices.Contains(types, p[0]) {
			continue
		}
		picture, err := get(p[0], maxPicture+1)
		switch {
		case err == nil && len(picture) > maxPicture:
			err = ErrTooLarge
		case err == nil && len(picture) == 0:
			err = ErrNothing
		}
		return Content{Picture: picture, End: p[1]}, err
	}
	return Content{}, ErrNothing
}

func run(ctx context.Context, environ, argv []string, most int) ([]byte, error) {
	return command.Command{Argv: argv, Env: environ, Limit: limit, TooSlow: errTooSlow, Most: most}.Output(ctx)
}
