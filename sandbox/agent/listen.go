package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The environment of an agent that is a container's first process. None of it
// reaches the service, commands or shells.
const (
	EnvToken  = "PATTARAI_AGENT_TOKEN"  // 64 hex digits.
	EnvPort   = "PATTARAI_AGENT_PORT"   // TCP port; "7420" by default.
	EnvPeer   = "PATTARAI_AGENT_PEER"   // The only address that may connect over TCP; any by default.
	EnvSocket = "PATTARAI_AGENT_SOCKET" // Unix socket; DefaultSocket by default.

	envPrefix = "PATTARAI_AGENT_"
)

// Where an agent listens unless its environment says otherwise.
const (
	DefaultPort   = "7420"
	DefaultSocket = "/run/pattarai/agent.sock"
)

// How long a bridge waits for an agent that starts, and between looks.
const (
	bridgeWait  = 2 * time.Second
	bridgePause = 20 * time.Millisecond
)

// Run is the agent as a container's process: it takes its configuration from the
// environment, listens on TCP and on a unix socket, and serves until ctx ends.
// init says that it is process 1, look what it looks at the network with. A socket that cannot be made is only logged.
func Run(ctx context.Context, environ []string, init bool, look Probe, log *slog.Logger) error {
	tcp, err := new(net.ListenConfig).Listen(ctx, "tcp", ":"+getenv(environ, EnvPort, DefaultPort))
	if err != nil {
		return fmt.Errorf("listen for the server: %w", err)
	}
	if peer := getenv(environ, EnvPeer, ""); peer != "" {
		address, err := netip.ParseAddr(peer)
		if err != nil {
			tcp.Close()
			return fmt.Errorf("%s is %q; give an IP address: %w", EnvPeer, peer, err)
		}
		tcp = OnlyFrom(tcp, address)
	}
	listeners := []net.Listener{tcp}
	if socket, err := listenUnix(ctx, getenv(environ, EnvSocket, DefaultSocket)); err != nil {
		log.Warn("no unix socket; the server can connect over TCP only", "error", err)
	} else {
		listeners = append(listeners, socket)
	}
	children := slices.DeleteFunc(slices.Clone(environ), func(entry string) bool { return strings.HasPrefix(entry, envPrefix) })
	return Serve(ctx, Config{
		Listener: mergeListeners(listeners...),
		Token:    getenv(environ, EnvToken, ""),
		Env:      children,
		Init:     init,
		Probe:    look,
		Log:      log,
	})
}

// Bridge joins r and w with the agent's unix socket in the same container, until
// either side ends. It lets an engine reach an agent whose network it cannot reach,
// and waits a moment for one that has only just been started.
func Bridge(ctx context.Context, environ []string, r io.Reader, w io.Writer) error {
	conn, err := dialStarting(ctx, getenv(environ, EnvSocket, DefaultSocket))
	if err != nil {
		return fmt.Errorf("reach the agent: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	go func() {
		// r cannot be woken; the process ends with this function.
		io.Copy(conn, r)
		conn.Close()
	}()
	io.Copy(w, conn)
	return nil
}

// dialStarting connects to a unix socket that may not be there yet.
func dialStarting(ctx context.Context, path string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, bridgeWait)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "unix", path)
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ECONNREFUSED) {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(bridgePause):
		}
	}
}

func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	// A container that starts again finds the socket of its earlier life.
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return new(net.ListenConfig).Listen(ctx, "unix", path)
}

// OnlyFrom returns l without the connections that come from anywhere but peer.
func OnlyFrom(l net.Listener, peer netip.Addr) net.Listener {
	return &peerListener{Listener: l, peer: peer.Unmap()}
}

type peerListener struct {
	net.Listener
	peer netip.Addr
}

// Accept implements net.Listener.
func (l *peerListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if err == nil && from.Addr().Unmap().WithZone("") == l.peer {
			return conn, nil
		}
		conn.Close()
	}
}

// mergedListener accepts from several listeners at once.
type mergedListener struct {
	listeners []net.Listener
	conns     chan accepted
	closed    chan struct{}
	once      sync.Once
	accepting sync.WaitGroup
}

type accepted struct {
	conn net.Conn
	err  error
}

func mergeListeners(listeners ...net.Listener) net.Listener {
	m := &mergedListener{listeners: listeners, conns: make(chan accepted), closed: make(chan struct{})}
	for _, l := range listeners {
		m.accepting.Go(func() { m.acceptFrom(l) })
	}
	return m
}

func (m *mergedListener) acceptFrom(l net.Listener) {
	for {
		conn, err := l.Accept()
		select {
		case m.conns <- accepted{conn, err}:
		case <-m.closed:
			if err == nil {
				conn.Close()
			}
			return
		}
	}
}

// Accept implements net.Listener.
func (m *mergedListener) Accept() (net.Conn, error) {
	select {
	case a := <-m.conns:
		return a.conn, a.err
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (m *mergedListener) Close() error {
	m.once.Do(func() {
		close(m.closed)
		for _, l := range m.listeners {
			l.Close()
		}
	})
	m.accepting.Wait()
	return nil
}

// Addr implements net.Listener: the first listener's address.
func (m *mergedListener) Addr() net.Addr { return m.listeners[0].Addr() }
