package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAttach_APatternTakesAllThatFit(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "a.pdf", "b.pdf", ".c.pdf", "d.txt", "e.pdf/inside", "odd[1].txt")
	t.Chdir(dir)
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "ctrl+t")
		s.Type("*.pdf")
		s.See("enter attaches all 2, ↑↓ choose one.", "a.pdf", "b.pdf", "e.pdf/")
		s.SeeNot(".c.pdf", "d.txt")
		s.Keys("tab") // which has nothing to complete
		s.See("*.pdf")
		s.Keys("enter")
		s.attached(filepath.Join(dir, "a.pdf"), filepath.Join(dir, "b.pdf"))

		s.Keys("ctrl+t")
		p := s.model.top().(*attachPane)
		p.path.set("")
		s.Type("?.*")
		s.Keys("down", "down", "down", "enter") // one of them
		s.attached(filepath.Join(dir, "a.pdf"), filepath.Join(dir, "b.pdf"), filepath.Join(dir, "d.txt"))

		s.Keys("ctrl+t")
		s.model.top().(*attachPane).path.set("")
		s.Type("odd[1].txt") // the very name
		s.Keys("enter")
		s.attached(filepath.Join(dir, "a.pdf"), filepath.Join(dir, "b.pdf"), filepath.Join(dir, "d.txt"), filepath.Join(dir, "odd[1].txt"))

		s.Keys("ctrl+t")
		s.model.top().(*attachPane).path.set("")
		s.Type("[") // half a pattern
		s.See("Nothing here fits that.")
	})
}

func TestAttach_APatternIsNoWayToAttachADirectoryFullOfFiles(t *testing.T) {
	dir := t.TempDir()
	for i := range maxAtOnce + 1 {
		writeFiles(t, dir, fmt.Sprintf("%d.txt", i))
	}
	t.Chdir(dir)
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "ctrl+t")
		s.Type("*")
		s.Keys("enter")
		s.See("101 files fit that: at most 100 are attached at once.")
		s.attached()
	})
}

func TestAttach_OfSeveralThoseThatCannotBeSentAreTold(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, "a.txt", "b.txt")
	if err := os.WriteFile(filepath.Join(dir, "empty.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	tell(t, 80, 24, nil, nil, func(s *story) {
		s.Keys("m", "ctrl+t")
		s.Type("*.txt")
		s.Keys("enter")
		s.attached(filepath.Join(dir, "a.txt"), filepath.Join(dir, "b.txt"))
		s.See("empty.txt: is empty.")
	})
}

// What is no file is said where it is dropped, and its path stays as text.
func TestAttach_WhatIsNoFileIsToldWhenItIsDropped(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir: filepath.Base(dir) + ": is a directory, not a file.", pipe: "pipe: is a pipe, not a file.", "/dev/zero": "zero: is a device, not a file.",
	} {
		tell(t, 80, 24, nil, nil, func(s *story) {
			s.Keys("m")
			s.body()
			s.paste(path)
			s.See(want)
			if got := s.model.composer().body.text(); got != path {
				s.t.Errorf("text %q", got)
			}
		})
	}
}
