//go:build unix

package cli

import (
	"errors"

	"github.com/charmbracelet/x/termios"
	"golang.org/x/term"
)

// quieten has a terminal show nothing that is typed, until loud. Apart from that it stays as
// it is: ctrl+c ends the program.
func quieten(file int) (loud func() error, err error) {
	before, err := term.GetState(file)
	if err != nil {
		return nil, err
	}
	modes, err := termios.GetTermios(file)
	if err != nil {
		return nil, err
	}
	err = termios.SetTermios(file, uint32(modes.Ispeed), uint32(modes.Ospeed), nil, nil, nil, nil, map[termios.L]bool{termios.ECHO: false})
	if err != nil {
		return nil, errors.Join(err, term.Restore(file, before))
	}
	return func() error { return term.Restore(file, before) }, nil
}
