package check

import "time"

// Limit is the longest time that [Run] may take over the exercise: each check up to
// its own limit, and after it the putting right of what it broke.
func (e Exercise) Limit() time.Duration {
	var total time.Duration
	for _, c := range e.Checks {
		total += c.timeout + undoTimeout
	}
	return total
}
