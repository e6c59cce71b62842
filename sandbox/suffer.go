package sandbox

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"pattarai/sandbox/agent"
)

const (
	afflictionTime = 24 * time.Hour         // Longer than any lab lives.
	afflictionLook = 300 * time.Millisecond // In which a fault that is impossible shows.
	memoryReserve  = 8 << 20                // Bytes of a node's memory that a full disk leaves to its programs.
)

// suffering is what a node is made to suffer.
type suffering struct {
	change sync.Mutex // One change at a time.

	mu        sync.Mutex
	links     []Fault
	afflicted map[FaultKind]*affliction
}

// affliction is a command in the node that a fault consists of and ends with.
type affliction struct{ end context.CancelFunc }

// Break makes a running node suffer a fault, in place of one of the same kind and
// peer. Errors: [ErrNoLab], [ErrNotRunning], [ErrNoImpair], [ErrEngine].
func (s *Session) Break(ctx context.Context, node string, f Fault) error {
	if err := f.Check(); err != nil {
		return err
	}
	m, err := s.member(node)
	if err != nil {
		return err
	}
	if f.Peer != "" {
		if _, err := s.member(f.Peer); err != nil {
			return err
		}
	}
	m.suffers.change.Lock()
	defer m.suffers.change.Unlock()
	if !f.Kind.OnLink() {
		return m.afflict(ctx, f.Kind)
	}
	others := m.suffers.linksWithout(func(o Fault) bool { return o.Kind == f.Kind && o.Peer == f.Peer })
	return m.impair(ctx, append(others, f))
}

// Mend ends the faults of a kind, or of all kinds when it is "". A node that
// suffers nothing of the kind is left as it is.
func (s *Session) Mend(ctx context.Context, node string, kind FaultKind) error {
	m, err := s.member(node)
	if err != nil {
		return err
	}
	m.suffers.change.Lock()
	defer m.suffers.change.Unlock()
	m.relieve(kind)
	left := m.suffers.linksWithout(func(o Fault) bool { return kind == "" || o.Kind == kind })
	if len(left) == len(m.suffers.linksWithout(nil)) {
		return nil
	}
	return m.impair(ctx, left)
}

// Faults tells what a node suffers.
func (s *Session) Faults(node string) []Fault {
	m, err := s.member(node)
	if err != nil {
		return nil
	}
	return m.suffers.all()
}

// linksWithout copies the faults on links but those that out holds for; nil is none.
func (s *suffering) linksWithout(out func(Fault) bool) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	links := slices.Clone(s.links)
	if out == nil {
		return links
	}
	return slices.DeleteFunc(links, out)
}

func (s *suffering) all() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.links)
	for _, kind := range slices.Sorted(maps.Keys(s.afflicted)) {
		all = append(all, Fault{Kind: kind})
	}
	return all
}

// impair makes the links suffer these faults only.
func (m *member) impair(ctx context.Context, links []Fault) error {
	engine, ok := m.session.engine.(Impairer)
	if !ok {
		return ErrNoImpair
	}
	if _, err := m.connect(ctx); err != nil {
		return err // Perhaps it does not run.
	}
	if err := engine.Impair(ctx, m.session.ID(), m.node.Name, links); err != nil {
		return err
	}
	m.suffersLinks(links)
	return nil
}

func (m *member) suffersLinks(links []Fault) {
	m.suffers.mu.Lock()
	m.suffers.links = links
	m.suffers.mu.Unlock()
	m.tellFaults()
}

// afflict starts the command that a fault consists of.
func (m *member) afflict(ctx context.Context, kind FaultKind) error {
	if slices.Contains(m.suffers.all(), Fault{Kind: kind}) {
		return nil
	}
	c, err := m.connect(ctx)
	if err != nil {
		return err
	}
	running, end := context.WithCancel(m.session.ctx)
	this := &affliction{end}
	m.suffers.add(kind, this)
	m.tellFaults()
	ended := make(chan agent.Result, 1)
	m.session.work.Go(func() {
		result, _ := c.Exec(running, agent.Command{Args: m.affliction(kind), Timeout: afflictionTime})
		end()
		m.suffers.remove(kind, this)
		m.tellFaults()
		ended <- result
	})
	select {
	case result := <-ended: // It should go on.
		return fmt.Errorf("%w: %s cannot be made %s: %s", ErrNoImpair, m.node.Name, kind, lastLines(string(result.Stderr), 1))
	case <-time.After(afflictionLook):
		return nil
	}
}

// affliction is the command for a fault of the node itself.
func (m *member) affliction(kind FaultKind) []string {
	if kind == Busy {
		return []string{AgentPath, "spin"}
	}
	now := m.now()
	return []string{AgentPath, "fill", strconv.FormatInt(now.Limit-now.Memory-memoryReserve, 10)}
}

func (s *suffering) add(kind FaultKind, a *affliction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.afflicted == nil {
		s.afflicted = map[FaultKind]*affliction{}
	}
	s.afflicted[kind] = a
}

// remove forgets an affliction, but not one that has come since.
func (s *suffering) remove(kind FaultKind, a *affliction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.afflicted[kind] == a {
		delete(s.afflicted, kind)
	}
}

// relieve ends the commands that faults of a kind consist of; "" is every kind.
func (m *member) relieve(kind FaultKind) {
	m.suffers.mu.Lock()
	for k, a := range m.suffers.afflicted {
		if kind == "" || k == kind {
			a.end()
			delete(m.suffers.afflicted, k)
		}
	}
	m.suffers.mu.Unlock()
	m.tellFaults()
}

// suffersNoMore is for a node whose container has ended: its faults ended with it.
func (m *member) suffersNoMore() {
	m.relieve("")
	m.suffersLinks(nil)
}

// tellFaults puts what the node suffers into its state.
func (m *member) tellFaults() {
	var words []string
	for _, f := range m.suffers.all() {
		words = append(words, f.String())
	}
	m.update(func(s *NodeState) { s.Faults = strings.Join(words, "; ") })
}
