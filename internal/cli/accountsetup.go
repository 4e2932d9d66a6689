package cli

import (
	"context"

	"sendoff/accounts"
	"sendoff/accounts/check"
	"sendoff/accounts/discover"
	"sendoff/outbox"
	"sendoff/ui"
)

// setup is what the interface can do about accounts: the same as the commands do.
func (p *program) setup(b *outbox.Outbox, where places) *ui.Setup {
	return &ui.Setup{
		Find: func(ctx context.Context, address string, how ui.FindOptions) (discover.Result, error) {
			o := p.world
			o.AskDomain, o.Told = how.AskDomain, how.Told
			return discover.Find(ctx, address, o)
		},
		Check: func(ctx context.Context, a accounts.Account, step func(check.Step)) check.Report {
			return check.Run(ctx, a, check.Options{Step: step, Resolver: p.world.Resolver})
		},
		Rename: func(ctx context.Context, old, name string) error {
			file, err := accounts.OpenFile(where.accounts)
			if err != nil {
				return err
			}
			return renameAccount(ctx, b, file, where, old, name)
		},
		Remove: func(ctx context.Context, name string) error {
			file, err := accounts.OpenFile(where.accounts)
			if err != nil {
				return err
			}
			kept, err := belongingsOf(file, name, where)
			if err != nil {
				return err
			}
			if err := takeOut(file, name); err != nil {
				return err
			}
			return kept.forget(ctx)
		},
	}
}
