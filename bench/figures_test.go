package bench

import (
	"slices"
	"testing"
	"time"
)

// figures are those of a benchmark's rounds, by name. What is compared is taken
// in the same round, since the machine is not the same a minute later.
type figures map[string][]float64

func (f figures) add(name string, value float64) { f[name] = append(f[name], value) }

// report gives the median of each, and not the time of an iteration: the sum of
// strangers says nothing.
func (f figures) report(b *testing.B) {
	b.Helper()
	for name, all := range f {
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], name)
	}
	b.ReportMetric(0, "ns/op")
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
