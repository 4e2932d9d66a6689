package cli

import (
	"sendoff/compose"
	"sendoff/compose/merge"
	"sendoff/internal/campaign"
	"sendoff/outbox"
)

// render makes the letters of campaigns for the outbox. What was wrong with a row
// was found when its campaign began, and is so still.
func (p places) render(name string, frozen []byte) (outbox.Letters, error) {
	c, err := merge.Thaw(frozen)
	if err != nil {
		return nil, err
	}
	if err := campaign.SetTokens(c, name, unsubscribeKey(p)); err != nil {
		return nil, err
	}
	return func(number, line int, cells []string) (compose.Draft, error) {
		letter, problems := c.Letter(merge.Row{Number: number, Line: line, Values: cells})
		if wrong := problems.Errors(); len(wrong) > 0 {
			return compose.Draft{}, wrong
		}
		return letter.Draft, nil
	}, nil
}
