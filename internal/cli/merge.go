package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"sendoff/accounts"
	"sendoff/compose"
	"sendoff/compose/merge"
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
		p.mergeListCommand(), p.mergeStatusCommand(), p.mergePauseCommand(), p.mergeResumeCommand(), p.mergeCancelCommand(),
		p.mergeRetryCommand(), p.mergeResolveCommand(), p.mergeExportCommand())
	return cmd
}

// campaign is a template and a list that are open.
type campaign struct {
	*merge.Campaign
	list     *merge.List
	again    func() (*merge.List, error) // the same list, to be read once more
	warnings merge.Problems
}

// withCampaign opens a template and a list for use. What is wrong with them as a
// whole is the error.
func (p *program) withCampaign(ctx context.Context, f *mergeFlags, args []string, use func(campaign) error) error {
	template, list, separator, err := f.names(args)
	if err != nil {
		return err
	}
	source, err := readText(ctx, func() (io.ReadCloser, error) { return os.Open(template) })
	if err != nil {
		return hinted{fmt.Errorf("template: %w", err), "the first argument is the template, the second one the list"}
	}
	parsed, err := merge.ParseTemplate(template, source)
	if err != nil {
		return err
	}
	folder, err := filepath.Abs(filepath.Dir(template))
	if err != nil {
		return fmt.Errorf("folder of the template: %w", err)
	}
	file, err := await(ctx, func() (*os.File, error) { return p.openList(list) })
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	defer file.Close()
	read := func() (*merge.List, error) {
		return merge.OpenList(list, file, merge.ListOptions{Separator: separator, ToColumn: f.toColumn})
	}
	opened, err := read()
	if err != nil {
		return listError(err)
	}
	bound, problems := merge.NewCampaign(parsed, opened, folder)
	if len(problems.Errors()) > 0 {
		return problems
	}
	return use(campaign{bound, opened, read, problems})
}

// names are the two files, and the separator as it was given.
func (f *mergeFlags) names(args []string) (template, list string, separator rune, err error) {
	if len(args) != 2 {
		return "", "", 0, hinted{usagef("a template and a list are needed"), "sendoff merge check letter.md people.csv"}
	}
	switch text := f.separator; {
	case text == "":
	case text == "tab" || text == `\t`:
		separator = '\t'
	case len(text) == 1 && strings.Contains(",;|\t", text):
		separator = rune(text[0])
	default:
		return "", "", 0, hinted{usagef("%q cannot stand between cells", text), "it is one of , ; | and tab"}
	}
	return args[0], args[1], separator, nil
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

// listError says where an error of reading came up; what is wrong with the list
// says so itself.
func listError(err error) error {
	if len(problemsOf(err)) > 0 {
		return err
	}
	return fmt.Errorf("read the list: %w", err)
}

// problemsOf are those that an error is made of.
func problemsOf(err error) merge.Problems {
	var one merge.Problem
	var all merge.Problems
	switch {
	case errors.As(err, &all):
		return all
	case errors.As(err, &one):
		return merge.Problems{one}
	}
	return nil
}

// letter makes the letter of a row, by its number.
func (c campaign) letter(number int) (merge.Row, merge.Letter, error) {
	if number < 1 {
		return merge.Row{}, merge.Letter{}, hinted{usagef("there is no row %d", number), "rows are counted from 1, without the line that names the columns"}
	}
	rows := 0
	for row, err := range c.list.Rows() {
		if err != nil {
			return row, merge.Letter{}, listError(err)
		}
		if rows = row.Number; rows < number {
			continue
		}
		letter, problems := c.Letter(row)
		if len(problems.Errors()) > 0 {
			return row, letter, problems
		}
		return row, letter, nil
	}
	return merge.Row{}, merge.Letter{}, noRowError{number, rows}
}

// noRowError is a row that a list does not have.
type noRowError struct{ number, rows int }

func (e noRowError) Error() string {
	return fmt.Sprintf("there is no row %d: the list has %d", e.number, e.rows)
}

// sender fills in who sends a letter. Without accounts, which a look at a campaign
// does not need, it is nobody.
func (f *mergeFlags) sender(d *compose.Draft, book *accounts.Book) error {
	if book == nil {
		d.From = orElse(d.From, nobody)
		return nil
	}
	account, err := address(d, book, orElse(f.account, d.Account))
	if err != nil {
		return err
	}
	if size := compose.EstimateSize(*d); account.Limits.MaxSize > 0 && size > account.Limits.MaxSize {
		return fmt.Errorf("it has about %d octets, and account %s takes %d", size, account.Name, account.Limits.MaxSize)
	}
	return nil
}

// nobody stands for the sender where no account is set up.
const nobody = "nobody@example.org"

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
		p.say(fmt.Errorf("%s:%d: %s is empty in this row", template, l.Line, l.Name), `{{ first_name | default: "friend" }} says what stands there instead`)
	}
}
