package sandbox

import (
	"context"
	"fmt"
)

// Control kills, stops, starts, pauses or thaws a node. Starting a node puts the
// applied files back and starts its service again; it returns when the node is
// healthy or, after its start period, with a *[StartError]. Starting a frozen node
// thaws it; starting one that runs starts its service if that has ended.
func (s *Session) Control(ctx context.Context, node string, action Action) error {
	m, err := s.member(node)
	if err != nil {
		return err
	}
	switch action {
	case Kill, Stop:
		return m.halt(ctx, action)
	case Pause:
		return m.pause(ctx)
	case Unpause:
		return m.unpause(ctx)
	case Start:
		return m.start(ctx)
	}
	return fmt.Errorf("no action is called %q", action)
}

func (m *member) control(ctx context.Context, action Action) error {
	return m.session.engine.Control(ctx, m.session.spec.ID, m.node.Name, action)
}

// halt takes the node down on purpose. The phase comes first, so that the news of
// its end find it.
func (m *member) halt(ctx context.Context, action Action) error {
	before := m.now()
	detail := map[Action]string{Kill: "killed on purpose", Stop: "stopped on purpose"}[action]
	m.enter(PhaseStopped, detail, "")
	if err := m.control(ctx, action); err != nil {
		m.enter(before.Phase, before.Detail, before.Log)
		return err
	}
	m.hangUp()
	m.suffersNoMore()
	m.update(func(s *NodeState) { s.CPU, s.Memory = 0, 0 })
	return nil
}

func (m *member) pause(ctx context.Context) error {
	if m.now().Phase == PhasePaused {
		return nil
	}
	if err := m.control(ctx, Pause); err != nil {
		return err
	}
	m.frozen()
	return nil
}

func (m *member) unpause(ctx context.Context) error {
	if err := m.control(ctx, Unpause); err != nil {
		return err
	}
	m.thawed()
	m.rouse()
	return nil
}

func (m *member) start(ctx context.Context) error {
	switch m.now().Phase {
	case PhasePaused:
		return m.unpause(ctx)
	case PhaseHealthy, PhaseStarting, PhaseWaiting, PhaseCreating:
		return nil
	case PhaseUnhealthy, PhaseExited, PhaseStopped:
	}
	m.mu.Lock()
	m.asked, m.running = moment(), m.running && m.state.Phase != PhaseStopped
	m.mu.Unlock()
	if err := m.control(ctx, Start); err != nil {
		return err
	}
	m.enter(PhaseStarting, "", "") // A stopped node has no connection.
	c, err := m.connect(ctx)
	if err != nil {
		return err
	}
	if err := c.PutFiles(ctx, m.mapped(m.session.Files())); err != nil {
		return m.failed(err)
	}
	m.begin()
	m.rouse()
	return m.serve(ctx, c)
}
