package cli

import (
	"errors"
	"fmt"
	"time"

	"sendoff/internal/moment"
)

// parseWhen reads --at; "" is the zero time.
func parseWhen(text string, now time.Time) (time.Time, error) {
	t, err := moment.Parse(text, now)
	var why *moment.Error
	if !errors.As(err, &why) {
		return t, err
	}
	hint := why.Hint
	if why.Passed {
		hint = "without --at it is due at once; '15:04' and '+2h' never lie in the past"
	}
	return t, hinted{usageError{fmt.Errorf("--at: %w", err)}, hint}
}
