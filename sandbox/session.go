package sandbox

import (
	"context"
	"encoding/json"
	"net"
	"time"

	"pattarai/sandbox/agent"
)

// Session is a running topology. It keeps one agent connection per node, redials
// lost ones, starts services in dependency order, and follows every node's state.
// Safe for concurrent use.
type Session struct{}

// Open launches spec (or adopts the lab when the engine already holds it), puts
// files into place, starts the services in dependency order as far in parallel as
// that allows, and returns when every node is healthy. progress (may be nil) is
// called with each node's news meanwhile. files maps workspace paths
// ("haproxy.cfg") to content.
//
// A node that exits or stays unhealthy is a *[StartError], whose text is for the
// learner; a lost engine is [ErrEngine].
func Open(ctx context.Context, engine Engine, spec Spec, files map[string][]byte, progress func(NodeState)) (*Session, error) {
	panic("contract")
}

// Adopt takes over a lab that the engine already holds (after a server restart)
// without touching its services or shells.
func Adopt(ctx context.Context, engine Engine, spec Spec) (*Session, error) { panic("contract") }

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

// ID is the lab's id.
func (s *Session) ID() string { panic("contract") }

// Topology is what the session runs.
func (s *Session) Topology() Topology { panic("contract") }

// States returns every node's present state in the topology's order.
func (s *Session) States() []NodeState { panic("contract") }

// Watch sends the state of a node whenever it changes (load samples at most every
// two seconds) until ctx ends.
func (s *Session) Watch(ctx context.Context) <-chan NodeState { panic("contract") }

// Agent returns the node's live connection, redialling once when it was lost.
// Errors: [ErrNoLab], [ErrNotRunning], [ErrEngine].
func (s *Session) Agent(ctx context.Context, node string) (*agent.Client, error) { panic("contract") }

// Exec runs a command in a node.
func (s *Session) Exec(ctx context.Context, node string, cmd agent.Command) (agent.Result, error) {
	panic("contract")
}

// Probe looks at the lab from its probe node.
func (s *Session) Probe(ctx context.Context, kind string, spec any, progress func(json.RawMessage)) (json.RawMessage, error) {
	panic("contract")
}

// DialPort connects to a port of a node, from inside that node.
func (s *Session) DialPort(ctx context.Context, node string, port int) (net.Conn, error) {
	panic("contract")
}

// Fault breaks something on purpose, and [Session.Control] undoes it.
//
// Control kills, stops, starts, pauses or thaws a node. Starting a node puts the
// applied files back and starts its service again; it returns when the node is
// healthy or, after its start period, with a *[StartError].
func (s *Session) Control(ctx context.Context, node string, action Action) error { panic("contract") }

// Applied is what became of an edit.
type Applied struct {
	Accepted    bool          `json:"accepted"`
	Nodes       []string      `json:"nodes"`       // Nodes that use the file.
	Output      string        `json:"output"`      // What the node's check printed, at most 16 KiB.
	Diagnostics []Diagnostic  `json:"diagnostics"` // Output, line by line, where it names a line of the file.
	Took        time.Duration `json:"took"`
}

// Diagnostic is a message that belongs to a line of a workspace file.
type Diagnostic struct {
	File     string `json:"file"`     // Workspace path.
	Line     int    `json:"line"`     // From 1.
	Severity string `json:"severity"` // "error" or "warning".
	Message  string `json:"message"`
}

// Apply brings changed workspace files to every node that maps them: put, check,
// reload; refused files are put back and the running service never notices. A
// refusal is a value, not an error.
func (s *Session) Apply(ctx context.Context, files map[string][]byte) (Applied, error) {
	panic("contract")
}

// Files returns the workspace files as last applied.
func (s *Session) Files() map[string][]byte { panic("contract") }

// Detach ends our connections and leaves the lab running, to be adopted later.
func (s *Session) Detach() { panic("contract") }

// Close ends the session and removes the lab from the engine.
func (s *Session) Close(ctx context.Context) error { panic("contract") }
