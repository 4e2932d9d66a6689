package cli

import (
	"log/slog"
	"os"
	"path/filepath"
)

const (
	logName = "sendoff.log"
	// maxLog is the size, in bytes, at which the log starts anew; one old one is kept.
	maxLog = 8 << 20
)

// openLog opens the log of JSON lines. Without it the program goes on: a log
// that cannot be written is no reason not to send.
func openLog(stateDir string) (*slog.Logger, func()) {
	if err := os.MkdirAll(stateDir, 0o700); err != nil {
		return slog.New(slog.DiscardHandler), func() {}
	}
	log, err := openLogFile(filepath.Join(stateDir, logName), maxLog)
	if err != nil {
		return slog.New(slog.DiscardHandler), func() {}
	}
	return slog.New(slog.NewJSONHandler(log, nil)), func() { log.file.Close() }
}

// logFile is a file that starts anew when it has grown to its limit. It is for
// one goroutine at a time, as slog's handlers write; other processes may write
// to the same path.
type logFile struct {
	path  string
	limit int64 // bytes
	file  *os.File
	left  int64 // bytes that are written before it is asked again how long it is
}

func openLogFile(path string, limit int64) (*logFile, error) {
	file, err := openToAppend(path)
	if err != nil {
		return nil, err
	}
	return &logFile{path: path, limit: limit, file: file}, nil
}

func openToAppend(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
}

func (l *logFile) Write(line []byte) (int, error) {
	// Asked of the file, not counted alone: others write to it too. But not for each line.
	if l.left -= int64(len(line)); l.left < 0 {
		l.left = l.limit / 64
		if info, err := l.file.Stat(); err == nil && info.Size() >= l.limit {
			l.startAnew(info)
		}
	}
	return l.file.Write(line)
}

// startAnew puts the file aside, unless another process has done it already,
// and goes on with the one at its path. If that fails the old one grows on.
func (l *logFile) startAnew(own os.FileInfo) {
	if now, err := os.Stat(l.path); err == nil && os.SameFile(now, own) {
		if os.Rename(l.path, l.path+".1") != nil {
			return
		}
	}
	file, err := openToAppend(l.path)
	if err != nil {
		return
	}
	l.file.Close()
	l.file = file
}
