package crash

import (
	"flag"
	"os"
	"testing"

	"sendoff/internal/clitest"
)

var (
	// long asks for every point instead of a sample: .ci/long does.
	long = flag.Bool("long", false, "every kill point and fault instead of a sample")
	// seed makes a run repeatable; it is printed by what fails.
	seed = flag.Uint64("seed", 1, "of what is chosen by chance")
)

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	clitest.Remove()
	os.Exit(code)
}
