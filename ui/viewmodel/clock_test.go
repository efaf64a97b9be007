package viewmodel_test

import (
	"sync"
	"time"
)

// handClock is turned by hand.
type handClock struct {
	mu      sync.Mutex
	now     time.Time
	waiting []waiter
	asked   chan struct{} // one for every After
}

type waiter struct {
	at time.Time
	c  chan time.Time
}

func newHandClock() *handClock {
	return &handClock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), asked: make(chan struct{}, 1024)}
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := waiter{c.now.Add(d), make(chan time.Time, 1)}
	c.waiting = append(c.waiting, w)
	c.asked <- struct{}{}
	return w.c
}

// turn moves the clock on.
func (c *handClock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	rest := c.waiting[:0]
	for _, w := range c.waiting {
		if w.at.After(c.now) {
			rest = append(rest, w)
			continue
		}
		w.c <- c.now
	}
	c.waiting = rest
}
