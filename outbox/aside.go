package outbox

import "context"

// aside is work that goes on in a goroutine of its own while serve delivers.
type aside struct {
	end  context.CancelFunc
	over chan struct{}
}

// startAside begins it; it ends with ctx, or with stop.
func startAside(ctx context.Context, run func(context.Context)) *aside {
	ctx, end := context.WithCancel(ctx)
	a := &aside{end, make(chan struct{})}
	go func() {
		defer close(a.over)
		run(ctx)
	}()
	return a
}

// stop ends it and waits.
func (a *aside) stop() {
	a.end()
	<-a.over
}
