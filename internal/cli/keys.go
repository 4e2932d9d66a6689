package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/internal/config"
	"sendoff/ui"
)

func (p *program) keysCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "keys",
		Short: "Print the actions of the interface and their keys, as config.toml has them",
		Long: "Prints every action of the interface with its keys as they are now. What is printed may stand in config.toml; a line there gives an " +
			"action other keys, and [] none: the palette of the interface still does it.",
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			where, err := userPlaces()
			if err != nil {
				return err
			}
			_, o, err := screenSettings(where)
			if err := withAccounts(where, err); err != nil {
				return err
			}
			return p.printKeys(o.Keys)
		},
	}
}

func (p *program) printKeys(keys ui.Keys) error {
	var b strings.Builder
	b.WriteString("[keys]\n")
	scope := ""
	for _, a := range keys.Actions() {
		if of, _, _ := strings.Cut(a.Name, "."); of != scope {
			scope = of
			b.WriteByte('\n')
		}
		line := fmt.Sprintf("%q = %s", a.Name, keysInTOML(a.Keys))
		fmt.Fprintf(&b, "%-48s # %s\n", line, a.Does)
	}
	_, err := p.Out.Write([]byte(b.String()))
	return err
}

// keysInTOML writes keys as a value of config.toml.
func keysInTOML(keys []string) string {
	quoted := make([]string, len(keys))
	for i, k := range keys {
		quoted[i] = strconv.Quote(k)
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// interfaceKeys are the keys as config.toml has them. What is wrong with them stops
// the interface, and not what sends: a key is no reason for that. All of it is told,
// in the order of the file.
func interfaceKeys(settings config.Settings) (ui.Keys, error) {
	var all []error
	for _, one := range settings.Keys.Wrong {
		all = append(all, one)
	}
	keys, err := ui.NewKeys(settings.Keys.Chosen)
	var wrong ui.KeyErrors
	if err != nil && !errors.As(err, &wrong) {
		return keys, err
	}
	for _, one := range wrong {
		all = append(all, settings.Keys.Error(one.Action, one.Problem, keyHint(one)))
	}
	if len(all) == 0 {
		return keys, nil
	}
	return ui.Keys{}, config.Join(all...)
}

// keyHint says what to do about a key that cannot be given.
func keyHint(wrong *ui.KeyError) string {
	hint := "sendoff keys prints all actions and their keys"
	switch {
	case wrong.Word != "":
		return config.Nearest(wrong.Word, wrong.Known, hint)
	case wrong.Other != "":
		return fmt.Sprintf("give one of them another key; %q = [] gives it none", wrong.Other)
	}
	return hint
}
