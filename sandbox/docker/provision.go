package docker

import (
	"context"
	"fmt"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"

	"pattarai/sandbox"
)

func isNotFound(err error) bool { return cerrdefs.IsNotFound(err) }

// provision makes one container, verifies it, starts it and waits for its agent.
func (e *Engine) provision(ctx context.Context, p plan) error {
	made, err := e.create(ctx, p)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := e.verify(ctx, p, made.GetContainerID()); err != nil {
		return err
	}
	err = e.start(ctx, made)
	if err != nil && !p.relaxed && strings.Contains(err.Error(), "oom_score_adj") {
		return e.provisionRelaxed(ctx, p, made.GetContainerID())
	}
	return err
}

// provisionRelaxed makes the container again without the raised OOM score, which
// an engine without root may not set.
func (e *Engine) provisionRelaxed(ctx context.Context, p plan, id string) error {
	e.relaxed.Store(true)
	p.relaxed = true
	if err := e.removeContainer(ctx, id); err != nil {
		return err
	}
	return e.provision(ctx, p)
}

// create makes the container. A call under way is never given up: the engine
// might make the container all the same, and nobody would remove it.
func (e *Engine) create(ctx context.Context, p plan) (testcontainers.Container, error) {
	provider, err := e.connect(ctx)
	if err != nil {
		return nil, err
	}
	callCtx, cancel := detached(ctx, startCall)
	defer cancel()
	made, err := provider.CreateContainer(callCtx, e.request(p))
	if cerrdefs.IsConflict(err) {
		if err := e.removeContainer(ctx, e.containerName(p.spec.ID, p.node.Name)); err != nil {
			return nil, err
		}
		made, err = provider.CreateContainer(callCtx, e.request(p))
	}
	if err != nil {
		return nil, engineError("making the container", err)
	}
	return made, nil
}

func (e *Engine) request(p plan) testcontainers.ContainerRequest {
	return testcontainers.ContainerRequest{
		Name:       e.containerName(p.spec.ID, p.node.Name),
		Image:      p.image, // A digest: it can never be pulled.
		Labels:     e.labels(p),
		WaitingFor: agentAnswers{e, p},
		ConfigModifier: func(c *container.Config) {
			labels := c.Labels // Ours and testcontainers' own.
			*c = *e.containerConfig(p)
			c.Labels = labels
		},
		HostConfigModifier: func(h *container.HostConfig) { *h = *hostConfig(p) },
		EndpointSettingsModifier: func(m map[string]*network.EndpointSettings) {
			if p.holder == "" {
				m[p.network.name] = p.endpoint()
			}
		},
	}
}

func (e *Engine) containerName(lab, node string) string { return e.name(lab, node) }

// verify looks at the container as the engine made it.
func (e *Engine) verify(ctx context.Context, p plan, id string) error {
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	got, err := e.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return engineError("inspecting the container", err)
	}
	if err := assertHardened(p, got.Container); err != nil {
		return fmt.Errorf("%w: %w", sandbox.ErrEngine, err)
	}
	return nil
}

// start starts the container and returns once its agent answers.
func (e *Engine) start(ctx context.Context, made testcontainers.Container) error {
	callCtx, cancel := detached(ctx, startCall)
	defer cancel()
	// The wait for the agent, unlike the engine's call, ends with the caller.
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	return engineError("starting the container", made.Start(callCtx))
}

// agentAnswers is a testcontainers wait strategy: ready is when the node's agent
// accepts our token.
type agentAnswers struct {
	engine *Engine
	plan   plan
}

var _ wait.Strategy = agentAnswers{}

// WaitUntilReady implements wait.Strategy.
func (a agentAnswers) WaitUntilReady(ctx context.Context, target wait.StrategyTarget) error {
	return a.engine.awaitAgent(ctx, a.engine.agentOf(a.plan), func() error {
		state, err := target.State(ctx)
		if err != nil {
			return err
		}
		if !state.Running {
			return fmt.Errorf("it ended with status %d: %s", state.ExitCode, orElse(state.Error, "its agent did not start"))
		}
		return nil
	})
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
