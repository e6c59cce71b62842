// Package sandbox is the vocabulary of running systems and the narrow waist
// behind which a container engine stands.
//
// A [Topology] says what should run. An [Engine] turns it into containers, each
// with pattarai's agent as its first process, and can carry a byte stream to every
// agent: that is all an engine has to do. A [Session] is a running topology; it
// speaks to the agents over those streams and offers everything a lesson needs
// (commands, terminals, files, previews, faults, probes) on any engine alike.
//
// The package knows no Markdown, no HTTP and no particular engine.
package sandbox

import (
	"context"
	"errors"
	"net"
	"time"
)

// ProbeNode is the name of the node the engine adds to every lab: a container
// with nothing but the agent, on the lab's network, where the learner has no
// shell. Checks and traffic come from there.
const ProbeNode = "probe"

// AgentPath is where every lab image has pattarai's agent.
const AgentPath = "/pattarai-agent"

// MaxNodes is how many nodes a lab may have beside its probe node. Addresses that
// no node has can be the probe's, see [Sourcer].
const MaxNodes = 12

// Spec asks an engine for a lab.
type Spec struct {
	ID       string   // Unique among all labs of the installation: [a-z0-9]{8,32}.
	Owner    string   // Opaque id of the learner, put on the containers as a label.
	Topology Topology //
	Tier     Tier     //
}

// Tier is how strongly a lab is kept apart from its host.
type Tier string

// The tiers. Hardened is the same specification on gVisor.
const (
	Standard Tier = "standard"
	Hardened Tier = "hardened"
)

// AtLeast returns the stronger of t and least.
func (t Tier) AtLeast(least Tier) Tier {
	if least == Hardened {
		return Hardened
	}
	return t
}

// Engine runs containers. Implementations pass the conformance suite in
// sandboxtest. Every method is safe for concurrent use, honours its context, and
// returns an error matching [ErrEngine] when the engine cannot be reached.
type Engine interface {
	// Launch makes the lab's network, its nodes and the probe node, and starts
	// their agents in parallel. It returns once every agent answers [Engine.Dial].
	// It is idempotent by Spec.ID, and removes what it made when it fails. The tier
	// is the stronger of Spec.Tier and Spec.Topology.Tier.
	Launch(ctx context.Context, spec Spec) error
	// Dial opens a byte stream to the agent of a node, already authenticated.
	Dial(ctx context.Context, lab, node string) (net.Conn, error)
	// Control changes whether a node's container runs.
	Control(ctx context.Context, lab, node string, action Action) error
	// List tells every lab of this installation that the engine holds, whoever made it.
	List(ctx context.Context) ([]Lab, error)
	// Remove deletes everything that belongs to the lab. Removing what is gone is no error.
	Remove(ctx context.Context, lab string) error
	// Watch sends what happens to nodes until ctx ends; then it closes the channel.
	// A slow reader loses events, never blocks the engine.
	Watch(ctx context.Context) (<-chan Event, error)
	// Ready tells whether labs can start now: nil, or an error whose text tells a
	// person what is missing and the exact command that helps.
	Ready(ctx context.Context) error
}

// Preparer is an engine that can get a lab's containers ready before somebody asks
// for the lab. Launch of the same topology and tier is then quicker.
type Preparer interface {
	// Prepare says that such a lab will probably be asked for soon. It returns at
	// once. The engine does what it sees fit, or nothing, and lets go of what nobody
	// launches for a while.
	Prepare(t Topology, tier Tier)
	// Expect says which labs there are at all, one topology for every lesson. It
	// returns at once; the engine may keep ready what many of them have in common.
	Expect(topologies []Topology)
}

// Sourcer is an engine that can give a lab's probe node more addresses.
type Sourcer interface {
	// Sources gives the probe node at least n addresses on the lab's network, its own
	// among them, and returns n of them. Asking again gives the same ones. The error
	// says how many there can be when n is more than the network has room for.
	Sources(ctx context.Context, lab string, n int) ([]string, error)
}

// Action changes whether a container runs.
type Action string

// The actions of [Engine.Control].
const (
	Kill    Action = "kill"    // SIGKILL, as a power cut would.
	Stop    Action = "stop"    // SIGTERM, then SIGKILL after two seconds.
	Start   Action = "start"   // Start a container that was killed or stopped.
	Pause   Action = "pause"   // Freeze: it neither answers nor refuses.
	Unpause Action = "unpause" // Thaw.
)

// Lab is what an engine knows of a lab.
type Lab struct {
	ID      string
	Owner   string
	Hash    string // Topology.Hash it was made from.
	Created time.Time
	Nodes   []LabNode          // The probe node included.
	Links   map[string][]Fault // What links suffer, by node; see [Impairer].
}

// LabNode is what an engine knows of a node.
type LabNode struct {
	Name    string
	Running bool
	Paused  bool
	Address string   // IPv4 on the lab's network.
	Image   string   // Digest of the image it runs.
	Command []string // The image's own command, for a node that names none; nil when it has none.
	Memory  int64    // Memory limit in bytes; 0 when there is none.
}

// Event is something that happened to a node's container.
type Event struct {
	Lab, Node string
	State     ContainerState
	Exit      int  // Exit status, with Exited.
	OOM       bool // The kernel ended it for want of memory.
	At        time.Time
}

// ContainerState is the state an event announces.
type ContainerState string

// The container states.
const (
	Running ContainerState = "running"
	Paused  ContainerState = "paused"
	Exited  ContainerState = "exited"
	Gone    ContainerState = "gone"
)

// Errors that callers tell apart with [errors.Is].
var (
	// ErrEngine means the engine cannot be reached or refused its work: our
	// failure, never the learner's.
	ErrEngine = errors.New("container engine unavailable")
	// ErrNoLab means the lab or node does not exist (any more).
	ErrNoLab = errors.New("no such lab or node")
	// ErrNotRunning means the node's container is not running now.
	ErrNotRunning = errors.New("node is not running")
	// ErrNoSources means the engine cannot give the probe node so many addresses.
	ErrNoSources = errors.New("not enough source addresses")
	// ErrNoImage means a lab image has not been built on this host.
	ErrNoImage = errors.New("lab image missing")
)
