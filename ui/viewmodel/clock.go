package viewmodel

import "time"

// Clock tells the time and waits, so that tests can do both at once.
type Clock interface {
	Now() time.Time
	// After sends once on the channel when d has passed.
	After(d time.Duration) <-chan time.Time
}

// SystemClock is the computer's clock.
func SystemClock() Clock { return systemClock{} }

type systemClock struct{}

func (systemClock) Now() time.Time                         { return time.Now() }
func (systemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }
