package cli

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"sendoff/internal/clipboard"
	"sendoff/ui"
)

// clips reads the clipboard for the interface. A picture becomes a file of the user's
// alone, which stays: a draft may need it for long.
func clips(where places, environ func() []string) func(context.Context) (ui.Clip, error) {
	return func(ctx context.Context) (ui.Clip, error) {
		content, err := clipboard.Read(ctx, environ())
		if err != nil || len(content.Picture) == 0 {
			return ui.Clip{Files: content.Files}, err
		}
		path, err := keepClip(filepath.Join(where.data, "clipboard"), content, time.Now())
		return ui.Clip{Picture: path}, err
	}
}

// keepClip writes a picture to a file that is named by the time.
func keepClip(folder string, content clipboard.Content, now time.Time) (string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(folder, "picture-"+now.Format("2006-01-02-150405.000")+content.End)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	if _, err = f.Write(content.Picture); err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return path, err
}
