package impair

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/florianl/go-nfqueue/v2"

	"pattarai/sandbox/agent"
)

const (
	queueNumber = 7420
	queueLength = 8192 // Packets on hold; more are lost, as on any overlong line.
	headerBytes = 20   // Of a packet: enough to see its addresses.
	hookLeaving = 3    // NF_INET_LOCAL_OUT.
)

// run serves the queue and directs packets to it until ctx ends.
func run(ctx context.Context, rules map[netip.Addr]agent.LinkRule, ready func()) error {
	queue, err := nfqueue.Open(&nfqueue.Config{
		NfQueue: queueNumber, MaxPacketLen: headerBytes, MaxQueueLen: queueLength,
		Copymode: nfqueue.NfQnlCopyPacket, WriteTimeout: time.Second,
	})
	if err != nil {
		return fmt.Errorf("open a netfilter queue: %w", err)
	}
	defer func() { _ = queue.Close() }() // The process ends.
	broken := make(chan error, 1)
	decide := func(a nfqueue.Attribute) int {
		judge(queue, rules, a)
		return 0
	}
	fail := func(err error) int {
		if ctx.Err() == nil {
			select {
			case broken <- err:
			default:
			}
		}
		return 0 // An overrun is no reason to stop.
	}
	if err := queue.RegisterWithErrorFunc(ctx, decide, fail); err != nil {
		return fmt.Errorf("serve the netfilter queue: %w", err)
	}
	if err := direct(rules); err != nil {
		return fmt.Errorf("direct packets to the netfilter queue: %w", err)
	}
	ready()
	<-ctx.Done()
	return undirect()
}

// judge lets one packet pass, now or later, or drops it.
func judge(queue *nfqueue.Nfqueue, rules map[netip.Addr]agent.LinkRule, a nfqueue.Attribute) {
	if a.PacketID == nil {
		return
	}
	id, verdict := *a.PacketID, nfqueue.NfAccept
	var delay time.Duration
	if a.Payload != nil && len(*a.Payload) >= headerBytes && a.Hook != nil {
		leaving := *a.Hook == hookLeaving
		late, lost := fate(rules[peerOf(*a.Payload, leaving)], leaving)
		if delay = late; lost {
			verdict = nfqueue.NfDrop
		}
	}
	if delay == 0 {
		_ = queue.SetVerdict(id, verdict) // Fails only when the queue is gone.
		return
	}
	time.AfterFunc(delay, func() { _ = queue.SetVerdict(id, verdict) })
}

// peerOf reads the other side's address out of an IPv4 header (RFC 791, 3.1).
func peerOf(header []byte, leaving bool) netip.Addr {
	if leaving {
		return netip.AddrFrom4([4]byte(header[16:20]))
	}
	return netip.AddrFrom4([4]byte(header[12:16]))
}
