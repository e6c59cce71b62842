package labs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/server/catalog"
	"pattarai/server/fault"
)

// maxTerminals is how many terminals a lab may have.
const maxTerminals = 5

// typeable are the nodes where the learner may type: the exercise's shell node
// first, then nodes made for it. What is graded is not among them unless the
// author names it.
func typeable(l *catalog.Lesson) []string {
	var nodes []string
	if has(l.Topology, l.Exercise.Shell) {
		nodes = append(nodes, l.Exercise.Shell)
	}
	for _, n := range l.Topology.Nodes {
		if (n.Role == sandbox.RoleShell || n.Role == sandbox.RoleClient) && n.Name != l.Exercise.Shell {
			nodes = append(nodes, n.Name)
		}
	}
	return nodes
}

// Terminals lists the terminals of the running lab by id. Fault: Unavailable when
// it does not run.
func (s *Service) Terminals(ctx context.Context, learner, lesson string) ([]Terminal, error) {
	b, running, err := s.working(learner, lesson)
	if err != nil {
		return nil, err
	}
	named := b.namedTerminals()
	alive := map[string]bool{}
	for _, node := range slices.Compact(slices.Sorted(maps.Values(named))) {
		for _, shell := range shellsOf(ctx, running, node) {
			alive[node+"/"+shell.ID] = shell.Running
		}
	}
	list := []Terminal{}
	for _, id := range slices.Sorted(maps.Keys(named)) {
		list = append(list, Terminal{ID: id, Node: named[id], Running: alive[named[id]+"/"+id]})
	}
	return list, nil
}

// NewTerminal names a terminal on a node, "" for the exercise's own; it starts
// when it is first attached to. Faults: NotFound or Forbidden for nodes without
// terminals, TooMany beyond five.
func (s *Service) NewTerminal(ctx context.Context, learner, lesson, node string) (Terminal, error) {
	b, _, err := s.working(learner, lesson)
	if err != nil {
		return Terminal{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	allowed := typeable(b.lesson)
	if node == "" && len(allowed) > 0 {
		node = allowed[0]
	}
	switch {
	case slices.Contains(allowed, node):
	case node != "" && !has(b.lesson.Topology, node):
		return Terminal{}, unknownNode(node, b.lesson.Topology)
	case len(allowed) == 0:
		return Terminal{}, fault.New(fault.Forbidden, "no_terminals", "This lab has no terminals.", "Use its files and buttons.")
	default:
		return Terminal{}, fault.New(fault.Forbidden, "node_without_terminal", fmt.Sprintf("Node %s has no terminal: what is graded runs there.", node),
			"Open one on "+list(allowed)+".")
	}
	for i := 1; i <= maxTerminals; i++ {
		id := fmt.Sprintf("t%d", i)
		if _, taken := b.terminals[id]; !taken {
			b.terminals[id] = node
			return Terminal{ID: id, Node: node}, nil
		}
	}
	return Terminal{}, fault.New(fault.TooMany, "too_many_terminals", fmt.Sprintf("This lab has %d terminals, which is the most.", maxTerminals), "Close one of them first.")
}

// AttachTerminal attaches to a terminal, starting it when needed. Keys typed there
// count as activity. Fault: NotFound for an id that [Service.NewTerminal] did not give.
func (s *Service) AttachTerminal(ctx context.Context, learner, lesson, id string, cols, rows int) (agent.Shell, error) {
	b, node, on, err := s.terminal(ctx, learner, lesson, id)
	if err != nil {
		return nil, err
	}
	shell, err := on.OpenShell(ctx, agent.ShellOptions{ID: id, Cols: cols, Rows: rows})
	if err != nil {
		s.cfg.Logger.Warn("terminal not opened", "lab", b.record().ID, "node", node, "error", err)
		return nil, trouble(err)
	}
	return &typing{Shell: shell, touch: func() { b.touch(s.cfg.Now()) }}, nil
}

// EndTerminal hangs up a terminal and forgets it.
func (s *Service) EndTerminal(ctx context.Context, learner, lesson, id string) error {
	b, _, on, err := s.terminal(ctx, learner, lesson, id)
	if err != nil {
		return err
	}
	if err := on.EndShell(ctx, id); err != nil {
		return trouble(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.terminals, id)
	return nil
}

// terminal finds a terminal and the agent that keeps it.
func (s *Service) terminal(ctx context.Context, learner, lesson, id string) (b *bench, node string, on nodeAgent, err error) {
	b, running, err := s.working(learner, lesson)
	if err != nil {
		return nil, "", nil, err
	}
	node, ok := b.namedTerminals()[id]
	if !ok {
		return nil, "", nil, fault.New(fault.NotFound, "no_terminal", fmt.Sprintf("This lab has no terminal %q.", id), "Open a new one.")
	}
	on, err = running.Agent(ctx, node)
	return b, node, on, trouble(err)
}

// typing is a terminal whose keys keep the lab from being idle.
type typing struct {
	agent.Shell
	touch func()
}

// Write implements io.Writer.
func (t *typing) Write(keys []byte) (int, error) {
	t.touch()
	return t.Shell.Write(keys)
}

func (b *bench) namedTerminals() map[string]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.terminals)
}

// recallTerminals finds the terminals that the agents kept over a restart.
func (s *Service) recallTerminals(ctx context.Context, b *bench, running session) {
	b.mu.Lock()
	nodes := typeable(b.lesson)
	b.mu.Unlock()
	for _, node := range nodes {
		for _, shell := range shellsOf(ctx, running, node) {
			b.mu.Lock()
			if len(b.terminals) < maxTerminals {
				b.terminals[shell.ID] = node
			}
			b.mu.Unlock()
		}
	}
}

// shellsOf lists a node's shells, none when the node does not answer.
func shellsOf(ctx context.Context, running session, node string) []agent.ShellInfo {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	on, err := running.Agent(ctx, node)
	if err != nil {
		return nil
	}
	shells, err := on.Shells(ctx)
	if err != nil {
		return nil
	}
	return shells
}
