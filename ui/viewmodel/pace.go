package viewmodel

import "time"

// pace estimates how long a task still takes from how fast it came to where
// it is. Loading is left out: the clock starts at the first fraction above
// zero that comes with a step.
type pace struct {
	began    time.Time
	from     float64
	measured bool
}

// at takes a fraction that was reached at now, in a stage with steps or not,
// and returns the time left; 0 while there is nothing to judge by.
func (p *pace) at(now time.Time, fraction float64, stepped bool) time.Duration {
	if !p.measured {
		if stepped && fraction > 0 {
			p.began, p.from, p.measured = now, fraction, true
		}
		return 0
	}
	gone, done := now.Sub(p.began), fraction-p.from
	if done <= 0 || gone <= 0 || fraction >= 1 {
		return 0
	}
	return time.Duration(float64(gone) / done * (1 - fraction))
}
