package agent

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/yamux"
)

// Bounds of one agent.
const (
	maxConns = 64  // Connections at once, those without a token yet included.
	maxCalls = 512 // Operations at once.

	acceptPause = 50 * time.Millisecond // While the process has no file descriptor left.
)

// Config says how an agent serves. Several agents may run in one process, as the
// in-memory engine does; then give each a Root and leave Init false.
type Config struct {
	// Listener brings the server's connections. Serve closes it.
	Listener net.Listener
	// Token is what every connection must present first: 64 hex digits.
	Token string
	// Root is put before every absolute path that a call names: files,
	// directories to run in, unix sockets. "" means the file system as it is.
	// Arguments of commands are left alone.
	Root string
	// Env is the environment of the service, of commands and of shells, as
	// "NAME=value".
	Env []string
	// Init makes the agent do the duties of a container's first process: it
	// reaps orphans, and after a Fresh command it kills everything else in the
	// container. Only for process 1.
	Init bool
	// Probe prepares a look at the network, as probe.Prepare does; the agent knows
	// no protocol itself. nil refuses probes.
	Probe Probe
	// Log gets what only an operator can mend; nil discards it.
	Log *slog.Logger
}

// Probe prepares a look at the network. What it returns looks once, reports partial
// observations through progress, and returns the final one. The error is a spec
// that breaks a bound.
type Probe func(kind string, spec json.RawMessage) (look func(ctx context.Context, progress func(any)) (any, error), err error)

// server is a running agent.
type server struct {
	config   Config
	log      *slog.Logger
	children *children
	service  *supervisor
	shells   *shells
	load     *loadReader
	calls    chan struct{}
	fresh    sync.RWMutex // Held for writing while a Fresh command has the container to itself.
	peers    peers
	cell     cell
	warm     warmth
}

// Serve answers connections until ctx ends. Then it closes them, hangs up the
// shells and stops the service (SIGTERM, SIGKILL after two seconds) before it
// returns. The error is the listener's.
func Serve(ctx context.Context, config Config) error {
	if len(config.Token) != tokenLength {
		config.Listener.Close()
		return errors.New("the agent's token must be 64 hex digits; set PATTARAI_AGENT_TOKEN")
	}
	s := newServer(config)
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	if config.Init {
		reserveThreads()
		// Reaping goes on until the service and the shells are gone.
		reapCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
		var reaper sync.WaitGroup
		reaper.Go(func() { s.children.reap(reapCtx) })
		defer reaper.Wait()
		defer stop()
	}
	defer context.AfterFunc(ctx, func() { config.Listener.Close() })()
	err := s.accept(ctx, &work)
	cancel()
	s.shells.close()
	s.service.close()
	work.Wait()
	s.warm.close()
	s.cell.close()
	return err
}

func newServer(config Config) *server {
	s := &server{config: config, log: config.Log, children: newChildren(), load: newLoadReader(), calls: make(chan struct{}, maxCalls)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.service = newSupervisor(s)
	s.shells = newShells(s)
	return s
}

// accept takes connections until the listener ends; an end that ctx asked for is
// no error.
func (s *server) accept(ctx context.Context, work *sync.WaitGroup) error {
	slots := make(chan struct{}, maxConns)
	for {
		conn, err := s.config.Listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return nil
		}
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ECONNABORTED) {
			s.log.Error("accept a connection", "error", err)
			time.Sleep(acceptPause)
			continue
		}
		if err != nil {
			return err
		}
		select {
		case slots <- struct{}{}:
			work.Go(func() {
				defer func() { <-slots }()
				s.serveConn(ctx, conn)
			})
		default:
			s.log.Warn("connection turned away", "from", conn.RemoteAddr(), "limit", maxConns)
			conn.Close()
		}
	}
}

// serveConn answers the streams of one connection until it ends.
func (s *server) serveConn(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := admit(ctx, conn, s.config.Token); err != nil {
		s.log.Warn("connection refused", "from", conn.RemoteAddr(), "error", err)
		return
	}
	defer s.peers.add(conn)()
	session, err := yamux.Server(conn, muxConfig())
	if err != nil {
		s.log.Error("start the protocol", "error", err)
		return
	}
	defer session.Close()
	ctx, cancel := context.WithCancel(ctx)
	var streams sync.WaitGroup
	defer streams.Wait()
	defer cancel()
	for {
		stream, err := session.AcceptStream()
		if err != nil {
			return
		}
		streams.Go(func() { s.serveStream(ctx, stream) })
	}
}

// serveStream performs one operation.
func (s *server) serveStream(ctx context.Context, stream *yamux.Stream) {
	w := newWire(stream)
	defer w.hangUp()
	select {
	case s.calls <- struct{}{}:
		defer func() { <-s.calls }()
	default:
		w.writeLine(response{Error: "too many calls at once; wait for some to end"})
		return
	}
	var req request
	if err := w.readLine(&req); err != nil {
		if !errors.Is(err, io.EOF) {
			w.writeLine(response{Error: "malformed request: " + err.Error()})
		}
		return
	}
	if err := s.perform(ctx, w, req); err != nil {
		w.writeLine(response{Error: err.Error()})
	}
}

// perform calls the operation's method. An error is sent in place of the header,
// so a method that has sent its header returns nil.
func (s *server) perform(ctx context.Context, w *wire, req request) error {
	switch req.Op {
	case opHello:
		return reply(w, greeting{protocolVersion})
	case opExec:
		return s.exec(ctx, w, req.Body)
	case opStart:
		return s.startService(w, req.Body)
	case opRestart:
		return s.restartService(w)
	case opLogs:
		return s.logs(w)
	case opWatch:
		return s.watch(ctx, w, req.Body)
	case opPut:
		return s.put(w, req.Body)
	case opGet:
		return s.get(w, req.Body)
	case opDial:
		return s.dial(ctx, w, req.Body)
	case opShell:
		return s.shell(ctx, w, req.Body)
	case opShells:
		return reply(w, s.shells.list())
	case opEnd:
		return s.endShell(w, req.Body)
	case opProbe:
		return s.probe(ctx, w, req.Body)
	}
	return refuse("unknown operation %q; rebuild the lab images", req.Op)
}

// reply sends the header with v as its body.
func reply(w *wire, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.writeLine(response{Body: body})
}

// untilHangUp returns a context that ends when the caller goes away. It reads the
// stream, so the caller must have nothing more to say. stop ends the reading.
func untilHangUp(ctx context.Context, w *wire) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var reading sync.WaitGroup
	reading.Go(func() {
		io.Copy(io.Discard, w.r)
		cancel()
		w.conn.SetWriteDeadline(past)
	})
	return ctx, func() {
		w.conn.SetReadDeadline(past)
		reading.Wait()
		cancel()
	}
}

// path puts Root before an absolute path; a relative one is taken as absolute.
func (s *server) path(name string) string {
	return filepath.Join("/", s.config.Root, filepath.Join("/", name))
}
