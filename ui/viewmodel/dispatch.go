package viewmodel

import (
	"sync"
	"time"
)

// Dispatcher turns any number of changes into at most one delivery per frame,
// and never has more than one waiting: a screen that is slow to draw is asked
// less often instead of being flooded.
type Dispatcher struct {
	post    func(func())
	deliver func()
	clock   Clock
	frame   time.Duration
	wake    chan struct{}
	quit    chan struct{}
	once    sync.Once
	done    sync.WaitGroup
}

// NewDispatcher starts a dispatcher. post runs a function on the thread that
// draws (fyne.Do); deliver is what runs there; frame is the least time between
// two deliveries.
func NewDispatcher(post func(func()), deliver func(), frame time.Duration, c Clock) *Dispatcher {
	d := &Dispatcher{
		post: post, deliver: deliver, clock: c, frame: frame,
		wake: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	d.done.Add(1)
	go d.run()
	return d
}

// Changed says that there is something new. It never waits.
func (d *Dispatcher) Changed() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Close ends the dispatcher and waits for its goroutine; a delivery that was
// posted and has not begun does nothing.
func (d *Dispatcher) Close() {
	d.once.Do(func() { close(d.quit) })
	d.done.Wait()
}

func (d *Dispatcher) run() {
	defer d.done.Done()
	for {
		select {
		case <-d.quit:
			return
		case <-d.wake:
		}
		drawn := make(chan struct{})
		d.post(func() {
			defer close(drawn)
			select {
			case <-d.quit:
			default:
				d.deliver()
			}
		})
		select {
		case <-d.quit:
			return
		case <-drawn:
		}
		select {
		case <-d.quit:
			return
		case <-d.clock.After(d.frame):
		}
	}
}
