package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"pattarai/server/fault"
)

const (
	heartbeat     = 15 * time.Second
	writeDeadline = 10 * time.Second
)

// stream is an open response of server-sent events.
type stream struct {
	w    http.ResponseWriter
	rc   *http.ResponseController
	buf  bytes.Buffer
	done func()
}

// openStream begins server-sent events. The caller must close it.
func (h *Handler) openStream(c echo.Context, who string) (*stream, error) {
	release, err := h.hold(who)
	if err != nil {
		return nil, err
	}
	header := c.Response().Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // Reverse proxies must pass events on at once.
	s := &stream{w: c.Response(), rc: http.NewResponseController(c.Response()), done: release}
	_ = s.rc.SetReadDeadline(time.Time{}) // Nothing more is read; the end of the connection still is noticed.
	c.Response().WriteHeader(http.StatusOK)
	if err := s.write("retry: 2000\n\n"); err != nil {
		release()
		return nil, nil //nolint:nilnil,nilerr // The reader is gone already: there is nobody to tell.
	}
	return s, nil
}

// hold counts an open stream or socket until release, and refuses new ones while
// the server ends.
func (h *Handler) hold(who string) (release func(), err error) {
	if h.ending() {
		return nil, fault.New(fault.Unavailable, "restarting", "The server restarts.", "Try again in a few seconds.")
	}
	give, err := h.streams.take(who)
	if err != nil {
		return nil, err
	}
	h.sockets.Add(1)
	return func() { give(); h.sockets.Done() }, nil
}

func (s *stream) close() { s.done() }

// send writes one event. An error means that the reader is gone.
func (s *stream) send(event string, data any) error {
	s.buf.Reset()
	fmt.Fprintf(&s.buf, "event: %s\ndata: ", event)
	encoder := json.NewEncoder(&s.buf) // It ends the line, and JSON has no other line ends.
	if err := encoder.Encode(data); err != nil {
		return err
	}
	s.buf.WriteByte('\n')
	return s.write(s.buf.String())
}

// beat keeps proxies from closing a quiet stream, and finds out whether the reader is there.
func (s *stream) beat() error { return s.write(": still here\n\n") }

func (s *stream) write(text string) error {
	_ = s.rc.SetWriteDeadline(time.Now().Add(writeDeadline)) //nolint:forbidigo // The connection's clock, not the server's.
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.rc.Flush()
}

// bye says that the server restarts, and when to come back: not all at once.
func (s *stream) bye() error {
	return s.send("bye", map[string]int{"reconnect_ms": reconnectAfter()})
}

func reconnectAfter() int { return 500 + rand.IntN(2500) }
