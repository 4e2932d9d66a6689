package ui

import "testing"

// Who types a field has not said yet what is to stand in it, and who asks for more than
// words is not told of words.
func TestFilter_AFieldThatIsBeingTypedHidesNothing(t *testing.T) {
	tell(t, 80, 24, nil, hello, func(s *story) {
		s.Keys("/")
		s.Type("subject:")
		s.See("▌… waiting   Hello")
		s.SeeNot("Nothing is found")
		s.Type("nowhere")
		s.See("No message in any section is like that.")
	})
}
