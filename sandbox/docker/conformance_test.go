package docker_test

import (
	"context"
	"errors"
	"testing"

	"pattarai/sandbox"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/sandboxtest"
)

// prepared is an engine on which every lab was wanted before it was asked for.
type prepared struct {
	*docker.Engine
	t *testing.T
}

func (p prepared) Launch(ctx context.Context, spec sandbox.Spec) error {
	if _, err := p.Find(ctx, spec.ID); ctx.Err() == nil && errors.Is(err, sandbox.ErrNoLab) {
		p.Prepare(spec.Topology, spec.Tier)
		docker.AwaitPrepared(p.t, p.Engine, spec)
	}
	return p.Engine.Launch(ctx, spec)
}

// TestConformancePrepared runs the suite on labs made of sets kept ready.
func TestConformancePrepared(t *testing.T) {
	sandboxtest.Run(t, func(t *testing.T) sandbox.Engine { return prepared{newEngine(t, nil), t} }, sandboxtest.Images{Shell: "shell"})
}

func TestConformance(t *testing.T) {
	for _, transport := range []docker.Transport{docker.Direct, docker.Relay} {
		t.Run(string(transport), func(t *testing.T) {
			e := newEngine(t, func(c *docker.Config) { c.Transport = transport })
			sandboxtest.Run(t, func(*testing.T) sandbox.Engine { return e }, sandboxtest.Images{Shell: "shell"})
		})
	}
}
