package labs_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/images"
	"pattarai/sandbox/pool"
	"pattarai/sandbox/probe"
	"pattarai/server/catalog"
	"pattarai/server/labs"
)

const shopConfig = `defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend www
    bind :80
    default_backend shop
backend shop
    server app1 app1:8000
    server app2 app2:8000
`

const shopProgram = `import http.server, os
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = os.environ["NAME"].encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("", 8000), H).serve_forever()
`

const shopCompose = `services:
  box:
    image: pattarai/shell
    x-pattarai: {role: shell}
  haproxy:
    image: pattarai/haproxy
    depends_on: {app1: {condition: service_healthy}, app2: {condition: service_healthy}}
    volumes: [./files/haproxy.cfg:/etc/haproxy/haproxy.cfg]
    healthcheck: {test: ["CMD", "haproxy-ctl", "show info"], interval: 2s, timeout: 2s}
    x-pattarai:
      role: balancer
      view: haproxy
      preview: [{port: 80, name: shop}]
      apply: {check: haproxy -c -f /etc/haproxy/haproxy.cfg, reload: haproxy-reload, errors: haproxy}
  app1: &app
    image: pattarai/python
    command: ["python3", "/srv/app.py"]
    environment: {NAME: app1}
    volumes: [./files/app.py:/srv/app.py]
    healthcheck: {test: ["CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8000"], interval: 2s, timeout: 2s}
    x-pattarai: {role: backend}
  app2:
    <<: *app
    environment: {NAME: app2}
`

// shop is a catalog with one lesson: HAProxy before two programs.
func shop(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load([]string{"shell", "python", "haproxy"}, fstest.MapFS{
		"c/course.yaml":               file("title: {en: Course}\nsummary: {en: Some}\norder: 1\nlanguages: [en]\n"),
		"c/01-shop/lesson.md":         file("---\ntitle: Shop\nsummary: Some.\nminutes: 5\nlevel: beginner\n---\n\nText.\n"),
		"c/01-shop/exercise.yaml":     file("shell: box\nedit: [haproxy.cfg]\n"),
		"c/01-shop/compose.yaml":      file(shopCompose),
		"c/01-shop/files/app.py":      file(shopProgram),
		"c/01-shop/files/haproxy.cfg": file(shopConfig),
	})
	if err != nil {
		t.Fatal(err)
	}
	if problems := c.Current().Problems; problems.HasErrors() {
		t.Fatal(problems)
	}
	return c
}

// containers returns an engine of an installation of its own. It skips loudly
// where no engine answers, unless one is required.
func containers(t *testing.T) *docker.Engine {
	t.Helper()
	c, err := docker.NewClient("")
	if err == nil {
		_, err = c.ImageID(t.Context(), images.Base)
	}
	if err != nil && strings.Contains(os.Getenv("PATTARAI_TEST_REQUIRE"), "docker") {
		t.Fatalf("docker is required: %v", err)
	}
	if err != nil {
		t.Skipf("SKIPPED, no container engine: %v", err)
	}
	t.Cleanup(func() { c.Close() })
	set := images.New(c, agentProgram(t), func() []string { return []string{"haproxy", "python", "shell"} })
	if err := set.Build(t.Context(), nil, func(line string) { t.Log(line) }); err != nil {
		t.Fatal(err)
	}
	engine, err := docker.New(t.Context(), docker.Config{
		Installation: fmt.Sprintf("labs%d-%d", os.Getpid(), time.Now().UnixNano()%1e9),
		Secret:       []byte("only-for-tests-0123456789"), Images: set, Spare: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { emptyEngine(t, engine) })
	return engine
}

func emptyEngine(t *testing.T, engine *docker.Engine) {
	ctx := context.Background()
	held, err := engine.List(ctx)
	if err != nil {
		t.Error(err)
	}
	for _, lab := range held {
		if err := engine.Remove(ctx, lab.ID); err != nil {
			t.Error(err)
		}
	}
	if err := engine.Close(ctx); err != nil {
		t.Error(err)
	}
}

// agentProgram is PATTARAI_AGENT, or built now.
func agentProgram(t *testing.T) string {
	t.Helper()
	if p := os.Getenv("PATTARAI_AGENT"); p != "" {
		return p
	}
	p := filepath.Join(t.TempDir(), "pattarai-agent")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", p, "pattarai/cmd/pattarai-agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building the agent: %v: %s", err, out)
	}
	return p
}

// serveOn starts a service on an engine.
func serveOn(t *testing.T, engine sandbox.Engine, c *catalog.Catalog, s *store) (*labs.Service, func()) {
	t.Helper()
	p, err := pool.New(engine, pool.Config{Memory: 4 << 30})
	if err != nil {
		t.Fatal(err)
	}
	service := labs.New(labs.Config{Store: s, Engine: p, Catalog: c, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	ctx, cancel := context.WithCancel(context.Background())
	go service.Run(ctx)
	stop := func() {
		cancel()
		if err := service.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return service, stop
}

// until waits for an event that done accepts.
func until(t *testing.T, events <-chan labs.Event, what string, done func(labs.Event) bool) {
	t.Helper()
	limit := time.After(60 * time.Second)
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatalf("the events ended before %s", what)
			}
			if done(e) {
				return
			}
		case <-limit:
			t.Fatalf("no %s in a minute", what)
		}
	}
}

func untilState(t *testing.T, events <-chan labs.Event, want labs.State) {
	t.Helper()
	until(t, events, "lab that is "+string(want), func(e labs.Event) bool {
		if e.Lab != nil && e.Lab.State == labs.Failed && want != labs.Failed {
			t.Fatalf("the lab failed: %s\n%s", e.Lab.Reason, e.Lab.Log)
		}
		return e.Lab != nil && e.Lab.State == want
	})
}

// reads attaches to a terminal, types and waits for text.
func reads(t *testing.T, s *labs.Service, id, keys, want string) {
	t.Helper()
	shell, err := s.AttachTerminal(t.Context(), "kavi", "c/shop", id, 80, 24)
	if err != nil {
		t.Fatal(err)
	}
	defer shell.Close()
	stop := time.AfterFunc(20*time.Second, func() { shell.Close() })
	defer stop.Stop()
	if _, err := io.WriteString(shell, keys); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	chunk := make([]byte, 4096)
	for !strings.Contains(seen.String(), want) {
		n, err := shell.Read(chunk)
		seen.Write(chunk[:n])
		if err != nil {
			t.Fatalf("terminal ended (%v) before %q in %q", err, want, seen.String())
		}
	}
}

// TestOnContainers takes a lab through its life on a real engine: start, traffic,
// live view, a refused and an accepted edit, a terminal that outlives the server,
// and the end.
func TestOnContainers(t *testing.T) {
	engine, lessons, store := containers(t), shop(t), newStore()
	service, stop := serveOn(t, engine, lessons, store)
	ctx := t.Context()
	events := service.Subscribe(ctx, "kavi", "c/shop")
	if _, err := service.Start(ctx, "kavi", "c/shop"); err != nil {
		t.Fatal(err)
	}
	untilState(t, events, labs.Running)

	if _, err := service.SetTraffic(ctx, "kavi", "c/shop", labs.Traffic{On: true, Rate: 20}); err != nil {
		t.Fatal(err)
	}
	until(t, events, "traffic that app2 answers", func(e labs.Event) bool {
		return e.Traffic != nil && slices.ContainsFunc(e.Traffic.Requests, func(r probe.TrafficRequest) bool { return r.Server == "app2" })
	})
	var pid int
	until(t, events, "live view with requests", func(e labs.Event) bool {
		if e.Live == nil || len(e.Live.Backends) != 1 || e.Live.Backends[0].Servers[0].Delta == 0 {
			return false
		}
		pid = e.Live.PID
		return true
	})

	edit := labs.File{Path: "haproxy.cfg", Content: []byte(shopConfig + "    nonsense\n")}
	saved, err := service.Save(ctx, "kavi", "c/shop", "", edit, true)
	if err != nil || saved.Applied == nil || saved.Applied.Accepted || len(saved.Applied.Diagnostics) == 0 {
		t.Fatalf("a broken edit: %+v, %v", saved.Applied, err)
	}
	edit = labs.File{Path: "haproxy.cfg", Version: saved.File.Version, Content: []byte(shopConfig + "    server app3 app1:8000 weight 2\n")}
	saved, err = service.Save(ctx, "kavi", "c/shop", "", edit, true)
	if err != nil || saved.Applied == nil || !saved.Applied.Accepted {
		t.Fatalf("a good edit: %+v, %v", saved.Applied, err)
	}
	until(t, events, "live view of the new worker", func(e labs.Event) bool {
		return e.Live != nil && e.Live.PID != pid && len(e.Live.Backends[0].Servers) == 3 && e.Live.Backends[0].Servers[2].Weight == 2
	})

	terminal, err := service.NewTerminal(ctx, "kavi", "c/shop", "")
	if err != nil {
		t.Fatal(err)
	}
	reads(t, service, terminal.ID, "word=vanakkam; echo $word-$word\n", "vanakkam-vanakkam")

	stop()
	service, _ = serveOn(t, engine, lessons, store)
	events = service.Subscribe(ctx, "kavi", "c/shop")
	until(t, events, "node of the adopted lab", func(e labs.Event) bool {
		return e.Node != nil && e.Node.Node == "haproxy" && e.Node.Phase == sandbox.PhaseHealthy
	})
	reads(t, service, terminal.ID, "echo again-$word\n", "again-vanakkam")

	if _, err := service.End(ctx, "kavi", "c/shop"); err != nil {
		t.Fatal(err)
	}
	untilState(t, events, labs.Ended)
	if held, err := engine.List(ctx); err != nil || len(held) != 0 {
		t.Errorf("the engine still holds %v, %v", held, err)
	}
}
