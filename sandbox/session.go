package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"pattarai/sandbox/agent"
)

// Session is a running topology. It keeps one agent connection per node, redials
// lost ones, starts services in dependency order, and follows every node's state.
// Safe for concurrent use.
type Session struct {
	engine  Engine
	spec    Spec
	members []*member // In the topology's order, the probe last.
	ctx     context.Context
	end     context.CancelFunc
	work    sync.WaitGroup
	applyMu sync.Mutex // One edit at a time.

	mu          sync.Mutex
	files       map[string][]byte // As last applied.
	subscribers map[*subscriber]struct{}

	sourcesMu sync.Mutex
	sources   []string // Addresses that the probe node has.
}

// NodeState is what is known of a node now.
type NodeState struct {
	Node    string        `json:"node"`
	Phase   Phase         `json:"phase"`
	Detail  string        `json:"detail"` // A sentence when there is something to say: "exited with status 137: out of memory (limit 64 MiB)".
	Log     string        `json:"log"`    // Last lines of the service's output when it failed.
	Address string        `json:"address"`
	CPU     float64       `json:"cpu"`    // Cores.
	Memory  int64         `json:"memory"` // Bytes.
	Limit   int64         `json:"limit"`  // Memory limit in bytes.
	Faults  string        `json:"faults"` // What it suffers on purpose: "busy; slow by 200ms to app2".
	Since   time.Time     `json:"since"`
	Took    time.Duration `json:"took"` // From the request to healthy.
}

// Phase is a node's place in its life. See docs/state.md.
type Phase string

// The phases of a node.
const (
	PhaseCreating  Phase = "creating"  // The engine makes its container.
	PhaseWaiting   Phase = "waiting"   // Its service waits for another node.
	PhaseStarting  Phase = "starting"  // Its service runs but does not pass its health test yet.
	PhaseHealthy   Phase = "healthy"   //
	PhaseUnhealthy Phase = "unhealthy" // The test fails; the process runs.
	PhaseExited    Phase = "exited"    // Service or container ended by itself.
	PhaseStopped   Phase = "stopped"   // Killed or stopped on purpose.
	PhasePaused    Phase = "paused"    //
)

// StartError says in plain words why a lab did not start.
type StartError struct {
	Node   string // Which node.
	Reason string // A sentence.
	Log    string // Its last 20 log lines.
}

// Error implements error.
func (e *StartError) Error() string { return e.Node + ": " + e.Reason }

func newSession(engine Engine, spec Spec, files map[string][]byte) *Session {
	ctx, end := context.WithCancel(context.Background())
	s := &Session{
		engine: engine, spec: spec, ctx: ctx, end: end,
		files: maps.Clone(files), subscribers: map[*subscriber]struct{}{},
	}
	if s.files == nil {
		s.files = map[string][]byte{}
	}
	for _, n := range spec.Topology.Nodes {
		s.members = append(s.members, newMember(s, n))
	}
	s.members = append(s.members, newMember(s, Node{Name: ProbeNode, Image: ProbeNode, Role: RoleRunner}))
	return s
}

// ID is the lab's id.
func (s *Session) ID() string { return s.spec.ID }

// Topology is what the session runs.
func (s *Session) Topology() Topology { return s.spec.Topology }

// States returns every node's present state in the topology's order.
func (s *Session) States() []NodeState {
	var out []NodeState
	for _, m := range s.visible() {
		out = append(out, m.now())
	}
	return out
}

// visible are the members that the topology names.
func (s *Session) visible() []*member { return s.members[:len(s.members)-1] }

// member finds a node by name, the probe included.
func (s *Session) member(node string) (*member, error) {
	for _, m := range s.members {
		if m.node.Name == node {
			return m, nil
		}
	}
	return nil, ErrNoLab
}

// Agent returns the node's live connection, redialling once when it was lost.
// Errors: [ErrNoLab], [ErrNotRunning], [ErrEngine].
func (s *Session) Agent(ctx context.Context, node string) (*agent.Client, error) {
	m, err := s.member(node)
	if err != nil {
		return nil, err
	}
	return m.connect(ctx)
}

// Exec runs a command in a node.
func (s *Session) Exec(ctx context.Context, node string, cmd agent.Command) (agent.Result, error) {
	c, err := s.Agent(ctx, node)
	if err != nil {
		return agent.Result{}, err
	}
	return c.Exec(ctx, cmd)
}

// Probe looks at the lab from its probe node.
func (s *Session) Probe(ctx context.Context, kind string, spec any, progress func(json.RawMessage)) (json.RawMessage, error) {
	c, err := s.Agent(ctx, ProbeNode)
	if err != nil {
		return nil, err
	}
	return c.Probe(ctx, kind, spec, progress)
}

// Sources are n addresses that the probe node can send from. The error matches
// [ErrNoSources] when the engine cannot give it so many.
func (s *Session) Sources(ctx context.Context, n int) ([]string, error) {
	engine, ok := s.engine.(Sourcer)
	if !ok {
		return nil, ErrNoSources
	}
	s.sourcesMu.Lock()
	defer s.sourcesMu.Unlock()
	if len(s.sources) < n {
		all, err := engine.Sources(ctx, s.ID(), n)
		if err != nil {
			return nil, err
		}
		s.sources = all
	}
	return slices.Clone(s.sources[:n]), nil
}

// DialPort connects to a port of a node, from inside that node: on its loopback
// address, or on the lab's network when nothing listens there.
func (s *Session) DialPort(ctx context.Context, node string, port int) (net.Conn, error) {
	c, err := s.Agent(ctx, node)
	if err != nil {
		return nil, err
	}
	conn, err := c.DialPort(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	var refused *agent.Error
	if errors.As(err, &refused) {
		return c.DialPort(ctx, "tcp", net.JoinHostPort(node, strconv.Itoa(port)))
	}
	return conn, err
}

// Files returns the workspace files as last applied.
func (s *Session) Files() map[string][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.files)
}

// Detach ends our connections and leaves the lab running, to be adopted later.
func (s *Session) Detach() {
	s.end()
	for _, m := range s.members {
		m.hangUp()
	}
	s.work.Wait()
}

// Close ends the session and removes the lab from the engine.
func (s *Session) Close(ctx context.Context) error {
	s.Detach()
	return s.engine.Remove(ctx, s.spec.ID)
}
