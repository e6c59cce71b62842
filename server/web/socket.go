package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/coder/websocket"
	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"pattarai/sandbox/agent"
	"pattarai/server/fault"
)

const (
	maxMessage    = 32 << 10
	pingEvery     = 20 * time.Second
	pongWithin    = 10 * time.Second
	messageWithin = 30 * time.Second // From the first to the last frame of a message.
	loginEvery    = 3                // Pings between two looks at the login.
	maxStrikes    = 3                // Malformed text messages.
	typedPerSec   = 500              // Messages a second; a person with key repeat makes 30.
	maxOverTyped  = 2000             // Messages above that before the connection ends.
)

// terminalSocket answers GET /ws/terminals.
func (h *Handler) terminalSocket(c echo.Context) error {
	r := c.Request()
	if !h.ownOrigin(r) {
		return fault.New(fault.Forbidden, "origin", "A terminal can only be opened from a page of this server.", "Open the lesson and its terminal there.")
	}
	t, err := h.useTicket(c)
	if err != nil {
		return err
	}
	release, err := h.hold(t.learner)
	if err != nil {
		return err
	}
	defer release()
	cols, rows := clamp(c.QueryParam("cols"), 80), clamp(c.QueryParam("rows"), 24)
	shell, err := h.Labs.AttachTerminal(r.Context(), t.learner, t.lesson, t.terminal, cols, rows)
	if err != nil {
		return err
	}
	defer shell.Close()
	conn, err := websocket.Accept(c.Response(), r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // The origin was compared above, more strictly than Accept would.
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return nil // Accept has answered already.
	}
	conn.SetReadLimit(maxMessage)
	s := &socket{h: h, conn: conn, shell: shell, out: newOutbox(), typed: rate.NewLimiter(typedPerSec, 2*typedPerSec), login: h.loginOf(r)}
	s.serve(r.Context())
	return nil
}

// ownOrigin tells whether a handshake comes from a page of ours. Browsers always
// send Origin with one.
func (h *Handler) ownOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) != 1 {
		return false
	}
	if origins[0] == h.BaseURL.Scheme+"://"+h.BaseURL.Host {
		return true
	}
	return local(r.Host) && origins[0] == "http://"+r.Host
}

// useTicket takes the ticket of a handshake and looks whether it is this learner's
// and for the lab that is there now.
func (h *Handler) useTicket(c echo.Context) (ticket, error) {
	t, ok := h.tickets.take(c.QueryParam("ticket"))
	if !ok || t.learner != learnerOf(c) {
		return ticket{}, fault.New(fault.SignIn, "ticket", "The ticket of this terminal is unknown, used or older than 30 seconds.", "Open the terminal again.")
	}
	lab, ok, err := h.Labs.View(c.Request().Context(), t.learner, t.lesson)
	if err != nil {
		return ticket{}, err
	}
	if !ok || lab.ID != t.lab {
		return ticket{}, fault.New(fault.SignIn, "ticket_lab", "The ticket belongs to a lab that is over.", "Open the terminal again.")
	}
	return t, nil
}

// loginOf returns a function that tells whether the login of r still holds.
func (h *Handler) loginOf(r *http.Request) func(context.Context) bool {
	cookie, err := r.Cookie(h.loginCookie())
	if err != nil {
		return func(context.Context) bool { return false }
	}
	return func(ctx context.Context) bool {
		_, err := h.Accounts.Recognise(ctx, cookie.Value)
		return err == nil || fault.Of(err).Kind != fault.SignIn
	}
}

// clamp reads a number of columns or rows.
func clamp(text string, otherwise int) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return otherwise
	}
	return min(max(n, 1), 500)
}

// socket is a WebSocket beside the terminal it shows.
type socket struct {
	h     *Handler
	conn  *websocket.Conn
	shell agent.Shell
	out   *outbox
	typed *rate.Limiter
	login func(context.Context) bool
}

// serve carries bytes both ways until either side ends.
func (s *socket) serve(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{}, 4)
	run := func(f func(context.Context)) {
		s.h.sockets.Add(1) // The caller holds one already, so Close cannot have finished waiting.
		go func() {
			defer s.h.sockets.Done()
			f(ctx)
			ended <- struct{}{}
		}()
	}
	run(s.readShell)
	run(s.writeBrowser)
	run(s.readBrowser)
	run(s.watch)
	<-ended
	cancel()
	_ = s.shell.Close() // Ends readShell.
	s.out.close()
	_ = s.conn.CloseNow()
}

// readShell moves the terminal's output into the outbox, which never blocks it.
func (s *socket) readShell(ctx context.Context) {
	buf := make([]byte, maxMessage)
	for {
		n, err := s.shell.Read(buf)
		s.out.write(buf[:n])
		if err == nil {
			continue
		}
		if status, exited := s.shell.Exit(); errors.Is(err, io.EOF) && exited {
			s.out.finish(map[string]int{"exit": status})
		} else if ctx.Err() == nil {
			s.out.finish(map[string]int{"bye": reconnectAfter()})
		}
		<-ctx.Done() // The outbox is still being written.
		return
	}
}

// writeBrowser sends what is in the outbox, as it comes.
func (s *socket) writeBrowser(ctx context.Context) {
	buf := make([]byte, 0, maxMessage)
	for {
		chunk, notice, last := s.out.next(ctx, buf[:0])
		if len(chunk) > 0 && s.send(ctx, websocket.MessageBinary, chunk) != nil {
			return
		}
		if notice != nil && s.say(ctx, notice) != nil {
			return
		}
		if last {
			_ = s.conn.Close(websocket.StatusNormalClosure, "")
			return
		}
	}
}

func (s *socket) send(ctx context.Context, kind websocket.MessageType, p []byte) error {
	ctx, cancel := context.WithTimeout(ctx, writeDeadline)
	defer cancel()
	return s.conn.Write(ctx, kind, p)
}

func (s *socket) say(ctx context.Context, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return s.send(ctx, websocket.MessageText, text)
}

// watch ends the connection when the browser no longer answers, the login is over
// or the server restarts.
func (s *socket) watch(ctx context.Context) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-s.h.stopping:
			_ = s.say(ctx, map[string]int{"bye": reconnectAfter()})
			_ = s.conn.Close(websocket.StatusServiceRestart, "the server restarts")
			return
		case <-tick.C:
		}
		if !s.answers(ctx) {
			return
		}
		if n%loginEvery == 0 && !s.login(ctx) {
			_ = s.conn.Close(websocket.StatusPolicyViolation, "signed out")
			return
		}
	}
}

func (s *socket) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, pongWithin)
	defer cancel()
	return s.conn.Ping(ctx) == nil
}
