package review

import (
	"fmt"
	"strings"
	"time"

	"sendoff/compose"
)

func withoutSubject(d compose.Draft) []Finding {
	if strings.TrimSpace(d.Subject) != "" {
		return nil
	}
	return []Finding{{Warning, "There is no subject.", Fix{What: "write one", Field: "subject"}}}
}

// usualMost is what most servers take, encoded: 25 MB, as they count.
const usualMost = 25 << 20

// large finds a message that the account's server takes and others will not. One that
// the account's server does not take is not for us: it cannot be sent.
func large(f Facts, d compose.Draft) []Finding {
	account, _ := f.account(d)
	if most := account.Limits.MaxSize; f.Size <= usualMost || most > 0 && f.Size > most {
		return nil
	}
	return []Finding{{Warning, fmt.Sprintf("It is about %d MB: many servers take no more than 25.", (f.Size+500_000)/1_000_000), Fix{What: "look at the files", Field: "attachments"}}}
}

const (
	oldDraft  = 30 * 24 * time.Hour
	farFuture = 366 * 24 * time.Hour
)

// late finds a text that was begun long ago, and a message that leaves in years.
func late(f Facts) (all []Finding) {
	if age := f.Now.Sub(f.Begun); !f.Begun.IsZero() && age >= oldDraft {
		all = append(all, Finding{Note, fmt.Sprintf("You began this %d days ago.", age/(24*time.Hour)), Fix{}})
	}
	if f.Leaves.Sub(f.Now) >= farFuture {
		all = append(all, Finding{Warning, "It leaves in more than a year, on " + f.Leaves.Format("2 Jan 2006") + ".", Fix{}})
	}
	return all
}
