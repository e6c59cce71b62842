package docker

import (
	"context"
	"fmt"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"pattarai/sandbox"
)

// Control implements [sandbox.Engine].
func (e *Engine) Control(ctx context.Context, lab, node string, action sandbox.Action) error {
	if _, err := e.connect(ctx); err != nil {
		return err
	}
	name := e.containerName(lab, node)
	callCtx, cancel := detached(ctx, startCall)
	defer cancel()
	err := e.act(callCtx, name, action)
	if err == nil && action != sandbox.Pause && action != sandbox.Unpause {
		err = e.heal(callCtx, lab, node) // What links suffer ends with the node.
	}
	switch {
	case isNotFound(err):
		return fmt.Errorf("%w: %s of lab %s", sandbox.ErrNoLab, node, lab)
	case cerrdefs.IsConflict(err), err != nil && strings.Contains(err.Error(), "is not running"):
		return fmt.Errorf("%w: cannot %s %s now", sandbox.ErrNotRunning, action, node)
	case err != nil:
		return engineError(fmt.Sprintf("%s %s", action, node), err)
	}
	if action == sandbox.Start {
		return e.awaitStarted(ctx, lab, node)
	}
	return nil
}

func (e *Engine) act(ctx context.Context, name string, action sandbox.Action) (err error) {
	switch action {
	case sandbox.Kill:
		if err = e.kill(ctx, name); err == nil {
			err = e.unplug(ctx, name)
		}
	case sandbox.Stop:
		wait := stopSeconds
		if _, err = e.api.ContainerStop(ctx, name, client.ContainerStopOptions{Timeout: &wait}); err == nil {
			err = e.unplug(ctx, name)
		}
	case sandbox.Start:
		if err = e.plug(ctx, name); err == nil {
			_, err = e.api.ContainerStart(ctx, name, client.ContainerStartOptions{})
		}
	case sandbox.Pause:
		err = ignoreSaying(e.pause(ctx, name), "already paused")
	case sandbox.Unpause:
		err = e.unpause(ctx, name)
	default:
		return fmt.Errorf("no action is called %q", action)
	}
	return err
}

// kill ends a container as a power cut would, a frozen one too, and returns when
// it is dead.
func (e *Engine) kill(ctx context.Context, name string) error {
	got, err := e.api.ContainerInspect(ctx, name, client.ContainerInspectOptions{})
	if err != nil {
		return err
	}
	if !got.Container.State.Running {
		return nil
	}
	if got.Container.State.Paused {
		if err := e.unpause(ctx, name); err != nil {
			return err
		}
	}
	ended := e.api.ContainerWait(ctx, name, client.ContainerWaitOptions{Condition: "not-running"})
	if _, err := e.api.ContainerKill(ctx, name, client.ContainerKillOptions{Signal: "KILL"}); err != nil {
		return ignoreSaying(err, "is not running")
	}
	select {
	case <-ended.Result:
		return nil
	case err := <-ended.Error:
		return err
	}
}

func (e *Engine) pause(ctx context.Context, name string) error {
	_, err := e.api.ContainerPause(ctx, name, client.ContainerPauseOptions{})
	return err
}

// unpause thaws a container. Old engines learn from an event that it is frozen,
// and deny it for a moment after the pause.
func (e *Engine) unpause(ctx context.Context, name string) error {
	for try := 0; ; try++ {
		_, err := e.api.ContainerUnpause(ctx, name, client.ContainerUnpauseOptions{})
		if err == nil || !strings.Contains(err.Error(), "is not paused") {
			return err
		}
		got, lookErr := e.api.ContainerInspect(ctx, name, client.ContainerInspectOptions{})
		if lookErr != nil || !got.Container.State.Paused && try > 3 {
			return lookErr // Not frozen is what was asked for.
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// awaitStarted waits for the agent of a container that was started again.
func (e *Engine) awaitStarted(ctx context.Context, lab, node string) error {
	at, err := e.runningAgent(ctx, lab, node)
	if err != nil {
		return err
	}
	return engineError("starting "+node, e.awaitAgent(ctx, at, func() error {
		_, err := e.runningAgent(ctx, lab, node)
		return err
	}))
}

// ignoreSaying drops an error that says that the wish is fulfilled already.
func ignoreSaying(err error, words string) error {
	if err != nil && strings.Contains(err.Error(), words) {
		return nil
	}
	return err
}
