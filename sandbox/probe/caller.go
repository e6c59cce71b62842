package probe

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// caller sends requests one after the other, over one connection when keepAlive.
type caller struct {
	to        target
	timeout   time.Duration
	keepAlive bool
	by        string
	follow    int
	from      string             // Source address; "" leaves it to the kernel.
	tls       *handshake         // Never nil where to or a redirect may be https.
	connected func(local string) // Hears where each connection comes from; may be nil.
	conn      *conn              // Kept for the next request.
}

// conn is a connection with its read buffer and the bytes an answer may still have.
type conn struct {
	net.Conn
	limit *io.LimitedReader
	r     *bufio.Reader
	h2    *h2 // What speaks over it when HTTP/2 was agreed on.
}

// outcome is what became of one request.
type outcome struct {
	answer HTTPAnswer
	failed bool
}

// close closes the connection that was kept.
func (c *caller) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// do sends one request, follows where it leads and reads the last answer.
func (c *caller) do(ctx context.Context, m message) outcome {
	began := time.Now()
	answer, err := c.roundTrip(ctx, c.to, m, began.Add(c.timeout))
	if err == nil && c.follow > 0 {
		answer, err = c.chase(ctx, m, answer, began.Add(c.timeout))
	}
	answer.Method, answer.Path, answer.Duration = m.method, m.path, time.Since(began)
	if err != nil {
		// Half an answer is none.
		answer.Status, answer.Server, answer.Error = 0, "", reason(err, c.timeout)
	}
	return outcome{answer: answer, failed: err != nil || answer.Status >= 500}
}

// roundTrip uses the kept connection, if there is one. As any client does, it
// asks again on a new one when the server had closed the old one meanwhile.
func (c *caller) roundTrip(ctx context.Context, to target, m message, deadline time.Time) (HTTPAnswer, error) {
	if kept := c.conn; kept != nil {
		c.conn = nil
		answer, err := c.exchange(ctx, kept, m, deadline)
		untouched := kept.limit.N == maxAnswer
		if err == nil || !untouched || errors.Is(err, context.DeadlineExceeded) || m.method != "GET" && m.method != "HEAD" || !time.Now().Before(deadline) {
			return answer, err
		}
	}
	fresh, err := c.connect(ctx, to, deadline)
	if err != nil {
		return HTTPAnswer{}, err
	}
	return c.exchange(ctx, fresh, m, deadline)
}

// connect opens a connection, with TLS where the target wants it.
func (c *caller) connect(ctx context.Context, to target, deadline time.Time) (*conn, error) {
	dialer := net.Dialer{Deadline: deadline}
	if c.from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(c.from)}
	}
	raw, err := dialer.DialContext(ctx, "tcp", to.address)
	if err != nil {
		return nil, err
	}
	if c.connected != nil {
		host, _, _ := net.SplitHostPort(raw.LocalAddr().String())
		c.connected(host)
	}
	if err := raw.SetDeadline(deadline); err != nil {
		raw.Close()
		return nil, err
	}
	fresh := &conn{Conn: raw}
	if to.secure {
		if err := fresh.secure(ctx, c.tls, hostname(to.name)); err != nil {
			raw.Close()
			return nil, err
		}
	}
	fresh.limit = &io.LimitedReader{R: fresh.Conn}
	fresh.r = bufio.NewReader(fresh.limit)
	return fresh, nil
}

// exchange sends a request and reads the answer; it keeps or closes the connection.
func (c *caller) exchange(ctx context.Context, conn *conn, m message, deadline time.Time) (answer HTTPAnswer, err error) {
	keep := false
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer func() {
		if stop() && keep {
			c.conn = conn
		} else {
			conn.Close()
		}
	}()
	conn.limit.N = maxAnswer
	if err := conn.SetDeadline(deadline); err != nil {
		return answer, err
	}
	if conn.h2 != nil {
		answer, err = conn.h2.exchange(ctx, c, m)
		keep = err == nil && c.keepAlive
		return answer, err
	}
	// A server may answer and close without reading all of the request: the
	// answer counts, so a failure to write is only told when there is none.
	_, writeErr := conn.Write(m.bytes)
	res, err := readHead(conn.r, m.method)
	if err != nil {
		return answer, errors.Join(err, writeErr)
	}
	defer res.Body.Close()
	kept, err := readBody(res.Body)
	answer = c.answer(res, kept)
	keep = err == nil && writeErr == nil && c.keepAlive && !res.Close && conn.r.Buffered() == 0
	return answer, err
}
