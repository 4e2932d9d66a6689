package outbox

import (
	"bytes"
	"fmt"
	"testing"
)

func TestFreshLetters(t *testing.T) {
	var f freshLetters
	if f.take("none") != nil {
		t.Error("there is one")
	}
	f.put("a", []byte("letter"))
	if got := f.take("a"); string(got) != "letter" {
		t.Errorf("%q", got)
	}
	if f.take("a") != nil {
		t.Error("it is kept after it was taken")
	}
	long := bytes.Repeat([]byte("x"), maxFreshLetter)
	const many = 5 * maxFresh / maxFreshLetter
	for i := range many {
		f.put(fmt.Sprint(i), long)
	}
	kept := 0
	for i := range many {
		if f.take(fmt.Sprint(i)) != nil {
			kept++
		} else if i > many-maxFresh/maxFreshLetter {
			t.Errorf("letter %d of %d is gone", i, many)
		}
	}
	if kept > 2*maxFresh/maxFreshLetter {
		t.Errorf("%d are kept", kept)
	}
}
