package docker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/moby/moby/client"
)

// leftoverAge is how old a network without a lab must be before it counts as left
// over by a process that died; a living one uses its spare networks sooner or
// notices that they are gone.
const leftoverAge = 10 * time.Minute

// networks keeps a few networks ready, because making one takes as long as
// starting a process in an existing one.
type networks struct {
	engine *Engine
	spare  chan labNetwork
	wake   chan struct{}
	stop   context.CancelFunc
	done   sync.WaitGroup
}

func newNetworks(e *Engine, spare int) *networks {
	ctx, cancel := context.WithCancel(context.Background())
	n := &networks{engine: e, spare: make(chan labNetwork, max(0, spare)), wake: make(chan struct{}, 1), stop: cancel}
	n.done.Go(func() { n.keepReady(ctx) })
	return n
}

// refill asks for the spare networks to be made; it does not wait.
func (n *networks) refill() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// take returns a network for a new lab: a spare one, or one made now.
func (n *networks) take(ctx context.Context) (labNetwork, error) {
	defer n.refill()
	select {
	case got := <-n.spare:
		return got, nil
	default:
		return n.engine.createNetwork(ctx)
	}
}

func (n *networks) keepReady(ctx context.Context) {
	swept := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.wake:
		}
		if !swept {
			swept = n.engine.sweepNetworks(ctx) == nil
		}
		n.fill(ctx)
	}
}

// fill makes spare networks until there are enough. A failure waits for the next
// launch to ask again.
func (n *networks) fill(ctx context.Context) {
	for ctx.Err() == nil && len(n.spare) < cap(n.spare) {
		got, err := n.engine.createNetwork(ctx)
		if err != nil {
			n.engine.config.Logger.Warn("no spare network", "error", err)
			return
		}
		n.spare <- got // Never blocks: only this goroutine sends.
	}
}

// close stops refilling and removes what was kept ready.
func (n *networks) close(ctx context.Context) error {
	n.stop()
	n.done.Wait()
	var errs []error
	for {
		select {
		case got := <-n.spare:
			errs = append(errs, n.engine.removeNetwork(ctx, got.name))
		default:
			return errors.Join(errs...)
		}
	}
}

// sweepNetworks removes old networks of this installation that no container names.
func (e *Engine) sweepNetworks(ctx context.Context) error {
	got, err := e.api.NetworkList(ctx, client.NetworkListOptions{Filters: e.ours()})
	if err != nil {
		return engineError("listing networks", err)
	}
	used, err := e.usedNetworks(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, n := range got.Items {
		if !used[n.Name] && time.Since(n.Created) > leftoverAge {
			errs = append(errs, e.removeNetwork(ctx, n.Name))
		}
	}
	return errors.Join(errs...)
}

func (e *Engine) usedNetworks(ctx context.Context) (map[string]bool, error) {
	all, err := e.containers(ctx)
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, c := range all {
		used[c.Labels[labelNetwork]] = true
	}
	return used, nil
}
