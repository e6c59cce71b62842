package agent_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pattarai/sandbox/agent"
	"pattarai/sandbox/probe"
)

// token is every test agent's.
var token = strings.Repeat("ab", 32)

// node is an agent that runs in the test's process, below a root of its own.
type node struct {
	*agent.Client
	root   string
	socket string
}

// startNode starts an agent and connects to it.
func startNode(t testing.TB) *node {
	t.Helper()
	n := &node{root: t.TempDir()}
	// A short path: a socket's may have 108 bytes only.
	dir, err := os.MkdirTemp("", "agent") //nolint:usetesting // See above.
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	n.socket = filepath.Join(dir, "s")
	l, err := net.Listen("unix", n.socket)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, agent.Config{Listener: l, Token: token, Root: n.root, Env: []string{"PATH=" + os.Getenv("PATH"), "HOME=/"}, Probe: probe.Prepare})
	n.Client = n.connect(t)
	return n
}

// serve runs an agent until the test ends.
func serve(t testing.TB, config agent.Config) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- agent.Serve(ctx, config) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Serve: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("Serve did not return within ten seconds")
		}
	})
}

// connect opens another connection to the agent.
func (n *node) connect(t testing.TB) *agent.Client {
	t.Helper()
	conn, err := net.Dial("unix", n.socket)
	if err != nil {
		t.Fatal(err)
	}
	return greet(t, conn)
}

func greet(t testing.TB, conn net.Conn) *agent.Client {
	t.Helper()
	if err := agent.Authenticate(conn, token); err != nil {
		t.Fatal(err)
	}
	c, err := agent.NewClient(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// refused fails unless err is the agent's refusal and mentions text.
func refused(t *testing.T, err error, text string) {
	t.Helper()
	var refusal *agent.Error
	if !errors.As(err, &refusal) || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v; want a refusal that mentions %q", err, text)
	}
}

// readUntil reads until text appears, for five seconds at most.
func readUntil(t testing.TB, r io.Reader, text string) string {
	t.Helper()
	var got strings.Builder
	found := make(chan bool, 1)
	go func() {
		buf := make([]byte, 4096)
		for !strings.Contains(got.String(), text) {
			n, err := r.Read(buf)
			got.Write(buf[:n])
			if err != nil {
				break
			}
		}
		found <- strings.Contains(got.String(), text)
	}()
	select {
	case ok := <-found:
		if !ok {
			t.Fatalf("output ended without %q: %q", text, got.String())
		}
	case <-time.After(5 * time.Second):
		t.Fatalf("no %q within five seconds", text)
	}
	return got.String()
}

// next returns the next event that wanted accepts, for ten seconds at most.
func next(t *testing.T, events <-chan agent.Event, kind, state string) agent.Event {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatalf("events ended before %s %s", kind, state)
			}
			if e.Kind == kind && e.State == state {
				return e
			}
		case <-timeout:
			t.Fatalf("no event %s %s within ten seconds", kind, state)
		}
	}
}
