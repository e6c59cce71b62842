// Package impair makes the container that its process runs in suffer: packets that
// are late, lost or cut off, no processor time, no room for files. All damage ends
// with the process, however that ends.
//
// Packets are judged in user space, on a netfilter queue, so no queueing discipline
// of the kernel is needed, only the right to administer the network; the queue lets
// packets pass that nobody looks at any more.
package impair

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"pattarai/sandbox/agent"
)

const maxDelay = 10 * time.Second

// check tells what is wrong with a rule.
func check(r agent.LinkRule) error {
	switch {
	case !r.Peer.Is4():
		return fmt.Errorf("peer %s is no IPv4 address", r.Peer)
	case r.Delay < 0 || r.Delay > maxDelay || r.Jitter < 0 || r.Jitter > maxDelay:
		return fmt.Errorf("delay %s and jitter %s: 0 to %s are allowed", r.Delay, r.Jitter, maxDelay)
	case r.Loss < 0 || r.Loss > 1:
		return fmt.Errorf("loss %g: 0 to 1 is allowed", r.Loss)
	}
	return nil
}

// fate decides about one packet: lost, or passed after a delay.
func fate(r agent.LinkRule, leaving bool) (delay time.Duration, lost bool) {
	switch {
	case r.Cut:
		return 0, true
	case !leaving:
		return 0, false
	case r.Loss > 0 && rand.Float64() < r.Loss:
		return 0, true
	}
	delay = r.Delay
	if r.Jitter > 0 {
		delay += time.Duration((2*rand.Float64() - 1) * float64(r.Jitter))
	}
	return max(0, delay), false
}

// Run applies the rules until ctx ends; ready is called when they hold. The error
// says what the kernel refuses.
func Run(ctx context.Context, rules []agent.LinkRule, ready func()) error {
	if len(rules) == 0 {
		return errors.New("there is no rule to apply")
	}
	byPeer := map[netip.Addr]agent.LinkRule{}
	for _, r := range rules {
		if err := check(r); err != nil {
			return err
		}
		byPeer[r.Peer] = r
	}
	return run(ctx, byPeer, ready)
}
