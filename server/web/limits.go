package web

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"pattarai/server/fault"
)

// bucket is an allowance of requests.
type bucket int

// The allowances. A person who works fast never meets one.
const (
	free         bucket = iota
	costsLab            // Starting, ending, extending labs.
	costsSave           // Saving files.
	costsControl        // Faults and traffic.
	costsOpen           // Terminals and previews.
	costsCheck          // Graded runs.
	costsQuiz           // Answers.
	costsGuest          // New guests per address; a class may sit behind one.
)

// allowances are requests per second, and how many at once.
func allowance(b bucket) (perSecond rate.Limit, burst int) {
	switch b {
	case costsLab:
		return 0.5, 10
	case costsSave:
		return 5, 40
	case costsControl:
		return 5, 30
	case costsOpen:
		return 2, 30
	case costsCheck:
		return 0.5, 8
	case costsQuiz:
		return 2, 40
	case costsGuest:
		return 2, 300
	case free:
	}
	return rate.Inf, 1
}

// maxLimiters bounds the memory for allowances; the longest unused ones are
// forgotten first, which gives their owner a full allowance again.
const maxLimiters = 20_000

type limits struct {
	now func() time.Time
	mu  sync.Mutex
	all map[limitKey]*allowed
}

type limitKey struct {
	who    string
	bucket bucket
}

type allowed struct {
	limiter *rate.Limiter
	used    time.Time
}

func newLimits(now func() time.Time) *limits {
	return &limits{now: now, all: make(map[limitKey]*allowed)}
}

// charge takes one request from who's allowance.
func (l *limits) charge(who string, b bucket) error {
	if b == free {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now, key := l.now(), limitKey{who, b}
	a, ok := l.all[key]
	if !ok {
		l.makeRoom(now)
		a = &allowed{limiter: rate.NewLimiter(allowance(b))}
		l.all[key] = a
	}
	a.used = now
	if !a.limiter.AllowN(now, 1) {
		return fault.New(fault.TooMany, "too_often", "That was asked for too often in a short time.", "Wait a few seconds and try again.")
	}
	return nil
}

func (l *limits) makeRoom(now time.Time) {
	for age := 10 * time.Minute; len(l.all) >= maxLimiters; age /= 2 {
		for key, a := range l.all {
			if now.Sub(a.used) >= age {
				delete(l.all, key)
			}
		}
	}
}

// counts bounds how many of something each learner, and everybody together, has open.
type counts struct {
	mu    sync.Mutex
	total int
	by    map[string]int
}

// Limits of open streams and sockets.
const (
	maxOpenEach = 24
	maxOpenAll  = 4000
)

func newCounts() *counts { return &counts{by: make(map[string]int)} }

// take counts one more for who until release is called.
func (c *counts) take(who string) (release func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by[who] >= maxOpenEach || c.total >= maxOpenAll {
		return nil, fault.New(fault.TooMany, "too_many_open", "Too many pages and terminals are open at once.", "Close some of them.")
	}
	c.total++
	c.by[who]++
	return func() { c.release(who) }, nil
}

func (c *counts) release(who string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.by[who]--; c.by[who] == 0 {
		delete(c.by, who)
	}
}
