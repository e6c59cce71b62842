package docker_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/images"
)

// secret is any; agents' tokens come from it.
var secret = []byte("only-for-tests-0123456789")

// needDocker skips loudly where no engine answers, unless one is required.
func needDocker(tb testing.TB) {
	tb.Helper()
	c, err := docker.NewClient("")
	if err == nil {
		_, err = c.ImageID(tb.Context(), images.Base)
		c.Close()
	}
	if err == nil {
		return
	}
	if strings.Contains(os.Getenv("PATTARAI_TEST_REQUIRE"), "docker") {
		tb.Fatalf("docker is required: %v", err)
	}
	tb.Skipf("SKIPPED, no container engine: %v", err)
}

// agentBinary is the agent to test with: PATTARAI_AGENT, or built now.
var agentBinary = sync.OnceValues(func() (string, error) {
	if p := os.Getenv("PATTARAI_AGENT"); p != "" {
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	p := filepath.Join(os.TempDir(), fmt.Sprintf("pattarai-agent-test-%d", os.Getuid()))
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", p, "pattarai/cmd/pattarai-agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the agent: %w: %s", err, out)
	}
	return p, nil
})

// newImages returns the lab images, those that most tests use built.
func newImages(tb testing.TB) *images.Set {
	tb.Helper()
	return buildImages(tb, func() []string { return []string{"haproxy", "python", "redis", "shell"} })
}

// buildImages returns the lab images, those of names built.
func buildImages(tb testing.TB, names func() []string) *images.Set {
	tb.Helper()
	needDocker(tb)
	agent, err := agentBinary()
	if err != nil {
		tb.Fatal(err)
	}
	c, err := docker.NewClient("")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	set := images.New(c, agent, names)
	if err := set.Build(tb.Context(), nil, func(line string) { tb.Log(line) }); err != nil {
		tb.Fatal(err)
	}
	return set
}

// newEngine returns an engine of an installation of its own, emptied at the end.
func newEngine(tb testing.TB, change func(*docker.Config)) *docker.Engine {
	tb.Helper()
	config := docker.Config{
		Installation: fmt.Sprintf("t%d-%d", os.Getpid(), time.Now().UnixNano()%1e9),
		Secret:       secret, Images: newImages(tb),
		Logger: slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	if change != nil {
		change(&config)
	}
	e, err := docker.New(tb.Context(), config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx := context.Background()
		labs, err := e.List(ctx)
		if err != nil {
			tb.Error(err)
		}
		for _, l := range labs {
			if err := e.Remove(ctx, l.ID); err != nil {
				tb.Error(err)
			}
		}
		if err := e.Close(ctx); err != nil {
			tb.Error(err)
		}
	})
	return e
}

// haproxyLab is the lab of the course: HAProxy before three Python programs.
func haproxyLab() (sandbox.Topology, map[string][]byte) {
	nodes := []sandbox.Node{{
		Name: "haproxy", Image: "haproxy", Role: sandbox.RoleBalancer,
		Files:  []sandbox.File{{Source: "haproxy.cfg", Target: "/etc/haproxy/haproxy.cfg"}},
		Health: listening(80),
		Apply:  &sandbox.Apply{Check: "haproxy -c -f /etc/haproxy/haproxy.cfg", Reload: "haproxy-reload", Errors: "haproxy"},
		Ports:  []sandbox.Port{{Number: 80, Name: "shop", Path: "/", Scheme: "http"}},
		View:   "haproxy",
	}}
	for i := range 3 {
		nodes = append(nodes, sandbox.Node{
			Name: fmt.Sprintf("app%d", i+1), Image: "python", Role: sandbox.RoleBackend,
			Command: []string{"python3", "/srv/app.py"},
			Files:   []sandbox.File{{Source: "app.py", Target: "/srv/app.py"}},
			Health:  listening(8000),
		})
		nodes[0].DependsOn = append(nodes[0].DependsOn, sandbox.Dependency{Node: nodes[i+1].Name, Healthy: true})
	}
	return sandbox.Topology{Name: "test/haproxy", Nodes: nodes, Hash: "test"}, map[string][]byte{
		"haproxy.cfg": []byte(haproxyConfig), "app.py": []byte(appProgram),
	}
}

// listening is healthy once something accepts connections at the port.
func listening(port int) *sandbox.Health {
	return &sandbox.Health{
		Test:     []string{"/bin/bash", "-c", fmt.Sprintf("exec 3<>/dev/tcp/127.0.0.1/%d", port)},
		Interval: time.Second, Timeout: 3 * time.Second, StartPeriod: 10 * time.Second, Retries: 3,
	}
}

const haproxyConfig = `defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
frontend www
  bind :80
  default_backend apps
backend apps
  balance roundrobin
  server app1 app1:8000 check inter 500ms
  server app2 app2:8000 check inter 500ms
  server app3 app3:8000 check inter 500ms
`

const appProgram = `import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = (socket.gethostname() + "\n").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

ThreadingHTTPServer(("", 8000), Handler).serve_forever()
`

// open opens a lab and closes it with the test.
func open(tb testing.TB, e sandbox.Engine, id string, t sandbox.Topology, files map[string][]byte) *sandbox.Session {
	tb.Helper()
	s, err := sandbox.Open(tb.Context(), e, sandbox.Spec{ID: id, Owner: "tester", Topology: t}, files, func(n sandbox.NodeState) {
		if n.CPU == 0 {
			tb.Logf("%s %s %s %s", n.Node, n.Phase, n.Detail, n.Took.Round(time.Millisecond))
		}
	})
	if err != nil {
		tb.Fatalf("%v", err)
	}
	tb.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return s
}
