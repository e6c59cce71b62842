package sandbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"pattarai/sandbox/agent"
)

const (
	loadEvery   = 2 * time.Second
	retryFirst  = 100 * time.Millisecond // Before a lost connection is dialled again.
	retryMost   = 5 * time.Second
	logLines    = 20
	healthSlack = 30 * time.Second // Beyond what a health test itself allows.
)

// member is one node of a session: its connection and what is known of it.
type member struct {
	session *Session
	node    Node
	dialing sync.Mutex    // One dial at a time.
	wake    chan struct{} // Ends a pause between dials.
	suffers suffering

	mu          sync.Mutex
	service     []string // Nil when the node has no service.
	client      *agent.Client
	state       NodeState
	changed     chan struct{} // Closed at the next change of state.
	asked       time.Time     // When the node was last asked to run.
	beforePause Phase
	thawedAt    time.Time
	followed    bool // follow runs.
	running     bool // The service runs, as far as the agent's news have come.
	expecting   bool // We asked for a start of the service, and its news have not come yet.
}

func newMember(s *Session, n Node) *member {
	now := moment()
	return &member{
		session: s, node: n, service: n.Command, asked: now,
		wake: make(chan struct{}, 1), changed: make(chan struct{}),
		state: NodeState{Node: n.Name, Phase: PhaseCreating, Since: now, Limit: n.Limits.Memory},
	}
}

// now is the present state.
func (m *member) now() NodeState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}

// update changes the state and tells those who watch it.
func (m *member) update(change func(*NodeState)) {
	m.mu.Lock()
	m.updateLocked(change)
	m.mu.Unlock()
	m.session.announce(m)
}

func (m *member) updateLocked(change func(*NodeState)) {
	before := m.state
	change(&m.state)
	if m.state == before {
		return
	}
	if m.state.Phase != before.Phase {
		m.state.Since = moment()
		if m.state.Phase == PhaseHealthy && before.Phase != PhasePaused && before.Phase != PhaseUnhealthy {
			m.state.Took = time.Since(m.asked)
		}
	}
	close(m.changed)
	m.changed = make(chan struct{})
}

// enter moves the node to a phase, with something to say about it or nothing.
func (m *member) enter(p Phase, detail, log string) {
	m.update(func(s *NodeState) { s.Phase, s.Detail, s.Log = p, detail, log })
}

// connect returns the live connection, dialling when there is none.
func (m *member) connect(ctx context.Context) (*agent.Client, error) {
	m.dialing.Lock()
	defer m.dialing.Unlock()
	if c, err := m.live(); c != nil || err != nil {
		return c, err
	}
	conn, err := m.session.engine.Dial(ctx, m.session.spec.ID, m.node.Name)
	if err != nil {
		return nil, err
	}
	c, err := agent.NewClient(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("%w: greeting the agent of %s: %w", ErrEngine, m.node.Name, err)
	}
	m.mu.Lock()
	m.client = c
	m.mu.Unlock()
	if m.session.ctx.Err() != nil {
		m.hangUp()
		return nil, fmt.Errorf("%w: the session has ended", ErrNoLab)
	}
	return c, nil
}

// live returns the connection if it lives, and an error when there can be none.
func (m *member) live() (*agent.Client, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.state.Phase; p == PhaseStopped || p == PhasePaused {
		return nil, fmt.Errorf("%w: %s is %s", ErrNotRunning, m.node.Name, p)
	}
	if m.client == nil {
		return nil, nil
	}
	select {
	case <-m.client.Done():
		m.client = nil
		return nil, nil
	default:
		return m.client, nil
	}
}

// hangUp closes the connection.
func (m *member) hangUp() {
	m.mu.Lock()
	c := m.client
	m.client = nil
	m.mu.Unlock()
	if c != nil {
		c.Close()
	}
}

// follow keeps a connection and turns the agent's news into states until the
// session ends.
func (m *member) follow(ctx context.Context) {
	pause := retryFirst
	for ctx.Err() == nil {
		c, err := m.connect(ctx)
		if err == nil {
			m.listen(ctx, c)
			pause = retryFirst
		}
		if errors.Is(err, ErrNotRunning) || errors.Is(err, ErrNoLab) {
			pause = retryMost
		}
		select {
		case <-ctx.Done():
		case <-m.wake:
			pause = retryFirst
		case <-time.After(pause):
			pause = min(2*pause, retryMost)
		}
	}
}

// rouse ends a pause of follow.
func (m *member) rouse() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// listen reads the agent's news until the connection ends.
func (m *member) listen(ctx context.Context, c *agent.Client) {
	news, err := c.Watch(ctx, m.healthCheck(), loadEvery)
	if err != nil {
		return
	}
	m.mu.Lock()
	m.running, m.expecting = false, false // The first news tells the present state.
	m.mu.Unlock()
	for e := range news {
		switch e.Kind {
		case "service":
			m.serviceNews(e)
		case "health":
			m.healthNews(e)
		case "load":
			m.update(func(s *NodeState) { s.CPU, s.Memory = e.CPU, e.Memory })
		}
	}
}

func (m *member) healthCheck() *agent.HealthCheck {
	h := m.node.Health
	if h == nil {
		return nil
	}
	return &agent.HealthCheck{Test: h.Test, Interval: h.Interval, Timeout: h.Timeout, StartPeriod: h.StartPeriod, Retries: h.Retries}
}

// serviceNews follows the start and end of the service. Without a health test,
// running is healthy. While a start of ours is expected, an end is that of the
// service before it.
func (m *member) serviceNews(e agent.Event) {
	m.mu.Lock()
	m.running = e.State == "running"
	late := m.expecting && !m.running
	m.expecting = late
	m.mu.Unlock()
	switch {
	case late:
	case e.State == "exited":
		m.enter(PhaseExited, m.exitReason(e.Exit), lastLines(e.Output, logLines))
	case m.node.Health == nil:
		m.enter(PhaseHealthy, "", "")
	default:
		m.enter(PhaseStarting, "", "")
	}
}

func (m *member) healthNews(e agent.Event) {
	switch {
	case m.isExpecting(): // It is about the service before.
	case e.State == "healthy":
		m.enter(PhaseHealthy, "", "")
	case e.State == "unhealthy":
		m.enter(PhaseUnhealthy, "its health test does not pass"+lastWords(e.Output), lastLines(e.Output, logLines))
	}
}

// expect announces a start of the service; a service that runs already is left
// alone unless it is to start again.
func (m *member) expect(again bool) {
	m.mu.Lock()
	ours := again || !m.running
	m.expecting = ours
	m.mu.Unlock()
	if ours {
		m.enter(PhaseStarting, "", "")
	}
}

func (m *member) isExpecting() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.expecting
}

// exitReason says how the service ended.
func (m *member) exitReason(status int) string {
	switch {
	case status == 0:
		return "exited with status 0: the program came to its end"
	case status == 137 && m.now().Limit > 0:
		return fmt.Sprintf("exited with status 137: out of memory (limit %s)", megabytes(m.now().Limit))
	case status == 137:
		return "exited with status 137: out of memory"
	case status > 128:
		return fmt.Sprintf("exited with status %d: ended by signal %d", status, status-128)
	}
	return fmt.Sprintf("exited with status %d", status)
}

func megabytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
