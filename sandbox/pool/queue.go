package pool

import (
	"context"
	"fmt"
	"slices"
	"time"

	"pattarai/sandbox"
)

// FullError means the line is as long as it may get.
type FullError struct{ Waiting int }

// Error implements error.
func (e *FullError) Error() string {
	return fmt.Sprintf("all labs are in use and %d people wait already, which is the most that may; try again in a few minutes", e.Waiting)
}

// TooBigError means a lab that this host could never run.
type TooBigError struct{ Needs, Has int64 }

// Error implements error.
func (e *TooBigError) Error() string {
	return fmt.Sprintf("the lab may use %s, and this host has %s for all labs together; lower the memory limits of its nodes or use a larger host",
		mebibytes(e.Needs), mebibytes(e.Has))
}

// ticket is a place in line.
type ticket struct {
	spec  sandbox.Spec
	cost  int64
	place int           // From 1.
	ready chan struct{} // Closed when it got room, or err is set.
	moved chan struct{} // Holds one token when place changed.
	err   error
}

// Wait waits in line until there is room for the lab and a place among those
// starting; both are then kept for a launch, but no longer than Config.Patience.
// onPosition (may be nil) hears the place in line, from 1, whenever it changes.
// Waiting for what has room already returns at once.
//
// Errors: those of ctx, [*FullError], [*TooBigError], and [sandbox.ErrNoLab] when
// the lab was removed meanwhile.
func (p *Pool) Wait(ctx context.Context, spec sandbox.Spec, onPosition func(pos int)) error {
	t, err := p.enqueue(spec)
	if t == nil {
		return err
	}
	for {
		select {
		case <-t.ready:
			return t.err
		case <-t.moved:
			if pos := p.place(t); pos > 0 && onPosition != nil {
				onPosition(pos)
			}
		case <-ctx.Done():
			p.abandon(t)
			return ctx.Err()
		}
	}
}

// enqueue returns a ticket to wait with, or nil when there is nothing to wait for.
func (p *Pool) enqueue(spec sandbox.Spec) (*ticket, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.leases[spec.ID] != nil {
		return nil, nil
	}
	cost := p.cost(spec.Topology)
	if cost > p.cfg.Memory {
		p.counts.Refused++
		return nil, &TooBigError{Needs: cost, Has: p.cfg.Memory}
	}
	if len(p.queue) >= p.cfg.Queue {
		p.counts.Refused++
		return nil, &FullError{Waiting: len(p.queue)}
	}
	t := &ticket{spec: spec, cost: cost, ready: make(chan struct{}), moved: make(chan struct{}, 1)}
	p.queue = append(p.queue, t)
	p.admit()
	return t, nil
}

// admit lets everybody in who can go in now, in order, and tells the others their
// places. Whoever is held up only by an own limit is passed by; whoever needs more
// room than there is holds up the line, so that large labs have their turn too.
func (p *Pool) admit() {
	rest := p.queue[:0:0]
	blocked := false
	for _, t := range p.queue {
		switch {
		case p.leases[t.spec.ID] != nil: // Waited for twice.
			close(t.ready)
		case blocked || p.ownerFull(t.spec.Owner):
			rest = append(rest, t)
		case p.fits(t.cost):
			p.reserve(t.spec, t.cost)
			close(t.ready)
		default:
			blocked = true
			rest = append(rest, t)
		}
	}
	p.queue = rest
	p.number()
}

// number gives everybody in line a place and a nudge when it is a new one.
func (p *Pool) number() {
	for i, t := range p.queue {
		if t.place == i+1 {
			continue
		}
		t.place = i + 1
		select {
		case t.moved <- struct{}{}:
		default:
		}
	}
}

func (p *Pool) fits(cost int64) bool {
	return p.starting < p.cfg.Starts && p.hasRoom(cost)
}

func (p *Pool) hasRoom(cost int64) bool {
	return p.used+cost <= p.cfg.Memory && (p.cfg.Labs == 0 || len(p.leases) < p.cfg.Labs)
}

func (p *Pool) ownerFull(owner string) bool {
	if p.cfg.PerOwner == 0 {
		return false
	}
	n := 0
	for _, l := range p.leases {
		if l.owner == owner {
			n++
		}
	}
	return n >= p.cfg.PerOwner
}

// place is the ticket's place now, 0 when it is out of the line.
func (p *Pool) place(t *ticket) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Index(p.queue, t) + 1
}

// abandon takes a ticket out of the line, or gives back what it got meanwhile.
func (p *Pool) abandon(t *ticket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.queue, t); i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
	} else if l := p.leases[t.spec.ID]; l != nil && l.phase == reserved {
		p.drop(l)
	}
	p.admit()
}

// leave takes a lab that is removed out of the line.
func (p *Pool) leave(lab string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = slices.DeleteFunc(p.queue, func(t *ticket) bool {
		if t.spec.ID != lab {
			return false
		}
		t.err = fmt.Errorf("removed while it waited: %w", sandbox.ErrNoLab)
		close(t.ready)
		return true
	})
	p.admit()
}

// Estimate says how long whoever stands at pos (from 1) will wait for room, by
// what was measured: launches when only they hold up the line, releases when room
// does. 0 means that nothing was measured yet.
func (p *Pool) Estimate(pos int) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pos < 1 || len(p.queue) == 0 {
		return 0
	}
	if p.hasRoom(p.queue[0].cost) {
		rounds := (pos + p.cfg.Starts - 1) / p.cfg.Starts
		return time.Duration(rounds) * p.launches.median()
	}
	return time.Duration(pos) * p.releases.median()
}
