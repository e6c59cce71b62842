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
)

// Dial implements [sandbox.Engine].
func (e *Engine) Dial(ctx context.Context, lab, node string) (net.Conn, error) {
	if _, err := e.connect(ctx); err != nil {
		return nil, err
	}
	address, err := e.runningAddress(ctx, lab, node)
	if err != nil {
		return nil, err
	}
	conn, err := e.dialAgent(ctx, lab, node, address)
	if err != nil {
		// Perhaps it ended meanwhile.
		if _, gone := e.runningAddress(ctx, lab, node); gone != nil {
			return nil, gone
		}
		return nil, engineError("reaching the agent of "+node, err)
	}
	return conn, nil
}

// runningAddress is the address of a node whose container runs.
func (e *Engine) runningAddress(ctx context.Context, lab, node string) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	got, err := e.api.ContainerInspect(ctx, e.containerName(lab, node), client.ContainerInspectOptions{})
	if isNotFound(err) {
		return netip.Addr{}, fmt.Errorf("%w: %s of lab %s", sandbox.ErrNoLab, node, lab)
	}
	if err != nil {
		return netip.Addr{}, engineError("looking for "+node, err)
	}
	c := got.Container
	if !c.State.Running || c.State.Paused {
		return netip.Addr{}, fmt.Errorf("%w: %s is %s", sandbox.ErrNotRunning, node, c.State.Status)
	}
	address, err := netip.ParseAddr(c.Config.Labels[labelAddress])
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%w: %s has no address: %w", sandbox.ErrEngine, node, err)
	}
	return address, nil
}

// dialAgent opens one authenticated stream to the agent.
func (e *Engine) dialAgent(ctx context.Context, lab, node string, address netip.Addr) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, greeting)
	defer cancel()
	conn, err := e.open(ctx, lab, node, address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	err = agent.Authenticate(conn, e.token(lab, node))
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (e *Engine) open(ctx context.Context, lab, node string, address netip.Addr) (net.Conn, error) {
	if e.about().transport == Relay {
		return e.relay(ctx, e.containerName(lab, node))
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", net.JoinHostPort(address.String(), agent.DefaultPort))
}

// awaitAgent asks again and again until the agent accepts our token. alive is
// asked when it does not, and its error ends the wait.
func (e *Engine) awaitAgent(ctx context.Context, lab, node string, address netip.Addr, alive func() error) error {
	ctx, cancel := context.WithTimeout(ctx, agentWait)
	defer cancel()
	for pause := pollFirst; ; pause = min(2*pause, pollMost) {
		conn, err := e.dialAgent(ctx, lab, node, address)
		if err == nil {
			return conn.Close()
		}
		if errors.Is(err, agent.ErrToken) {
			return err
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
	r.out.Close()
	return r.Conn.Close()
}
