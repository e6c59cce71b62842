package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/yamux"
)

// greetTimeout bounds [NewClient] when its context does not.
const greetTimeout = 5 * time.Second

// ErrLost means that the connection to the agent ended.
var ErrLost = errors.New("connection to the agent lost")

// Client speaks to one node's agent over a byte stream that an engine opened.
// It is safe for concurrent use; every call is a stream of its own over one
// multiplexed connection (hashicorp/yamux).
//
// What the agent refuses is an [*Error]; a lost connection matches [ErrLost]; an
// ended context is its cause.
type Client struct{ session *yamux.Session }

// NewClient starts the protocol on conn, which [Authenticate] has opened, and
// greets the agent. It owns conn. An agent that does not answer within ctx or
// five seconds, or speaks another version, is an error.
func NewClient(ctx context.Context, conn net.Conn) (*Client, error) {
	session, err := yamux.Client(conn, muxConfig())
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("start the agent protocol: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, greetTimeout)
	defer cancel()
	c := &Client{session: session}
	// Opening a stream does not heed ctx; closing the connection ends it.
	defer context.AfterFunc(ctx, func() { session.Close() })()
	var theirs greeting
	if err := c.ask(ctx, opHello, greeting{protocolVersion}, &theirs); err != nil {
		session.Close()
		return nil, fmt.Errorf("greet the agent: %w", err)
	}
	if theirs.Version != protocolVersion {
		session.Close()
		return nil, fmt.Errorf("the agent speaks protocol %d, this server %d: rebuild the lab images", theirs.Version, protocolVersion)
	}
	return c, nil
}

// Done is closed when the connection is lost.
func (c *Client) Done() <-chan struct{} { return c.session.CloseChan() }

// Close ends the connection. Shells and services of the node go on.
func (c *Client) Close() error { return c.session.Close() }

// call is one operation in progress.
type call struct {
	wire *wire
	ctx  context.Context
	stop func() bool
}

// begin opens a stream and sends the request. The stream ends with ctx, until
// [call.release]. Whoever got a call must finish it.
func (c *Client) begin(ctx context.Context, op string, body any) (*call, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	stream, err := c.session.OpenStream()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	}
	w := newWire(stream)
	p := &call{wire: w, ctx: ctx, stop: context.AfterFunc(ctx, w.hangUp)}
	if err := w.writeLine(request{Op: op, Body: raw}); err != nil {
		p.finish()
		return nil, p.failure(err)
	}
	return p, nil
}

// ask performs an operation that is one question and one answer.
func (c *Client) ask(ctx context.Context, op string, body, answer any) error {
	p, err := c.begin(ctx, op, body)
	if err != nil {
		return err
	}
	defer p.finish()
	return p.answer(answer)
}

// answer reads the agent's header line and decodes its body into v, unless v is nil.
func (p *call) answer(v any) error {
	var res response
	if err := p.wire.readLine(&res); err != nil {
		return p.failure(err)
	}
	if res.Error != "" {
		return &Error{res.Error}
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(res.Body, v)
}

// frame reads the next frame.
func (p *call) frame() (byte, []byte, error) {
	kind, payload, err := p.wire.readFrame()
	if err != nil {
		return 0, nil, p.failure(err)
	}
	return kind, payload, nil
}

// failure tells an ended context from a lost connection.
func (p *call) failure(err error) error {
	var refused *Error
	switch {
	case p.ctx.Err() != nil:
		return context.Cause(p.ctx)
	case errors.As(err, &refused):
		return err
	}
	return fmt.Errorf("%w: %w", ErrLost, noEOF(err))
}

// release lets the stream outlive the context of the call; false when that has
// ended already.
func (p *call) release() bool { return p.stop() }

// finish ends the stream.
func (p *call) finish() {
	p.stop()
	p.wire.hangUp()
}
