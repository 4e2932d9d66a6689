package bounce

import (
	"cmp"
	"strings"
)

// delays are what a server says that goes on trying, in lower case.
var delays = []string{
	"has been delayed", "not yet been delivered", "will be retried", "will continue to try", "attempts will continue", "continue to be made",
	"has been postponed", "still trying", "still being retried", "warning message only", "message delayed", "will keep trying", "will try again",
	"do not need to resend", "you do not have to resend", "no action is required", "delivery is delayed", "temporarily delayed", "wird weiterhin versucht",
	"verzögert", "retardé", "se ha retrasado", "задержан", "будут продолжены", "遅延", "could not be delivered yet", "deferred delivery",
}

// stillTrying are the words of a subject that begins with "Warning".
var stillTrying = []string{"could not send", "not sent", "delay", "not yet", "still"}

// ends are what is said when nobody tries on, whatever else is said.
var ends = []string{
	"giving up", "i've given up", "not going to try again", "failed permanently", "permanent error", "permanent fatal error", "permanent failure",
	"has been removed from the queue", "removed from queue", "no further delivery attempts", "returned to sender",
}

// waits are what is said when the time was up, or something may be better
// tomorrow, and no code says which. In lower case.
var waits = []string{
	"retry timeout exceeded", "retry time not reached", "in the queue too long", "could not deliver for the last", "envelope expired", "message expired",
	"expired", "timed out", "timeout", "time-out", "connection refused", "not responding", "no route to host", "network is unreachable", "host is unreachable",
	"unable to connect", "could not connect", "cannot connect", "can't connect", "did not accept our requests to connect", "failing for a long time",
	"attempts failed", "maximum delivery attempts", "delivery attempts exceeded", "cannot send message for", "could not send message for",
	"temporarily", "temporary failure", "temporary error", "try again later", "deferred", "not delivered within", "was not delivered within",
	"unable to resolve", "couldn't establish", "wasn't able to establish", "connection was dropped", "connection lost", "name server timeout",
	"host name lookup failure", "too busy", "undeliverable for", "has been in the queue", "delivery time has expired", "maximum time",
	"unable to deliver in", "for too long", "after repeated attempts",
}

// judge says what became of the message for a recipient, and what it means.
func (r *Recipient) judge(said *words) {
	if r.Action == "" {
		r.Action = said.action(r)
	}
	switch r.Action {
	case Delayed:
		r.Kind = Delay
	case Delivered, Relayed, Expanded:
		r.Kind = Success
	default:
		r.Kind = cmp.Or(r.Kind, said.severity(r))
	}
	r.Reason = reasonFor(r)
}

// action is for reports that have it only in words.
func (w *words) action(r *Recipient) Action {
	switch {
	case strings.HasPrefix(r.Status, "2."):
		return Delivered
	case containsAny(w.head, ends):
		return Failed
	case containsAny(w.head, delays) || strings.Contains(w.subject, "(delay)") || strings.Contains(w.subject, "delayed") || strings.HasPrefix(w.subject, "warning") && containsAny(w.subject, stillTrying):
		return Delayed
	}
	return Failed
}

// severity goes by the status; then by the code; then by the words. Who gives up
// without a word refuses.
func (w *words) severity(r *Recipient) Kind {
	switch {
	case strings.HasPrefix(r.Status, "4."):
		return Soft
	case strings.HasPrefix(r.Status, "5."):
		return Hard
	case r.Code >= 500:
		return Hard
	case r.Code >= 400:
		return Soft
	case containsAny(strings.ToLower(r.Diagnostic), waits):
		return Soft
	case w.ranOut():
		return Soft
	case r.Diagnostic == "" && containsAny(w.head+w.subject, waits):
		return Soft
	}
	return Hard
}

// ranOut tells how IMail says that the time was up: "Delivery failed 20 attempts".
func (w *words) ranOut() bool {
	_, rest, ok := strings.Cut(w.head, "delivery failed ")
	number, after, _ := strings.Cut(rest, " ")
	return ok && number != "" && strings.Trim(number, "0123456789") == "" && strings.HasPrefix(after, "attempts")
}
