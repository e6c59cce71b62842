package agent_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"pattarai/sandbox/agent"
)

func TestWrongTokenIsRefused(t *testing.T) {
	n := startNode(t)
	tests := map[string]string{
		"other":    strings.Repeat("cd", 32),
		"shorter":  "ab\n" + strings.Repeat("ab", 31),
		"prefixed": token[:63] + "0",
	}
	for name, wrong := range tests {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("unix", n.socket)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			began := time.Now()
			if err := agent.Authenticate(conn, wrong); !errors.Is(err, agent.ErrToken) {
				t.Errorf("error %v; want ErrToken", err)
			}
			if took := time.Since(began); took < 400*time.Millisecond {
				t.Errorf("refused after %s; guessing is too fast", took)
			}
		})
	}
}

func TestServeWithoutTokenIsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := agent.Serve(t.Context(), agent.Config{Listener: l}); err == nil {
		t.Error("an agent without a token served")
	}
}

func TestOnlyThePeerMayConnect(t *testing.T) {
	for peer, welcome := range map[string]bool{"127.0.0.1": true, "10.9.8.7": false} {
		t.Run(peer, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			serve(t, agent.Config{Listener: agent.OnlyFrom(l, netip.MustParseAddr(peer)), Token: token})
			conn, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := agent.Authenticate(conn, token); (err == nil) != welcome {
				t.Errorf("error %v; welcome should be %v", err, welcome)
			}
		})
	}
}

// pipeListener hands out one end of in-memory connections.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { close(l.closed); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func TestServeOverAPipe(t *testing.T) {
	l := &pipeListener{make(chan net.Conn), make(chan struct{})}
	serve(t, agent.Config{Listener: l, Token: token, Root: t.TempDir()})
	ours, theirs := net.Pipe()
	l.conns <- theirs
	c := greet(t, ours)
	got, err := c.Exec(t.Context(), agent.Command{Args: sh("echo piped")})
	if err != nil || string(got.Stdout) != "piped\n" {
		t.Errorf("got %q, %v", got.Stdout, err)
	}
}

func TestNewClientGivesUpOnSilence(t *testing.T) {
	ours, theirs := net.Pipe()
	go io.Copy(io.Discard, theirs)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := agent.NewClient(ctx, ours); err == nil {
		t.Error("greeted by nobody")
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("gave up after %s", took)
	}
}

func TestLostConnection(t *testing.T) {
	n := startNode(t)
	c := n.connect(t)
	time.AfterFunc(100*time.Millisecond, func() { c.Close() })
	if _, err := c.Exec(t.Context(), agent.Command{Args: []string{"sleep", "30"}, Timeout: time.Minute}); !errors.Is(err, agent.ErrLost) {
		t.Errorf("error %v; want ErrLost", err)
	}
	select {
	case <-c.Done():
	case <-time.After(time.Second):
		t.Error("Done is not closed")
	}
	if _, err := c.Shells(t.Context()); !errors.Is(err, agent.ErrLost) {
		t.Errorf("error %v; want ErrLost", err)
	}
}

// TestDependencies keeps the agent small: it is the first process of every node.
func TestDependencies(t *testing.T) {
	allowed := []string{"pattarai/sandbox/agent", "pattarai/sandbox/jail", "pattarai/sandbox/probe", "pattarai/cmd/pattarai-agent",
		"github.com/hashicorp/yamux", "github.com/creack/pty", "github.com/elastic/go-seccomp-bpf", "golang.org/x/net/bpf", "golang.org/x/sys/",
		// The probe node's clients of services: docs/adr/0010.
		"github.com/jackc/pg", "github.com/gomodule/redigo", "github.com/rabbitmq/amqp091-go", "golang.org/x/text/",
		// Impaired networks.
		"pattarai/sandbox/impair", "github.com/florianl/go-nfqueue", "github.com/google/nftables", "github.com/mdlayher/", "golang.org/x/sync/errgroup"}
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "pattarai/cmd/pattarai-agent").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range strings.Fields(string(out)) {
		if !slices.ContainsFunc(allowed, func(prefix string) bool { return strings.HasPrefix(path, prefix) }) {
			t.Errorf("the agent depends on %s", path)
		}
	}
}
