package cli

import (
	"context"
	"fmt"
	"time"
)

// showEvery is how often a line of progress is drawn anew; the first time is after one of
// these, so that nothing flashes by what is over at once.
const showEvery = 250 * time.Millisecond

// showLine draws one line on a terminal for as long as something goes on; line is called
// from another goroutine. The function it returns ends that and clears the line.
func (p *program) showLine(ctx context.Context, line func() string) func() {
	if !isTerminal(p.Err) {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(showEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				fmt.Fprint(p.Err, "\r\x1b[K", line())
			case <-ctx.Done():
				fmt.Fprint(p.Err, "\r\x1b[K")
				return
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
