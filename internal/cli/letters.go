package cli

import (
	"sendoff/compose"
	"sendoff/compose/merge"
	"sendoff/compose/unsubscribe"
	"sendoff/outbox"
)

// render makes the letters of campaigns for the outbox. What was wrong with a row
// was found when its campaign began, and is so still.
func (p places) render(name string, frozen []byte) (outbox.Letters, error) {
	c, err := merge.Thaw(frozen)
	if err != nil {
		return nil, err
	}
	if err := p.setTokens(c, name); err != nil {
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

// setTokens lets the letters of a campaign of that name have the tokens with which their
// readers unsubscribe.
func (p places) setTokens(c *merge.Campaign, name string) error {
	if !c.CanBeLeft() {
		return nil
	}
	key, err := unsubscribe.LoadKey(unsubscribeKey(p))
	if err != nil {
		return err
	}
	c.SetTokens(func(address string) string { return key.Token(unsubscribe.Wish{Campaign: name, Address: address}) })
	return nil
}
