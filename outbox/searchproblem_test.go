package outbox_test

import (
	"strings"
	"testing"
	"time"

	"sendoff/outbox"
)

func TestSearchProblem_NamesWhatNothingCanFit(t *testing.T) {
	for _, test := range []struct{ search, want string }{
		{"", ""},
		{"to:kim state:fail -before:7d id:a1 lunch", ""},
		{"re lease", ""},
		{"10:30", ""},
		{"to:kim before:tomorrow", "before:tomorrow is no day"},
		{"-state:nonsense", "state:nonsense is no state"},
		{"foo:bar", "foo:bar has no field's name in front"},
		{`"foo: bar"`, "foo: bar has no field's name in front"},
	} {
		got := outbox.SearchProblem(test.search, time.Now())
		if test.want == "" && got != "" || !strings.HasPrefix(got, test.want) {
			t.Errorf("%q: got %q, want %q", test.search, got, test.want)
		}
	}
}
