package labs

import (
	"context"
	"slices"
	"sync"
	"time"

	"pattarai/sandbox"
	"pattarai/server/catalog"
)

// bench is a learner's place at a lesson: the lab that stands there, if any, and
// everybody who watches it.
//
// At most one goroutine at a time works on its lab: each new piece of work cancels
// the one before and waits for it ([Service.replace]).
type bench struct {
	key
	used    time.Time // Guarded by Service.mu.
	claimed bool      // Guarded by Service.mu: a start is being decided.

	op  sync.Mutex // Held by whoever decides about the life of the lab; never while work goes on.
	run *run       // Guarded by op.

	write sync.Mutex // Keeps writes of the record in order.

	applying sync.Mutex // One edit at a time reaches the nodes.

	mu          sync.Mutex // Guards what follows.
	rec         Record     // ID is "" before the first lab.
	lesson      *catalog.Lesson
	session     session // Only while running.
	nodes       []sandbox.NodeState
	position    int
	wait        time.Duration // For room, as estimated.
	median, p95 time.Duration // Of starts.
	canExtend   bool
	log, fix    string
	traffic     Traffic
	quiet       int               // How many want no traffic now.
	sending     bool              // The traffic pump runs.
	terminals   map[string]string // Id to node.
	warned      int               // How many warnings of the end at warnedFor were given.
	warnedFor   time.Time
	subscribers map[*subscriber]struct{}
	kick        chan struct{} // Holds one token when what should be pumped may have changed.
}

// run is a piece of work on a lab.
type run struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// over tells whether a state is final.
func (s State) over() bool { return s == Ended || s == Failed || s == "" }

// isOpen tells whether a lab stands there that is not over.
func (b *bench) isOpen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.rec.State.over()
}

func (b *bench) abandoned() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rec.State.over() && len(b.subscribers) == 0
}

func (b *bench) record() Record {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rec
}

// running returns the session, or nil.
func (b *bench) running() session {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rec.State != Running {
		return nil
	}
	return b.session
}

func (b *bench) view() View {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.viewLocked()
}

func (b *bench) viewLocked() View {
	v := View{
		Record: b.rec, Position: b.position, P95: b.p95, CanExtend: b.canExtend,
		Log: b.log, Fix: b.fix, Nodes: slices.Clone(b.nodes), Traffic: b.traffic,
	}
	if b.median > 0 && (b.position == 0 || b.wait > 0) {
		v.Estimate = b.wait + b.median
	}
	return v
}

// place puts a record on the bench, clearing away what was there.
func (b *bench) place(rec Record, lesson *catalog.Lesson) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rec, b.lesson = rec, lesson
	b.resetLocked()
	for sub := range b.subscribers {
		b.catchUp(sub)
	}
}

// halt ends the work that goes on; op is held.
func (b *bench) halt() {
	if b.run != nil {
		b.run.cancel()
	}
}

// resetLocked forgets everything that belonged to earlier containers.
func (b *bench) resetLocked() {
	b.position, b.wait, b.log, b.fix, b.canExtend = 0, 0, "", "", false
	b.warned, b.warnedFor = 0, time.Time{}
	clear(b.terminals)
	b.nodes = b.nodes[:0:0]
	if b.lesson == nil {
		return
	}
	for _, n := range b.lesson.Topology.Nodes {
		b.nodes = append(b.nodes, sandbox.NodeState{Node: n.Name, Phase: sandbox.PhaseCreating, Since: b.rec.Created, Limit: n.Limits.Memory})
	}
}

// setNode takes a node's news.
func (b *bench) setNode(state sandbox.NodeState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.nodes {
		if b.nodes[i].Node == state.Node {
			b.nodes[i] = state
			b.publishLocked(Event{Node: &state})
			return
		}
	}
}

// touch notes that somebody did something.
func (b *bench) touch(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.After(b.rec.Active) {
		b.rec.Active = now
	}
}

// takeSession returns the session and leaves none.
func (b *bench) takeSession() session {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.session
	b.session = nil
	return taken
}

// nudge makes the pumps look what they should do.
func (b *bench) nudge() {
	select {
	case b.kick <- struct{}{}:
	default:
	}
}
