package compose

import "slices"

// Wishes are what a writer asks of those who handle a message. Nobody must do as asked.
type Wishes struct {
	Priority Priority `json:"priority,omitempty"`
	Receipt  bool     `json:"receipt,omitempty"` // the reader's program is to tell when it was read (RFC 8098)
	Report   bool     `json:"report,omitempty"`  // the last server is to tell that it was delivered (RFC 3461): no field of the header
}

// Priority says how soon somebody is to look at a message; "" is as usual.
type Priority string

// The priorities.
const (
	PriorityHigh Priority = "high"
	PriorityLow  Priority = "low"
)

// priorityFields are what programs read a priority from: Outlook, Apple Mail and
// Thunderbird each another one (RFC 2156 §5.3 knows the first and the last).
var priorityFields = map[Priority][]Header{
	PriorityHigh: {{"Importance", "high"}, {"X-Priority", "1 (Highest)"}, {"Priority", "urgent"}},
	PriorityLow:  {{"Importance", "low"}, {"X-Priority", "5 (Lowest)"}, {"Priority", "non-urgent"}},
}

// headers gives the fields that say the wishes. A field that the writer has set is not
// set again.
func (w Wishes) headers(problems *Problems, from Address, set []Header) (fields []Header) {
	wanted, known := priorityFields[w.Priority]
	if !known && w.Priority != "" {
		problems.add("priority", "it is high or low", "%s is no priority", quote(string(w.Priority)))
	}
	if w.Receipt && from.Mailbox != "" {
		spec, _ := from.ASCII() // the parser refused what ASCII refuses
		wanted = append(slices.Clip(wanted), Header{"Disposition-Notification-To", spec})
	}
	for _, h := range wanted {
		if !slices.ContainsFunc(set, func(other Header) bool { return containsFold([]string{other.Name}, h.Name) }) {
			fields = append(fields, h)
		}
	}
	return fields
}
