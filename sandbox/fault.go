package sandbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// FaultKind names what a node or its links can be made to suffer while it runs.
// Whether it runs at all is an [Action]'s business.
type FaultKind string

// The kinds. The first three are about links.
const (
	Slow  FaultKind = "slow"  // Packets that leave the node are late.
	Lossy FaultKind = "lossy" // Some of the packets that leave the node are lost.
	Cut   FaultKind = "cut"   // No packet passes, in either direction.
	Full  FaultKind = "full"  // The node's writable places have no room left.
	Busy  FaultKind = "busy"  // Programs that do nothing useful take the node's processor time.
)

// FaultKinds lists all kinds.
func FaultKinds() []FaultKind { return []FaultKind{Slow, Lossy, Cut, Full, Busy} }

// OnLink tells whether the kind is about a link, so that a fault may name a peer.
func (k FaultKind) OnLink() bool { return k == Slow || k == Lossy || k == Cut }

// Fault is one thing that a node suffers on purpose. A node that ends leaves its
// faults behind.
type Fault struct {
	Kind   FaultKind     `json:"kind"`
	Peer   string        `json:"peer,omitempty"`   // The node at the link's other end; "" is every node, and the probe.
	Delay  time.Duration `json:"delay,omitempty"`  // With Slow; 1 ms to 10 s.
	Jitter time.Duration `json:"jitter,omitempty"` // With Slow: the delay varies by this, up and down.
	Loss   float64       `json:"loss,omitempty"`   // With Lossy: the probability, above 0 and up to 1.
}

// MaxFaultDelay bounds Delay and Jitter.
const MaxFaultDelay = 10 * time.Second

// Check tells what is wrong with a fault, whatever node it is for.
func (f Fault) Check() error {
	switch {
	case !slices.Contains(FaultKinds(), f.Kind):
		return fmt.Errorf("no fault is called %q; there are %v", f.Kind, FaultKinds())
	case f.Peer != "" && !f.Kind.OnLink():
		return fmt.Errorf("%s is not about a link, so it has no peer", f.Kind)
	case f.Kind == Slow && (f.Delay < time.Millisecond || f.Delay > MaxFaultDelay || f.Jitter < 0 || f.Jitter > f.Delay):
		return fmt.Errorf("a delay of %s with a jitter of %s; 1ms to %s are allowed, and a jitter up to the delay", f.Delay, f.Jitter, MaxFaultDelay)
	case f.Kind == Lossy && (f.Loss <= 0 || f.Loss > 1):
		return fmt.Errorf("a loss of %g; above 0 and up to 1 is allowed", f.Loss)
	}
	return nil
}

// String says the fault in few words: "slow by 200ms ± 50ms to app2".
func (f Fault) String() string {
	var b strings.Builder
	b.WriteString(string(f.Kind))
	if f.Kind == Slow {
		fmt.Fprintf(&b, " by %s", f.Delay)
		if f.Jitter > 0 {
			fmt.Fprintf(&b, " ± %s", f.Jitter)
		}
	}
	if f.Kind == Lossy {
		fmt.Fprintf(&b, ", %g %% lost", f.Loss*100)
	}
	if f.Peer != "" {
		fmt.Fprintf(&b, " to %s", f.Peer)
	}
	return b.String()
}

// Impairer is an engine that can spoil the links of a node.
type Impairer interface {
	// Impair makes the links of a running node suffer these faults, all of which are
	// on links, in place of those it suffered before; none heals them. The error
	// matches [ErrNoImpair] where the engine cannot. [Engine.List] tells the faults.
	Impair(ctx context.Context, lab, node string, faults []Fault) error
}

// ErrNoImpair means that the engine cannot spoil links here.
var ErrNoImpair = errors.New("links cannot be spoilt here")
