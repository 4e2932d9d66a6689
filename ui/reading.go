package ui

// reading lets one request be under way at a time: what changes meanwhile is read when that
// is done, once, however often it changes.
type reading struct {
	underWay bool
	again    bool // something has changed since it began
}

// begin tells whether a request may begin. While one is under way it notes instead that
// another must follow.
func (r *reading) begin() bool {
	if r.underWay {
		r.again = true
		return false
	}
	*r = reading{underWay: true}
	return true
}

// end is the end of the request. again tells then whether another must follow.
func (r *reading) end() { r.underWay = false }
