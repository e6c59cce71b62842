package sandbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"pattarai/sandbox/agent"
)

// cleanupTime bounds the removal of a lab whose opening failed.
const cleanupTime = 60 * time.Second

// Open launches spec (or adopts the lab when the engine already holds it), puts
// files into place, starts the services in dependency order as far in parallel as
// that allows, and returns when every node is healthy. progress (may be nil) is
// called with each node's news meanwhile. files maps workspace paths
// ("haproxy.cfg") to content.
//
// A node that exits or stays unhealthy is a *[StartError], whose text is for the
// learner; a lost engine is [ErrEngine]. After an error the lab is gone.
func Open(ctx context.Context, engine Engine, spec Spec, files map[string][]byte, progress func(NodeState)) (*Session, error) {
	s := newSession(engine, spec, files)
	stop := s.report(ctx, progress)
	defer stop()
	err := s.open(ctx)
	if err == nil {
		return s, nil
	}
	cleanup, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	return nil, errors.Join(err, s.Close(cleanup))
}

func (s *Session) open(ctx context.Context) error {
	if err := s.followEngine(); err != nil {
		return err
	}
	if err := s.engine.Launch(ctx, s.spec); err != nil {
		return err
	}
	if err := s.learn(ctx); err != nil {
		return err
	}
	return s.each(ctx, func(ctx context.Context, m *member) error { return m.bringUp(ctx) })
}

// Adopt takes over a lab that the engine already holds (after a server restart)
// without touching its services or shells. The session's files are empty until
// the next [Session.Apply]; see [Session.Restore]. A lab that is gone is [ErrNoLab].
func Adopt(ctx context.Context, engine Engine, spec Spec) (*Session, error) {
	s := newSession(engine, spec, nil)
	err := s.adopt(ctx)
	if err == nil {
		return s, nil
	}
	s.Detach()
	return nil, err
}

func (s *Session) adopt(ctx context.Context) error {
	if err := s.followEngine(); err != nil {
		return err
	}
	if err := s.learn(ctx); err != nil {
		return err
	}
	return s.each(ctx, func(ctx context.Context, m *member) error {
		_, err := m.connect(ctx)
		if errors.Is(err, ErrNotRunning) {
			err = nil // Broken on purpose before the restart; learn has said so.
		}
		if err != nil {
			return err
		}
		m.begin()
		if len(m.service) == 0 && m.now().Phase == PhaseCreating {
			m.enter(PhaseHealthy, "", "")
		}
		return nil
	})
}

// Restore tells an adopted session the workspace files as last applied, which
// only the caller has kept. It changes nothing in the lab.
func (s *Session) Restore(files map[string][]byte) { s.remember(files) }

// finder is an engine that can look up one lab without listing all.
type finder interface {
	Find(ctx context.Context, lab string) (Lab, error)
}

// find returns what the engine knows of the lab.
func (s *Session) find(ctx context.Context) (Lab, error) {
	if f, ok := s.engine.(finder); ok {
		return f.Find(ctx, s.spec.ID)
	}
	labs, err := s.engine.List(ctx)
	if err != nil {
		return Lab{}, err
	}
	for _, l := range labs {
		if l.ID == s.spec.ID {
			return l, nil
		}
	}
	return Lab{}, fmt.Errorf("%w: lab %s", ErrNoLab, s.spec.ID)
}

// learn takes from the engine what only it knows of the nodes.
func (s *Session) learn(ctx context.Context) error {
	lab, err := s.find(ctx)
	if err != nil {
		return err
	}
	for _, n := range lab.Nodes {
		if m, err := s.member(n.Name); err == nil {
			m.learn(n)
			m.suffersLinks(lab.Links[n.Name])
		}
	}
	return nil
}

func (m *member) learn(n LabNode) {
	m.mu.Lock()
	if m.service == nil {
		m.service = n.Command
	}
	m.mu.Unlock()
	m.update(func(s *NodeState) {
		s.Address = n.Address
		if n.Memory > 0 {
			s.Limit = n.Memory
		}
		switch {
		case n.Paused:
			s.Phase = PhasePaused
		case !n.Running:
			s.Phase = PhaseStopped
		}
	})
}

// each runs f for every member at once. The first error cancels the others.
func (s *Session) each(ctx context.Context, f func(context.Context, *member) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, m := range s.members {
		wg.Go(func() {
			if err := f(ctx, m); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// begin starts following the node's news; once is enough.
func (m *member) begin() {
	m.mu.Lock()
	begun := m.followed
	m.followed = true
	m.mu.Unlock()
	if !begun {
		m.session.work.Go(func() { m.follow(m.session.ctx) })
	}
}

// bringUp puts the node's files into place, waits for those it depends on, starts
// its service and waits until it is healthy.
func (m *member) bringUp(ctx context.Context) error {
	c, err := m.connect(ctx)
	if err != nil {
		return err
	}
	if err := c.PutFiles(ctx, m.mapped(m.session.Files())); err != nil {
		return m.failed(err)
	}
	m.begin()
	if err := m.awaitDependencies(ctx); err != nil {
		return err
	}
	return m.serve(ctx, c)
}

// serve starts the service, if there is one, and waits until it is healthy.
func (m *member) serve(ctx context.Context, c *agent.Client) error {
	if len(m.service) == 0 {
		m.enter(PhaseHealthy, "", "")
		return nil
	}
	m.expect(false)
	if err := c.StartService(ctx, agent.Service{Args: m.service, Dir: m.node.Dir}); err != nil {
		return m.failed(err)
	}
	return m.awaitHealthy(ctx)
}

// failed tells a refusal of the agent, which is the author's or learner's doing,
// from a lost connection, which is ours.
func (m *member) failed(err error) error {
	m.mu.Lock()
	m.expecting = false
	m.mu.Unlock()
	var refused *agent.Error
	if errors.As(err, &refused) {
		m.enter(PhaseExited, refused.Error(), "")
		return &StartError{Node: m.node.Name, Reason: refused.Error()}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %s: %w", ErrEngine, m.node.Name, err)
}

// awaitDependencies waits until every node this one depends on is as far as the
// topology asks.
func (m *member) awaitDependencies(ctx context.Context) error {
	for _, d := range m.node.DependsOn {
		other, err := m.session.member(d.Node)
		if err != nil {
			return &StartError{Node: m.node.Name, Reason: fmt.Sprintf("it depends on %q, which is not in the topology", d.Node)}
		}
		err = other.await(ctx, func(s NodeState) bool {
			ready := s.Phase == PhaseHealthy || !d.Healthy && s.Phase == PhaseStarting
			if !ready && m.now().Phase == PhaseCreating {
				m.enter(PhaseWaiting, "waits for "+d.Node, "")
			}
			return ready
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// await waits until the state fulfils done.
func (m *member) await(ctx context.Context, done func(NodeState) bool) error {
	for {
		m.mu.Lock()
		state, changed := m.state, m.changed
		m.mu.Unlock()
		if done(state) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// awaitHealthy waits for the end of the start: healthy, or a *StartError.
func (m *member) awaitHealthy(ctx context.Context) error {
	limit, cancel := context.WithTimeout(ctx, m.patience())
	defer cancel()
	err := m.await(limit, func(s NodeState) bool {
		return s.Phase != PhaseStarting && s.Phase != PhaseCreating && s.Phase != PhaseWaiting
	})
	state := m.now()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		state.Detail = fmt.Sprintf("it was not healthy after %s", m.patience())
	case state.Phase == PhaseHealthy:
		return nil
	}
	return m.startError(ctx, state)
}

// patience is how long the health test may take to settle, and some more.
func (m *member) patience() time.Duration {
	h := m.node.Health
	if h == nil {
		return healthSlack
	}
	return h.StartPeriod + time.Duration(h.Retries+1)*(h.Interval+h.Timeout) + healthSlack
}

func (m *member) startError(ctx context.Context, state NodeState) error {
	reason := state.Detail
	if reason == "" {
		reason = "it is " + string(state.Phase)
	}
	log := state.Log
	if c, err := m.connect(ctx); err == nil {
		if all, err := c.Logs(ctx); err == nil && len(strings.TrimSpace(string(all))) > 0 {
			log = lastLines(string(all), logLines)
		}
	}
	return &StartError{Node: m.node.Name, Reason: reason, Log: log}
}
