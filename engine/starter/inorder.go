package starter

import (
	"context"
	"sync"
	"sync/atomic"
)

// mostBeside is how many tries are made beside each other at most: further ones would
// mostly be cancelled, since the critic is sure of every third.
const mostBeside = 4

// InOrder makes up to tries samples, so many beside each other as a device can (mostBeside at
// most), and gives them to take in their order, whichever was ready first, until it has
// enough. What was begun ahead is then cancelled and waited for. So the outcome is that of
// one after the other, the first error included. watch hears of one try at a time, that
// which take is waiting for.
func InOrder[P, S any](ctx context.Context, tries, beside int, sample func(ctx context.Context, try int, watch func(P)) (S, error), watch func(try int, p P), take func(try int, s S) (enough bool)) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	type outcome struct {
		sampled S
		err     error
	}
	var speaking sync.Mutex
	var waiting atomic.Int64 // for the try of this number
	ready := make([]chan outcome, 0, tries)
	begin := func() {
		try, done := len(ready), make(chan outcome, 1)
		if try == tries {
			return
		}
		ready = append(ready, done)
		running.Go(func() {
			s, err := sample(ctx, try, func(p P) {
				if waiting.Load() != int64(try) {
					return // at once: who is not heard does not wait for who is
				}
				speaking.Lock()
				defer speaking.Unlock()
				if waiting.Load() == int64(try) {
					watch(try, p)
				}
			})
			done <- outcome{s, err}
		})
	}
	for range max(1, min(beside, mostBeside)) {
		begin()
	}
	for try := range tries {
		o := <-ready[try]
		if o.err != nil {
			return o.err
		}
		speaking.Lock()
		enough := take(try, o.sampled)
		waiting.Add(1)
		if enough {
			waiting.Store(int64(tries)) // nobody's: what is still on its way is not told
		}
		speaking.Unlock()
		if enough {
			return nil
		}
		begin()
	}
	return nil
}
