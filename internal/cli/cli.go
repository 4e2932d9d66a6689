// Package cli is the command line: one file a command, the table of exit codes,
// and the one place where config, accounts, outbox, transport, sender and
// interface are joined.
//
// It decides nothing about mail. Its one hard rule: what a script sees (exit
// code, JSON, IDs on standard output) is a contract; everything for people goes
// to standard error.
package cli

import (
	"context"
	"io"
	"os"
	"strings"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sendoff/accounts/discover"
)

// Streams are the program's standard files, and what comes from its terminal besides.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	Interrupts *Interrupts // nil: nobody asks whom they are for
}

// program is what every command works with.
type program struct {
	Streams
	world discover.Options // where servers of an address are looked for
}

// Main runs one command and returns the exit code. It returns when the command
// is over or, bounded, after ctx has ended.
func Main(ctx context.Context, args []string, streams Streams) int {
	out := &output{to: streams.Out}
	if !isTerminal(streams.Out) { // what asks a terminal for its colours must see it itself
		streams.Out = out
	}
	p := &program{Streams: streams}
	root := p.rootCommand(args)
	root.SetArgs(args)
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	options := []fang.Option{
		fang.WithVersion(version()),
		fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {}), // report says it, once
	}
	if named(args) {
		options = append(options, fang.WithoutCompletions(), fang.WithoutManpage())
	}
	var failed error
	keepError(root, &failed)
	err := fang.Execute(ctx, root, options...)
	if err == nil {
		err = failed
	}
	if err == nil {
		err = out.err
	}
	return p.report(err)
}

// keepError has the errors of a command, and of those below it, put where they are kept.
// For one that it is given fang asks the terminal for its colours, whoever says it: one that
// does not answer takes two seconds, and one that takes nothing has the program wait for ever.
func keepError(cmd *cobra.Command, kept *error) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*kept = run(cmd, args)
			return nil
		}
	}
	for _, below := range cmd.Commands() {
		keepError(below, kept)
	}
}

// commands are all there are, by name.
var commands = map[string]func(*program) *cobra.Command{
	"compose": (*program).composeCommand, "send": (*program).sendCommand, "list": (*program).listCommand, "show": (*program).showCommand,
	"retry": (*program).retryCommand, "hold": (*program).holdCommand, "release": (*program).releaseCommand,
	"export": (*program).exportCommand, "cancel": (*program).cancelCommand, "delete": (*program).deleteCommand, "flush": (*program).flushCommand,
	"daemon": (*program).daemonCommand, "account": (*program).accountCommand, "bounce": (*program).bounceCommand, "doctor": (*program).doctorCommand,
	"merge": (*program).mergeCommand, "sandbox": (*program).sandboxCommand, "suppress": (*program).suppressCommand,
	"demo": (*program).demoCommand, "keys": (*program).keysCommand, "version": (*program).versionCommand,
}

// named tells that a command line begins with a command. Then nothing but that
// command is built: what completion and the like need of the others a script's
// `send` should not pay for.
func named(args []string) bool { return len(args) > 0 && commands[args[0]] != nil }

// rootCommand has the command that args name, or all of them where that is not
// plain: no command, a flag, help.
func (p *program) rootCommand(args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "sendoff",
		Short: "An outbox for people who live in a terminal",
		Long: "Write a message here or pipe one in: it is put safely on disk, delivered in the background through your own " +
			"SMTP accounts, tried again when that helps, and you are told for every recipient what happened.\n\n" + exitCodeHelp(),
		Example: "sendoff demo\nsendoff send --to ana@example.org -s 'Figures' --attach a.pdf < body.txt\nsendoff flush",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.interactive(cmd.Context(), opening{}) },
	}
	root.SuggestionsMinimumDistance = 2 // letters that may be wrong in a command's name
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	if named(args) {
		root.AddCommand(commands[args[0]](p))
		return root
	}
	for _, command := range commands {
		root.AddCommand(command(p))
	}
	return root
}

// noArguments refuses arguments, and says which command was meant if one is near.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "sendoff --help lists the commands"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + near[0] + "?"
	}
	return hinted{usagef("unknown command %q", args[0]), hint}
}

// atMostOne refuses flags that contradict each other. (Cobra's own check comes
// without a type, so that no exit code could be told from it.)
func atMostOne(cmd *cobra.Command, names ...string) error {
	var given []string
	for _, name := range names {
		if cmd.Flags().Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) < 2 {
		return nil
	}
	return hinted{usagef("%s do not go together", strings.Join(given, " and ")), "choose one of them"}
}

// isTerminal tells whether a stream is one that a person sits at.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
