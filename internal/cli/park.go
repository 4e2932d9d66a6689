package cli

import (
	"context"
	"fmt"
	"time"

	"sendoff/compose"
	"sendoff/outbox"
)

// sayPark tells that an account stands still, why and until when.
func (p *program) sayPark(park outbox.Park) {
	fmt.Fprintf(p.Err, "sendoff: account %s %s\n", park.Account, parkText(park))
}

func parkText(park outbox.Park) string { return parkUntil(park) + ": " + park.Answer() }

// parkUntil is the text without the reason.
func parkUntil(park outbox.Park) string {
	if park.Until.IsZero() {
		return "waits until you change it or retry"
	}
	return "waits until " + park.Until.Local().Format(time.DateTime)
}

// parksNow are the parks whose time has not come, by account.
func parksNow(ctx context.Context, where places, now time.Time) (map[string]outbox.Park, error) {
	waiting := make(map[string]outbox.Park)
	err := withBriefOutbox(ctx, where, compose.Habits{}, func(b *outbox.Outbox) error {
		parks, err := b.StandingParks(ctx, policiesOf(where))
		for _, park := range parks {
			if standsStill(park, now) {
				waiting[park.Account] = park
			}
		}
		return err
	})
	return waiting, err
}

// standsStill tells that the time of a park has not come.
func standsStill(park outbox.Park, now time.Time) bool {
	return park.Until.IsZero() || park.Until.After(now)
}

// parkOf is why an account stands still, if it does by its settings as they are now.
func parkOf(ctx context.Context, b *outbox.Outbox, policies []outbox.Policy, account string) (outbox.Park, bool, error) {
	parks, err := b.StandingParks(ctx, policies)
	for _, park := range parks {
		if park.Account == account {
			return park, true, nil
		}
	}
	return outbox.Park{}, false, err
}

// parkHint says what lets a parked account go on, as by a retry of the item id.
func parkHint(park outbox.Park, source *accountSource, id string) string {
	account, _ := source.lookup(park.Account) // of one that is gone nothing more can be said
	server := account.SMTP
	retry := "sendoff retry " + id
	plain := outbox.Explain(park.Result, park.Account, "")
	mend := orElse(plain.Otherwise, "mend it")
	switch {
	case park.Class == outbox.ClassCredentials && server.ClientCert != "" && server.Secret.IsZero():
		return "the login is the certificate of client_cert: once the server knows it, or it is another one, " + retry + " tries once more"
	case park.Class == outbox.ClassCredentials && server.Secret.OAuth != "":
		return "sendoff account login " + park.Account + " logs in again: a sender notices that within minutes; " + retry + " tries at once"
	case park.Class == outbox.ClassCredentials && server.Auth.ByToken():
		return "see to it that the account's secret is a fresh access token: a sender notices within minutes; " + retry + " tries at once"
	case park.Class == outbox.ClassCredentials:
		return mend + ": a sender notices another secret within minutes; " + retry + " tries at once"
	case onlyYou(park):
		return mend + ", then " + retry + " tries once more"
	case park.Limit == outbox.LimitDay:
		retry += " --against-limit"
	}
	hint := "a sender goes on with it at " + park.Until.Local().Format(time.DateTime) + "; " + retry + " tries now"
	if plain.Otherwise != "" {
		hint += "; if that does not help, " + plain.Otherwise
	}
	return hint
}

// onlyYou tells that time alone does not mend what has stopped an account, though
// it may be looked at again.
func onlyYou(park outbox.Park) bool {
	return park.Until.IsZero() || park.Class == outbox.ClassAccount || park.Class == outbox.ClassCredentials
}
