package docker

import (
	"context"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"pattarai/sandbox"
)

// AwaitPrepared waits until a set for that lab is ready.
func AwaitPrepared(tb testing.TB, e *Engine, spec sandbox.Spec) {
	tb.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if e.stock.inStock(specHash(spec)) {
			return
		}
	}
	tb.Errorf("no set of %s is ready", spec.Topology.Name)
}

// AwaitSkeleton waits until a skeleton for that lab is ready, and returns its id.
func AwaitSkeleton(tb testing.TB, e *Engine, t sandbox.Topology) string {
	tb.Helper()
	e.Expect([]sandbox.Topology{t})
	shape := shapeOf(withProbe(t.Nodes))
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		e.skeletons.mu.Lock()
		got := e.skeletons.ready[shape]
		e.skeletons.mu.Unlock()
		if got != nil {
			return got.id
		}
	}
	tb.Fatalf("no skeleton for %s is ready", t.Name)
	return ""
}

// SweepSkeletons removes every skeleton of the installation without a lab, as if
// all were left over.
func SweepSkeletons(ctx context.Context, e *Engine) error {
	return e.sweepSkeletons(ctx, -time.Minute, func(string) bool { return false })
}

// inStock tells whether a set of that kind is ready.
func (s *stock) inStock(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.wants[key]
	if w == nil || w.set == nil {
		return false
	}
	select {
	case <-w.set.ready:
		return w.set.err == nil
	default:
		return false
	}
}

// SweepSets removes every set of the installation, as if all were left over.
func SweepSets(ctx context.Context, e *Engine) error {
	return e.sweepSets(ctx, -time.Minute, func(string) bool { return false })
}

// Left counts the containers and networks of the engine's installation.
func Left(tb testing.TB, e *Engine) (containers, networks int) {
	tb.Helper()
	found, err := e.containers(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	got, err := e.api.NetworkList(context.Background(), client.NetworkListOptions{Filters: e.ours()})
	if err != nil {
		tb.Fatal(err)
	}
	return len(found), len(got.Items)
}
