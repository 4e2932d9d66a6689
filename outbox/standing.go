package outbox

// Standing is how a recipient stands in an attempt that goes on.
type Standing uint8

// The standings.
const (
	StandingUnnamed Standing = iota // the server has not been told of it yet
	StandingTaken                   // the server takes it, and waits for the message or says what it makes of that
	StandingRefused                 // for good
	StandingPutOff                  // it can be tried again
)

// Standing decides it.
func (k Known) Standing() Standing {
	switch {
	case k.Result.Class == 0 && k.Taken:
		return StandingTaken
	case k.Result.Class == 0:
		return StandingUnnamed
	case k.Result.Class.Retry() == RetryNever:
		return StandingRefused
	}
	return StandingPutOff
}

func (s Standing) String() string {
	switch s {
	case StandingTaken:
		return "accepted"
	case StandingRefused:
		return "refused"
	case StandingPutOff:
		return "put off"
	}
	return "not named to the server yet"
}

// StandingWords say how a recipient stands in an attempt that has come so far, and what it
// waits for.
func (p Progress) StandingWords(k Known) string {
	words := k.Standing().String()
	switch {
	case !k.Taken:
	case p.Step == StepDot:
		words += ", waits for the server's word"
	default:
		words += ", waits for the message"
	}
	return words
}

// Known is what is known of the recipients, by address.
func (p Progress) Known() map[string]Known {
	known := make(map[string]Known, len(p.Recipients))
	for _, k := range p.Recipients {
		known[k.Address] = k
	}
	return known
}
