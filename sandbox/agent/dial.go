package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

const dialTimeout = 10 * time.Second

type dialRequest struct {
	Network string `json:"network"`
	Address string `json:"address"`
}

// dial connects to a port of the node and joins it with the stream. The caller's
// bytes come in frames, because the end of its writing (an end frame) differs
// from its going away (the end of the stream).
func (s *server) dial(ctx context.Context, w *wire, body json.RawMessage) error {
	var req dialRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return err
	}
	target, err := s.connect(ctx, req)
	if err != nil {
		return err
	}
	defer target.Close()
	defer context.AfterFunc(ctx, func() { target.Close() })()
	if err := w.writeLine(response{}); err != nil {
		return err
	}
	var join sync.WaitGroup
	join.Go(func() {
		io.Copy(w.conn, target)
		w.conn.Close()
	})
	forward(w, target)
	join.Wait()
	return nil
}

// forward copies the caller's bytes to target until the caller goes away, or
// target does not take them any more.
func forward(w *wire, target net.Conn) {
	_, err := io.Copy(target, &frameReader{w: w})
	if err == nil {
		if half, ok := target.(interface{ CloseWrite() error }); ok {
			half.CloseWrite()
		}
		_, err = w.r.ReadByte() // Nothing but the end may follow.
	}
	if err != nil {
		target.Close()
		w.conn.SetDeadline(past)
	}
}

func (s *server) connect(ctx context.Context, req dialRequest) (net.Conn, error) {
	address := req.Address
	switch req.Network {
	case "tcp":
	case "unix":
		address = s.path(address)
	default:
		return nil, refuse("network %q; only tcp and unix are possible", req.Network)
	}
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, req.Network, address)
	if err != nil {
		return nil, refuse("cannot connect to %s: %s", req.Address, plain(err))
	}
	return conn, nil
}

// plain names the usual network errors in a few words.
func plain(err error) string {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ENOENT):
		return "no such socket"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timed out"
	}
	return err.Error()
}

// DialPort connects from inside the node: network "tcp" or "unix". Used by
// previews, live views and statistics sockets. The result half-closes: it has a
// method CloseWrite() error. A port that refuses is an [*Error].
func (c *Client) DialPort(ctx context.Context, network, address string) (net.Conn, error) {
	call, err := c.begin(ctx, opDial, dialRequest{Network: network, Address: address})
	if err != nil {
		return nil, err
	}
	if err := call.answer(nil); err != nil {
		call.finish()
		return nil, err
	}
	if !call.release() {
		call.finish()
		return nil, context.Cause(ctx)
	}
	return &portConn{Conn: call.wire.conn, wire: call.wire, address: portAddr{network, address}}, nil
}

// portConn is a connection to a port of a node.
type portConn struct {
	net.Conn // The stream.
	wire     *wire
	address  portAddr
	mu       sync.Mutex // Over writes.
	ended    bool       // CloseWrite was called.
}

// Read implements net.Conn.
func (p *portConn) Read(b []byte) (int, error) { return p.wire.r.Read(b) }

// Write implements net.Conn.
func (p *portConn) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return 0, fmt.Errorf("write after CloseWrite: %w", net.ErrClosed)
	}
	return frameWriter{p.wire}.Write(b)
}

// CloseWrite tells the port that no more bytes follow; it may still answer.
func (p *portConn) CloseWrite() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil
	}
	p.ended = true
	return p.wire.writeFrame(frameEnd, nil)
}

// Close implements net.Conn.
func (p *portConn) Close() error {
	p.wire.hangUp()
	return nil
}

// RemoteAddr implements net.Conn.
func (p *portConn) RemoteAddr() net.Addr { return p.address }

type portAddr struct{ network, address string }

// Network implements net.Addr.
func (a portAddr) Network() string { return a.network }

// String implements net.Addr.
func (a portAddr) String() string { return a.address }
