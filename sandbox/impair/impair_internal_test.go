package impair

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pattarai/sandbox/agent"
)

// TestFate judges many packets by every kind of rule.
func TestFate(t *testing.T) {
	const packets = 20_000
	for name, test := range map[string]struct {
		rule             agent.LinkRule
		leaving          bool
		lossFrom, lossTo int
		from, to         time.Duration
	}{
		"nothing":          {leaving: true},
		"cut, leaving":     {rule: agent.LinkRule{Cut: true}, leaving: true, lossFrom: packets, lossTo: packets},
		"cut, coming":      {rule: agent.LinkRule{Cut: true}, lossFrom: packets, lossTo: packets},
		"slow, leaving":    {rule: agent.LinkRule{Delay: time.Second}, leaving: true, from: time.Second, to: time.Second},
		"slow, coming":     {rule: agent.LinkRule{Delay: time.Second}},
		"jitter":           {rule: agent.LinkRule{Delay: time.Second, Jitter: time.Second / 2}, leaving: true, from: time.Second / 2, to: 3 * time.Second / 2},
		"more jitter than": {rule: agent.LinkRule{Delay: time.Millisecond, Jitter: time.Second}, leaving: true, to: 1001 * time.Millisecond},
		// Ten standard deviations around a tenth: less often than once in 10^22 runs outside.
		"lossy": {rule: agent.LinkRule{Loss: 0.1}, leaving: true, lossFrom: 1576, lossTo: 2424},
	} {
		t.Run(name, func(t *testing.T) {
			lost := 0
			for range packets {
				delay, gone := fate(test.rule, test.leaving)
				if gone {
					lost++
				} else if delay < test.from || delay > test.to {
					t.Fatalf("delayed by %s, want %s to %s", delay, test.from, test.to)
				}
			}
			if lost < test.lossFrom || lost > test.lossTo {
				t.Errorf("%d of %d lost, want %d to %d", lost, packets, test.lossFrom, test.lossTo)
			}
		})
	}
}

func TestRunRefuses(t *testing.T) {
	peer := netip.MustParseAddr("10.0.0.2")
	for want, rules := range map[string][]agent.LinkRule{
		"no rule":  nil,
		"no IPv4":  {{Peer: netip.MustParseAddr("::1"), Cut: true}},
		"delay 1m": {{Peer: peer, Delay: time.Minute}},
		"loss 1.5": {{Peer: peer, Loss: 1.5}},
	} {
		err := Run(context.Background(), rules, func() { t.Error("ready") })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestPeerOf(t *testing.T) {
	header := make([]byte, 20)
	copy(header[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	if from, to := peerOf(header, false), peerOf(header, true); from.String() != "10.0.0.1" || to.String() != "10.0.0.2" {
		t.Errorf("a packet from %s to %s", from, to)
	}
}
