package ui

import "testing"

// Who asks for more than words is not told of words.
func TestFilter_SaysOfAFieldThatNothingIsLikeThat(t *testing.T) {
	tell(t, 80, 24, nil, hello, func(s *story) {
		s.Keys("/")
		s.Type("subject:nowhere")
		s.See("No message here is like that.")
	})
}
