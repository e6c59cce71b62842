// Package pool shares one container engine among many labs: it counts the room
// they take, keeps people in line when there is none, and lets only so many start
// at once. A [Pool] is itself a [sandbox.Engine].
//
// Nobody is refused because the host is full: whoever comes waits in order and is
// told the place. Labs are prepared only where there is room to spare.
package pool

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"pattarai/sandbox"
)

// Config says how much there is to share. Zero values take the defaults.
type Config struct {
	Memory     int64            // Bytes for all labs together; default [HostMemory] less Reserve.
	Reserve    int64            // Bytes left to the host when Memory is 0; default an eighth, at least 512 MiB.
	Overcommit float64          // How often the same byte may be promised: limits are ceilings that labs seldom reach. Default 2.
	Labs       int              // Labs at once; 0 means as many as memory allows.
	PerOwner   int              // Labs at once of one owner; 0 means no such limit.
	Starts     int              // Launches at once; default twice the cores.
	Queue      int              // How many may wait; default 1000.
	NodeMemory int64            // Bytes counted for a node without a memory limit; default 64 MiB.
	Patience   time.Duration    // How long room from [Pool.Wait] is kept for a launch; default one minute.
	Now        func() time.Time // Default [time.Now].
}

var (
	_ sandbox.Preparer = (*Pool)(nil)
	_ sandbox.Sourcer  = (*Pool)(nil)
)

// Pool is an engine that makes labs wait for room. Safe for concurrent use.
type Pool struct {
	sandbox.Engine
	cfg Config

	mu       sync.Mutex
	leases   map[string]*lease
	queue    []*ticket
	used     int64
	starting int
	launches history // Durations of launches.
	releases history // Times between releases.
	released time.Time
	counts   Stats
}

// lease is the room of one lab.
type lease struct {
	id, owner string
	cost      int64
	phase     phase
	slot      bool        // It counts among those starting.
	lapse     *time.Timer // Takes reserved room back.
}

// phase is a lease's place in its life: reserved, launching, live.
type phase int

const (
	reserved phase = iota
	launching
	live
)

// New returns a pool over engine.
func New(engine sandbox.Engine, cfg Config) (*Pool, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Pool{Engine: engine, cfg: cfg, leases: map[string]*lease{}}, nil
}

// Launch waits for room, then launches the lab. Room that [Pool.Wait] got before
// is used. A launch that fails gives its room back.
func (p *Pool) Launch(ctx context.Context, spec sandbox.Spec) error {
	own, err := p.take(ctx, spec)
	if err != nil {
		return err
	}
	began := p.cfg.Now()
	err = p.Engine.Launch(ctx, spec)
	p.endLaunch(own, p.cfg.Now().Sub(began), err)
	return err
}

// Prepare implements [sandbox.Preparer]. While labs wait for room, or this one
// would have to, nothing is prepared.
func (p *Pool) Prepare(t sandbox.Topology, tier sandbox.Tier) {
	if engine, ok := p.Engine.(sandbox.Preparer); ok && p.roomy(t) {
		engine.Prepare(t, tier)
	}
}

// Expect implements [sandbox.Preparer].
func (p *Pool) Expect(topologies []sandbox.Topology) {
	if engine, ok := p.Engine.(sandbox.Preparer); ok {
		engine.Expect(topologies)
	}
}

func (p *Pool) roomy(t sandbox.Topology) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue) == 0 && p.hasRoom(p.cost(t))
}

// take waits for room and marks it as used. The lease is nil when somebody else
// launches or has launched the lab.
func (p *Pool) take(ctx context.Context, spec sandbox.Spec) (*lease, error) {
	for {
		if err := p.Wait(ctx, spec, nil); err != nil {
			return nil, err
		}
		if l, ok := p.beginLaunch(spec.ID); ok {
			return l, nil
		}
	}
}

// beginLaunch marks a reserved lease as launching. ok is false when the room
// lapsed before it was used.
func (p *Pool) beginLaunch(id string) (l *lease, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l = p.leases[id]
	if l == nil {
		return nil, false
	}
	if l.phase != reserved {
		return nil, true
	}
	l.phase = launching
	l.lapse.Stop()
	return l, true
}

// endLaunch frees the place among those starting, and the room when err is set.
func (p *Pool) endLaunch(l *lease, took time.Duration, err error) {
	if l == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.freeSlot(l)
	if err != nil {
		p.counts.Failed++
		p.drop(l)
	} else {
		p.counts.Launched++
		p.launches.add(took)
		l.phase = live
	}
	p.admit()
}

// Remove removes the lab from the line or from the engine and gives its room
// back. While the engine fails to remove it, its room stays taken.
func (p *Pool) Remove(ctx context.Context, lab string) error {
	p.leave(lab)
	if err := p.Engine.Remove(ctx, lab); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.leases[lab]; l != nil {
		p.drop(l)
		p.admit()
	}
	return nil
}

// List lists the engine's labs and corrects the account by them: labs the pool
// did not know take room, and labs that are gone give theirs back.
func (p *Pool) List(ctx context.Context) ([]sandbox.Lab, error) {
	before := p.live()
	labs, err := p.Engine.List(ctx)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, lab := range labs {
		delete(before, lab.ID)
		if p.leases[lab.ID] == nil && !p.isWaiting(lab.ID) {
			p.hold(lab.ID, lab.Owner, int64(len(lab.Nodes))*p.cfg.NodeMemory)
		}
	}
	for id, l := range before {
		if p.leases[id] == l {
			p.drop(l)
		}
	}
	p.admit()
	return labs, nil
}

// Impair implements [sandbox.Impairer], as far as the engine does.
func (p *Pool) Impair(ctx context.Context, lab, node string, faults []sandbox.Fault) error {
	if engine, ok := p.Engine.(sandbox.Impairer); ok {
		return engine.Impair(ctx, lab, node, faults)
	}
	return sandbox.ErrNoImpair
}

// Sources implements [sandbox.Sourcer], as far as the engine does.
func (p *Pool) Sources(ctx context.Context, lab string, n int) ([]string, error) {
	if engine, ok := p.Engine.(sandbox.Sourcer); ok {
		return engine.Sources(ctx, lab, n)
	}
	return nil, sandbox.ErrNoSources
}

// Find returns what the engine knows of a lab, or [sandbox.ErrNoLab]. An engine
// that cannot look up a single lab lists all.
func (p *Pool) Find(ctx context.Context, lab string) (sandbox.Lab, error) {
	if f, ok := p.Engine.(interface {
		Find(context.Context, string) (sandbox.Lab, error)
	}); ok {
		return f.Find(ctx, lab)
	}
	labs, err := p.Engine.List(ctx)
	if err != nil {
		return sandbox.Lab{}, err
	}
	for _, l := range labs {
		if l.ID == lab {
			return l, nil
		}
	}
	return sandbox.Lab{}, fmt.Errorf("%w: lab %s", sandbox.ErrNoLab, lab)
}

// Hold counts a lab that the engine holds already, as after a restart of the
// server. It never waits.
func (p *Pool) Hold(spec sandbox.Spec) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.leases[spec.ID]; l != nil {
		p.used += p.cost(spec.Topology) - l.cost
		l.cost = p.cost(spec.Topology)
		return
	}
	p.hold(spec.ID, spec.Owner, p.cost(spec.Topology))
}

// Stats is what the pool counts.
type Stats struct {
	Labs     int           // Labs that take room, those starting included.
	Starting int           // Launches under way or about to be.
	Waiting  int           // In line.
	Used     int64         // Bytes promised.
	Memory   int64         // Bytes that may be promised.
	Launched int64         // Launches that succeeded, since the start of the server.
	Failed   int64         // Launches that failed.
	Refused  int64         // Turned away because the line was too long, or larger than the host.
	Lapsed   int64         // Room that nobody used in time.
	Median   time.Duration // Of the last launches; 0 before the first.
}

// Stats returns the present numbers.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.counts
	s.Labs, s.Starting, s.Waiting = len(p.leases), p.starting, len(p.queue)
	s.Used, s.Memory, s.Median = p.used, p.cfg.Memory, p.launches.median()
	return s
}

// live returns the leases of labs that were launched before now.
func (p *Pool) live() map[string]*lease {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make(map[string]*lease, len(p.leases))
	for id, l := range p.leases {
		if l.phase == live {
			all[id] = l
		}
	}
	return all
}

func (p *Pool) hold(id, owner string, cost int64) {
	p.used += cost
	p.leases[id] = &lease{id: id, owner: owner, cost: cost, phase: live}
}

// reserve takes room and a place among those starting.
func (p *Pool) reserve(spec sandbox.Spec, cost int64) {
	l := &lease{id: spec.ID, owner: spec.Owner, cost: cost, slot: true}
	l.lapse = time.AfterFunc(p.cfg.Patience, func() { p.lapse(l) })
	p.leases[l.id] = l
	p.used += cost
	p.starting++
}

func (p *Pool) lapse(l *lease) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.leases[l.id] == l && l.phase == reserved {
		p.counts.Lapsed++
		p.drop(l)
		p.admit()
	}
}

// drop gives a lease's room back; dropping twice changes nothing.
func (p *Pool) drop(l *lease) {
	p.freeSlot(l)
	if p.leases[l.id] != l {
		return
	}
	if l.lapse != nil {
		l.lapse.Stop()
	}
	delete(p.leases, l.id)
	p.used -= l.cost
	now := p.cfg.Now()
	if !p.released.IsZero() && len(p.queue) > 0 {
		p.releases.add(now.Sub(p.released))
	}
	p.released = now
}

func (p *Pool) freeSlot(l *lease) {
	if l.slot {
		l.slot = false
		p.starting--
	}
}

// cost is the bytes a topology may use, the probe node included.
func (p *Pool) cost(t sandbox.Topology) int64 {
	sum := p.cfg.NodeMemory / 4
	for _, n := range t.Nodes {
		if n.Limits.Memory > 0 {
			sum += n.Limits.Memory
		} else {
			sum += p.cfg.NodeMemory
		}
	}
	return sum
}

func (p *Pool) isWaiting(id string) bool {
	return slices.ContainsFunc(p.queue, func(t *ticket) bool { return t.spec.ID == id })
}

// mebibytes words a number of bytes.
func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
