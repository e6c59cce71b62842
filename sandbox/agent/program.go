package agent

import (
	"net/netip"
	"time"
)

// LinkRule is what the agent's command "impair" does to the packets between its
// network and one peer. The command's argument is a JSON list of them.
type LinkRule struct {
	Peer   netip.Addr    `json:"peer"`   // IPv4.
	Delay  time.Duration `json:"delay"`  // Of every packet that leaves for the peer; at most ten seconds.
	Jitter time.Duration `json:"jitter"` // The delay varies by this much, up and down; at most ten seconds.
	Loss   float64       `json:"loss"`   // Probability that a packet that leaves is lost; 0 to 1.
	Cut    bool          `json:"cut"`    // No packet passes, in either direction.
}
