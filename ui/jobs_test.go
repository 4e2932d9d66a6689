package ui

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestJobs_AreWaitedForButNotForEver(t *testing.T) {
	for _, c := range []struct{ takes, want time.Duration }{
		{0, 0}, {2 * time.Second, 2 * time.Second}, {time.Hour, endWithin},
	} {
		synctest.Test(t, func(t *testing.T) {
			j := new(jobs)
			if !j.begin() {
				t.Fatal("none may begin")
			}
			var job sync.WaitGroup
			job.Go(func() {
				<-time.After(c.takes)
				j.end()
			})
			start := time.Now()
			j.close()
			if took := time.Since(start); took != c.want {
				t.Errorf("a job of %s is waited for %s, want %s", c.takes, took, c.want)
			}
			if j.begin() {
				t.Error("one begins after the end")
			}
			job.Wait()
		})
	}
}
