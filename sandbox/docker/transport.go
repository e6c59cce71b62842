package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
)

const (
	greeting  = 3 * time.Second      // For the connection and the token.
	pollFirst = 5 * time.Millisecond // Between looks for an agent that starts.
	pollMost  = 100 * time.Millisecond
	agentWait = 30 * time.Second
	refusals  = 3 // Of our token, until it is not the connection that is to blame.
)

// Dial implements [sandbox.Engine].
func (e *Engine) Dial(ctx context.Context, lab, node string) (net.Conn, error) {
	if _, err := e.connect(ctx); err != nil {
		return nil, err
	}
	at, err := e.runningAgent(ctx, lab, node)
	if err != nil {
		return nil, err
	}
	conn, err := e.dialAgent(ctx, at)
	if err != nil {
		// Perhaps it ended meanwhile.
		if _, gone := e.runningAgent(ctx, lab, node); gone != nil {
			return nil, gone
		}
		return nil, engineError("reaching the agent of "+node, err)
	}
	return conn, nil
}

// agentAt is how an agent is reached.
type agentAt struct {
	container string // Name.
	address   netip.Addr
	token     string
}

// agentOf is the agent of a container that is about to start.
func (e *Engine) agentOf(p plan) agentAt {
	return agentAt{e.containerName(p.spec.ID, p.node.Name), p.address, e.token(p.spec.ID, p.node.Name)}
}

// runningAgent is the agent of a node whose container runs.
func (e *Engine) runningAgent(ctx context.Context, lab, node string) (agentAt, error) {
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	name := e.containerName(lab, node)
	got, err := e.api.ContainerInspect(ctx, name, client.ContainerInspectOptions{})
	if isNotFound(err) {
		return agentAt{}, fmt.Errorf("%w: %s of lab %s", sandbox.ErrNoLab, node, lab)
	}
	if err != nil {
		return agentAt{}, engineError("looking for "+node, err)
	}
	c := got.Container
	if !c.State.Running || c.State.Paused {
		return agentAt{}, fmt.Errorf("%w: %s is %s", sandbox.ErrNotRunning, node, c.State.Status)
	}
	address, err := netip.ParseAddr(c.Config.Labels[labelAddress])
	if err != nil {
		return agentAt{}, fmt.Errorf("%w: %s has no address: %w", sandbox.ErrEngine, node, err)
	}
	return agentAt{name, address, e.token(orElse(c.Config.Labels[labelSet], lab), node)}, nil
}

// dialAgent opens one authenticated stream to the agent.
func (e *Engine) dialAgent(ctx context.Context, at agentAt) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, greeting)
	defer cancel()
	conn, err := e.open(ctx, at)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	err = agent.Authenticate(conn, at.token)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (e *Engine) open(ctx context.Context, at agentAt) (net.Conn, error) {
	if e.about().transport == Relay {
		return e.relay(ctx, at.container)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", net.JoinHostPort(at.address.String(), agent.DefaultPort))
}

// awaitAgent asks again and again until the agent accepts our token. alive is
// asked when it does not, and its error ends the wait.
func (e *Engine) awaitAgent(ctx context.Context, at agentAt, alive func() error) error {
	ctx, cancel := context.WithTimeout(ctx, agentWait)
	defer cancel()
	refused := 0
	for pause := pollFirst; ; pause = min(2*pause, pollMost) {
		conn, err := e.dialAgent(ctx, at)
		if err == nil {
			return conn.Close()
		}
		if errors.Is(err, agent.ErrToken) { // Or the connection ended with what carried it.
			if refused++; refused == refusals {
				return err
			}
		}
		if err := alive(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("its agent does not answer: %w", err)
		case <-time.After(pause):
		}
	}
}

// relay runs the agent's connect command in the node and uses its standard
// streams as the connection.
func (e *Engine) relay(ctx context.Context, container string) (net.Conn, error) {
	var attached client.ExecAttachResult
	err := retryBusy(ctx, func() error {
		made, err := e.api.ExecCreate(ctx, container, client.ExecCreateOptions{
			AttachStdin: true, AttachStdout: true, AttachStderr: true, Cmd: []string{agentPath, "connect"},
		})
		if err != nil {
			return err
		}
		attached, err = e.api.ExecAttach(ctx, made.ID, client.ExecAttachOptions{})
		return err
	})
	if err != nil {
		return nil, err
	}
	out, in := io.Pipe()
	go func() { // Ends with the connection.
		_, err := stdcopy.StdCopy(in, io.Discard, attached.Reader)
		in.CloseWithError(err)
	}()
	return &relayed{Conn: attached.Conn, out: out}, nil
}

// retryBusy repeats what gVisor refuses now and then for want of a thread.
func retryBusy(ctx context.Context, f func() error) error {
	for range 5 {
		err := f()
		if err == nil || !strings.Contains(err.Error(), "resource temporarily unavailable") {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return f()
}

// relayed is a connection over the standard streams of a process in the node.
type relayed struct {
	net.Conn
	out *io.PipeReader
}

// Read implements net.Conn.
func (r *relayed) Read(b []byte) (int, error) { return r.out.Read(b) }

// Close implements net.Conn.
func (r *relayed) Close() error {
	return errors.Join(r.out.Close(), r.Conn.Close())
}
