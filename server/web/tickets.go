package web

import (
	"crypto/rand"
	"sync"
	"time"

	"pattarai/server/fault"
)

const (
	ticketAge  = 30 * time.Second
	maxTickets = 10_000
)

// ticket is what a one-time code stands for.
type ticket struct {
	learner, lesson, lab string
	terminal, node       string // Of a terminal's ticket.
	host                 string // Of a preview's code.
	expires              time.Time
}

// tickets are one-time codes, each good for 30 seconds.
type tickets struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]ticket
}

func newTickets(now func() time.Time) *tickets {
	return &tickets{now: now, all: make(map[string]ticket)}
}

// issue returns a code that [tickets.take] turns into t once.
func (ts *tickets) issue(t ticket) (string, error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	now := ts.now()
	if len(ts.all) >= maxTickets {
		ts.forgetExpired(now)
	}
	if len(ts.all) >= maxTickets {
		return "", fault.New(fault.TooMany, "too_many_tickets", "Too many connections are being opened at once.", "Try again in half a minute.")
	}
	code := rand.Text()
	t.expires = now.Add(ticketAge)
	ts.all[code] = t
	return code, nil
}

// take uses a code up. ok is false when it is unknown, used or too old.
func (ts *tickets) take(code string) (t ticket, ok bool) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t, ok = ts.all[code]
	delete(ts.all, code)
	return t, ok && ts.now().Before(t.expires)
}

func (ts *tickets) forgetExpired(now time.Time) {
	for code, t := range ts.all {
		if !now.Before(t.expires) {
			delete(ts.all, code)
		}
	}
}
