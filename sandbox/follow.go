package sandbox

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// echoTime is how long after a thaw an engine may still repeat that the node was
// frozen before.
const echoTime = 2 * time.Second

// followEngine turns the engine's news about containers into states.
func (s *Session) followEngine() error {
	events, err := s.engine.Watch(s.ctx)
	if err != nil {
		return err
	}
	s.work.Go(func() {
		for e := range events {
			if e.Lab != s.spec.ID {
				continue
			}
			if m, err := s.member(e.Node); err == nil {
				m.containerNews(e)
			}
		}
	})
	return nil
}

// containerNews follows what happens to the container. News from before the node
// was last asked to run are old.
func (m *member) containerNews(e Event) {
	m.mu.Lock()
	old := e.At.Before(m.asked)
	phase, thawed := m.state.Phase, m.thawedAt
	m.mu.Unlock()
	if old || phase == PhaseCreating || m.session.ctx.Err() != nil {
		return
	}
	switch e.State {
	case Running:
		m.thawed()
		m.rouse()
	case Paused:
		if e.At.Sub(thawed) > echoTime {
			m.frozen()
		}
	case Exited:
		m.hangUp() // A node on gVisor ends without a farewell on its connections.
		if phase != PhaseStopped {
			m.enter(PhaseExited, m.containerEnd(e), "")
			m.suffersNoMore()
		}
	case Gone:
		m.hangUp()
		if phase != PhaseStopped {
			m.enter(PhaseExited, "the container was removed", "")
		}
	}
}

func (m *member) containerEnd(e Event) string {
	if e.OOM {
		return fmt.Sprintf("the container ended with status %d: out of memory (limit %s)", e.Exit, megabytes(m.now().Limit))
	}
	return fmt.Sprintf("the container ended with status %d", e.Exit)
}

func (m *member) frozen() {
	m.mu.Lock()
	if m.state.Phase != PhasePaused {
		m.beforePause = m.state.Phase
	}
	m.mu.Unlock()
	m.enter(PhasePaused, "", "")
}

// thawed puts a paused node back to where it was; its agent corrects that soon.
func (m *member) thawed() {
	m.mu.Lock()
	before := m.beforePause
	paused := m.state.Phase == PhasePaused
	m.thawedAt = moment()
	m.mu.Unlock()
	if paused && before != "" {
		m.enter(before, "", "")
	}
}

// subscriber is a Watch that has not ended: the members whose state it has not
// seen yet. A slow one sees the latest state of each, never a queue of old ones.
type subscriber struct {
	mu    sync.Mutex
	dirty map[*member]bool
	ready chan struct{}
}

func (u *subscriber) mark(m *member) {
	u.mu.Lock()
	u.dirty[m] = true
	u.mu.Unlock()
	select {
	case u.ready <- struct{}{}:
	default:
	}
}

// collect returns the unseen members in the topology's order.
func (u *subscriber) collect(all []*member) []*member {
	u.mu.Lock()
	defer u.mu.Unlock()
	var out []*member
	for _, m := range all {
		if u.dirty[m] {
			out = append(out, m)
		}
	}
	clear(u.dirty)
	return out
}

// announce tells every subscriber that m changed.
func (s *Session) announce(m *member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for u := range s.subscribers {
		u.mark(m)
	}
}

// Watch sends every node's present state, then the state of a node whenever it
// changes (load samples at most every two seconds), until ctx or the session ends.
// A slow reader misses states in between, never the last one.
func (s *Session) Watch(ctx context.Context) <-chan NodeState {
	u := &subscriber{dirty: map[*member]bool{}, ready: make(chan struct{}, 1)}
	for _, m := range s.visible() {
		u.mark(m)
	}
	s.mu.Lock()
	s.subscribers[u] = struct{}{}
	s.mu.Unlock()
	out := make(chan NodeState)
	go func() { // Ends with ctx or the session.
		defer close(out)
		defer s.unsubscribe(u)
		for s.send(ctx, u, out) {
			select {
			case <-u.ready:
			case <-ctx.Done():
				return
			case <-s.ctx.Done():
				s.send(ctx, u, out)
				return
			}
		}
	}()
	return out
}

func (s *Session) send(ctx context.Context, u *subscriber, out chan<- NodeState) bool {
	for _, m := range u.collect(s.visible()) {
		select {
		case out <- m.now():
		case <-ctx.Done():
			return false
		}
	}
	return true
}

func (s *Session) unsubscribe(u *subscriber) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.subscribers, u)
}

// report calls progress with every change until stop is called; then it has been
// called for the last time.
func (s *Session) report(ctx context.Context, progress func(NodeState)) (stop func()) {
	if progress == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	states := s.Watch(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		for state := range states {
			progress(state)
		}
	})
	return func() { cancel(); done.Wait() }
}
