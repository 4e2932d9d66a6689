package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/compose/merge"
	"sendoff/internal/campaign"
)

// mergeFlags are those of all commands that read a template and a list.
type mergeFlags struct {
	account, separator, toColumn string
}

func (f *mergeFlags) flags(cmd *cobra.Command) {
	f.listFlags(cmd)
	cmd.Flags().StringVarP(&f.account, "account", "a", "", "send through this account (default: the one that the template or the row names, that of the From address, the default account)")
}

func (f *mergeFlags) listFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.separator, "separator", "", "what stands between the cells of the list: , ; | or tab (default: found in its first line)")
	cmd.Flags().StringVar(&f.toColumn, "to-column", "", "the column with the addresses (default: email, e-mail, mail, address)")
}

func (p *program) mergeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "merge",
		Short: "Make a letter for each row of a list, see that they are right, and send them",
		Long: "TEMPLATE is a text in Markdown below a head with its subject; LIST is a table of recipients: CSV with a comma, semicolon, tab or bar, " +
			"or JSON Lines; - reads it from standard input. What stands between {{ and }} in the template comes from the row: {{ first_name }} is the column " +
			"\"First Name\". It is Liquid: {% if company %} … {% endif %}, {{ name | default: \"friend\" }}.\n\n" +
			"sendoff merge new DIR writes a small campaign to begin with.",
		Example: "sendoff merge new concert\nsendoff merge check concert/letter.md concert/people.csv\n" +
			"sendoff merge preview concert/letter.md concert/people.csv --row 2\nsendoff merge test concert/letter.md concert/people.csv --row 2 --to me@example.org\n" +
			"sendoff merge start concert/letter.md concert/people.csv\nsendoff merge status letter",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.mergeNewCommand(), p.mergeCheckCommand(), p.mergePreviewCommand(), p.mergeTestCommand(), p.mergeStartCommand(),
		p.mergeListCommand(), p.mergeStatusCommand(), p.mergeWatchCommand(), p.mergePauseCommand(), p.mergeResumeCommand(), p.mergeCancelCommand(),
		p.mergeRetryCommand(), p.mergeResolveCommand(), p.mergeExportCommand(), p.mergeDeleteCommand())
	return cmd
}

// withCampaign opens a template and a list for use. What is wrong with them as a
// whole is the error.
func (p *program) withCampaign(ctx context.Context, f *mergeFlags, args []string, use func(*campaign.Campaign) error) error {
	files, err := f.files(args)
	if err != nil {
		return err
	}
	source, err := readText(ctx, func() (io.ReadCloser, error) { return os.Open(files.Template) })
	if err != nil {
		return hinted{fmt.Errorf("template: %w", err), "the first argument is the template, the second one the list"}
	}
	list, err := await(ctx, func() (*os.File, error) { return p.openList(files.List) })
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	defer list.Close()
	c, err := campaign.Bind(files, source, list)
	if err != nil {
		return err
	}
	return use(c)
}

// files are the two files, and how the list is read.
func (f *mergeFlags) files(args []string) (campaign.Files, error) {
	if len(args) != 2 {
		return campaign.Files{}, hinted{usagef("a template and a list are needed"), "sendoff merge check letter.md people.csv"}
	}
	files := campaign.Files{Template: args[0], List: args[1], ToColumn: f.toColumn}
	switch text := f.separator; {
	case text == "":
	case text == "tab" || text == `\t`:
		files.Separator = '\t'
	case len(text) == 1 && strings.Contains(",;|\t", text):
		files.Separator = rune(text[0])
	default:
		return files, hinted{usagef("%q cannot stand between cells", text), "it is one of , ; | and tab"}
	}
	return files, nil
}

// openList opens a list so that it can be read twice: one that comes through a
// pipe is kept in a file that no longer has a name.
func (p *program) openList(name string) (*os.File, error) {
	in := p.In
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		info, err := file.Stat()
		if err == nil && (info.Mode().IsRegular() || info.IsDir()) {
			return file, nil
		}
		defer file.Close()
		if err != nil {
			return nil, err
		}
		in = file
	}
	kept, err := os.CreateTemp("", "sendoff-list-") // 0600
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(kept, in)
	err = errors.Join(err, os.Remove(kept.Name()))
	if err == nil {
		_, err = kept.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, kept.Close())
	}
	return kept, nil
}

// isRow refuses what can be the number of no row.
func isRow(number int) error {
	if number < 1 {
		return hinted{usagef("there is no row %d", number), "rows are counted from 1, without the line that names the columns"}
	}
	return nil
}

// mxFlag is that of commands which can look the domains of a list up.
func mxFlag(cmd *cobra.Command, asked *bool) {
	cmd.Flags().BoolVar(asked, "mx", false, "also ask the name servers whether each domain of the list takes mail, and take those for wrong that do not")
}

// domains look the domains of a list up where that is asked for; nil: nobody is asked.
func (p *program) domains(asked bool) *campaign.Domains {
	if !asked {
		return nil
	}
	return campaign.NewDomains(p.world.Resolver)
}

// senders are who may send the letters; book is nil where no account is set up.
func (f *mergeFlags) senders(book *accounts.Book) campaign.Senders {
	s := campaign.Senders{Book: book, Usual: usualAccount()}
	if f.account != "" {
		s.Accounts = []string{f.account}
	}
	return s
}

// loadBook loads the accounts; nil if there are none.
func loadBook() (*accounts.Book, error) {
	where, err := userPlaces()
	if err != nil {
		return nil, err
	}
	book, err := accounts.Load(where.accounts)
	if errors.Is(err, accounts.ErrNoAccounts) {
		return nil, nil
	}
	return book, err
}

// sayLacks tells where empty cells would show.
func (p *program) sayLacks(template string, lacks []merge.Lack) {
	for _, l := range lacks {
		p.say(fmt.Errorf("%s:%d: %s is empty in this row", template, l.Line, l.Name), l.Instead()+" says what stands there instead")
	}
}
