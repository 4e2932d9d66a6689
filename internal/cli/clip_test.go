package cli

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"sendoff/internal/clipboard"
)

func TestKeepClip_IsAFileOfTheUserAlone(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data", "clipboard")
	now := time.Date(2026, 11, 30, 8, 1, 2, 3e6, time.UTC)
	content := clipboard.Content{Picture: []byte("PNG"), End: ".png"}
	path, err := keepClip(folder, content, now)
	if err != nil || filepath.Base(path) != "picture-2026-11-30-080102.003.png" {
		t.Fatalf("%s, %v", path, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := keepClip(folder, content, now); err == nil {
		t.Error("a picture was written over another one")
	}
}
