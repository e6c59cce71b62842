package agent

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"
)

// ShellOptions describe a terminal.
type ShellOptions struct {
	ID   string            `json:"id"`   // Chosen by the caller; opening an existing id attaches to it.
	Args []string          `json:"args"` // Nil means the login shell.
	Dir  string            `json:"dir"`  // "" means the home directory.
	Env  map[string]string `json:"env"`  //
	Cols int               `json:"cols"` // Clamped to 1..500.
	Rows int               `json:"rows"` // Clamped to 1..500.
}

// Shell is an attachment to a terminal that the agent keeps running with 256 KiB
// of scrollback. Closing the attachment leaves the terminal running. Reading and
// writing may go on at the same time.
type Shell interface {
	io.Reader                        // Output: first the scrollback, then live. io.EOF after the shell ended.
	io.Writer                        // Keys.
	Resize(cols, rows int) error     //
	Exit() (status int, exited bool) // After Read returned io.EOF: how the shell ended, or exited false when only the attachment did.
	io.Closer                        // Detach.
}

// ShellInfo describes a terminal that exists.
type ShellInfo struct {
	ID      string    `json:"id"`
	Started time.Time `json:"started"`
	Running bool      `json:"running"`
}

type shellName struct {
	ID string `json:"id"`
}

type shellEnd struct {
	Status int `json:"status"`
}

// OpenShell starts or attaches to a terminal. At most eight per node, those that
// have ended and were not forgotten included; one more is an [*Error].
func (c *Client) OpenShell(ctx context.Context, o ShellOptions) (Shell, error) {
	p, err := c.begin(ctx, opShell, o)
	if err != nil {
		return nil, err
	}
	if err := p.answer(nil); err != nil {
		p.finish()
		return nil, err
	}
	if !p.release() {
		p.finish()
		return nil, context.Cause(ctx)
	}
	return &shellConn{wire: p.wire}, nil
}

// Shells lists the node's terminals, the oldest first.
func (c *Client) Shells(ctx context.Context) ([]ShellInfo, error) {
	var list []ShellInfo
	err := c.ask(ctx, opShells, nil, &list)
	return list, err
}

// EndShell hangs up a terminal and forgets it. Ending what is gone is no error.
func (c *Client) EndShell(ctx context.Context, id string) error {
	return c.ask(ctx, opEnd, shellName{id}, nil)
}

// shellConn is the client's end of an attachment.
type shellConn struct {
	wire *wire
	rest []byte // Output not yet read; only Read touches it.

	writing sync.Mutex

	mu     sync.Mutex
	status int
	exited bool
}

// Read implements io.Reader.
func (s *shellConn) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		kind, payload, err := s.wire.readFrame()
		if err != nil {
			return 0, io.EOF
		}
		switch kind {
		case frameData:
			s.rest = payload
		case frameResult:
			s.end(payload)
			return 0, io.EOF
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *shellConn) end(payload []byte) {
	var end shellEnd
	if json.Unmarshal(payload, &end) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.exited = end.Status, true
}

// Write implements io.Writer.
func (s *shellConn) Write(p []byte) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	return frameWriter{s.wire}.Write(p)
}

// Resize implements Shell.
func (s *shellConn) Resize(cols, rows int) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.wire.writeJSON(frameResize, window{Cols: cols, Rows: rows})
}

// Exit implements Shell.
func (s *shellConn) Exit() (status int, exited bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status, s.exited
}

// Close implements io.Closer.
func (s *shellConn) Close() error {
	s.wire.hangUp()
	return nil
}

// shell answers opShell: it joins the stream with the terminal until either ends.
func (s *server) shell(ctx context.Context, w *wire, body json.RawMessage) error {
	var o ShellOptions
	if err := json.Unmarshal(body, &o); err != nil {
		return err
	}
	t, err := s.openShell(o)
	if err != nil {
		return err
	}
	if err := w.writeLine(response{}); err != nil {
		return err
	}
	a := t.attach()
	defer t.detach(a)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var keys sync.WaitGroup
	keys.Go(func() {
		defer w.conn.SetWriteDeadline(past)
		defer cancel()
		t.readKeys(w)
	})
	t.sendOutput(ctx, w, a)
	w.conn.SetReadDeadline(past)
	keys.Wait()
	return nil
}

// openShell opens a terminal, though not while a fresh command runs, which would
// kill it.
func (s *server) openShell(o ShellOptions) (*terminal, error) {
	s.fresh.RLock()
	defer s.fresh.RUnlock()
	return s.shells.open(o)
}

func (s *server) endShell(w *wire, body json.RawMessage) error {
	var name shellName
	if err := json.Unmarshal(body, &name); err != nil {
		return err
	}
	s.shells.end(name.ID)
	return w.writeLine(response{})
}

// readKeys takes keys and sizes until the caller goes away.
func (t *terminal) readKeys(w *wire) {
	for {
		kind, payload, err := w.readFrame()
		if err != nil {
			return
		}
		switch kind {
		case frameData:
			t.press(payload)
		case frameResize:
			var size window
			if json.Unmarshal(payload, &size) == nil {
				t.resize(size)
			}
		}
	}
}

// sendOutput sends what the terminal shows until it or ctx ends.
func (t *terminal) sendOutput(ctx context.Context, w *wire, a *attachment) {
	for {
		output, ended := t.take(a)
		if w.sendAll(frameData, output) != nil {
			return
		}
		if ended && len(output) == 0 {
			w.writeJSON(frameResult, shellEnd{t.status})
			return
		}
		if len(output) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		}
	}
}
