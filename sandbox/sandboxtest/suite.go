package sandboxtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
)

// Images names what the suite's nodes run on.
type Images struct {
	Shell  string // An image with /bin/sh and no service of its own.
	Prefix string // What a shell line puts before an absolute path; "$ROOT" on the Fake.
}

// Run is the conformance suite: what every engine, and a session on it, must do.
// newEngine returns an engine that ends with the test.
func Run(t *testing.T, newEngine func(*testing.T) sandbox.Engine, images Images) {
	tests := map[string]func(*suite, *testing.T){
		"launch list dial remove":           (*suite).life,
		"launch twice":                      (*suite).launchTwice,
		"no such lab":                       (*suite).noLab,
		"kill and start":                    (*suite).killAndStart,
		"pause and unpause":                 (*suite).pause,
		"events":                            (*suite).events,
		"five launches at once":             (*suite).parallel,
		"cancelled launch leaves nothing":   (*suite).cancelled,
		"files come before services":        (*suite).filesFirst,
		"dependencies":                      (*suite).dependencies,
		"start error":                       (*suite).startError,
		"start error when unhealthy":        (*suite).unhealthy,
		"session control":                   (*suite).sessionControl,
		"adopt keeps shells":                (*suite).adopt,
		"apply accepted refused and back":   (*suite).apply,
		"apply to a stopped node":           (*suite).applyAsleep,
		"apply restarts and heals services": (*suite).applyRestart,
	}
	for name, test := range tests {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			test(&suite{Engine: newEngine(t), images: images}, t)
		})
	}
}

type suite struct {
	sandbox.Engine
	images Images
}

// newID is a lab id that no other test uses.
func newID() string { return fmt.Sprintf("t%015x", rand.Uint64()>>4) }

// node is a node with a service that writes what it does into its own files.
func (s *suite) node(name, script string) sandbox.Node {
	n := sandbox.Node{
		Name: name, Image: s.images.Shell, Role: sandbox.RoleService, Limits: sandbox.Limits{Memory: 64 << 20},
		Files: []sandbox.File{{Source: name + ".txt", Target: "/srv/" + name + ".txt"}},
	}
	if script != "" {
		n.Command = []string{"/bin/sh", "-c", strings.ReplaceAll(script, "@", s.images.Prefix)}
	}
	return n
}

func (s *suite) spec(nodes ...sandbox.Node) sandbox.Spec {
	return sandbox.Spec{ID: newID(), Owner: "learner-1", Topology: sandbox.Topology{Name: "suite", Nodes: nodes, Hash: "hash-1"}}
}

func (s *suite) launch(t *testing.T, spec sandbox.Spec) {
	t.Helper()
	t.Cleanup(func() { s.remove(t, spec.ID) })
	if err := s.Launch(t.Context(), spec); err != nil {
		t.Fatalf("Launch: %v", err)
	}
}

func (s *suite) remove(t *testing.T, lab string) {
	if err := s.Remove(context.Background(), lab); err != nil {
		t.Errorf("Remove: %v", err)
	}
}

func (s *suite) open(t *testing.T, spec sandbox.Spec, files map[string][]byte) *sandbox.Session {
	t.Helper()
	session, err := sandbox.Open(t.Context(), s, spec, files, nil)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := session.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return session
}

// lab finds a lab in the engine's list.
func (s *suite) lab(t *testing.T, id string) (sandbox.Lab, bool) {
	t.Helper()
	labs, err := s.List(t.Context())
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	for _, l := range labs {
		if l.ID == id {
			return l, true
		}
	}
	return sandbox.Lab{}, false
}

// sh runs a shell line in a node and returns its output.
func sh(t *testing.T, c *agent.Client, line string) string {
	t.Helper()
	res, err := c.Exec(t.Context(), agent.Command{Args: []string{"/bin/sh", "-c", line}})
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return strings.TrimSpace(string(res.Stdout) + string(res.Stderr))
}

func (s *suite) client(t *testing.T, lab, node string) *agent.Client {
	t.Helper()
	conn, err := s.Dial(t.Context(), lab, node)
	if err != nil {
		t.Fatalf("Dial %s: %v", node, err)
	}
	c, err := agent.NewClient(t.Context(), conn)
	if err != nil {
		t.Fatalf("greeting %s: %v", node, err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func (s *suite) life(t *testing.T) {
	spec := s.spec(s.node("one", ""), s.node("two", ""))
	s.launch(t, spec)
	got, ok := s.lab(t, spec.ID)
	if !ok || got.Owner != spec.Owner || got.Hash != "hash-1" || time.Since(got.Created) > time.Hour {
		t.Errorf("listed as %+v, %v", got, ok)
	}
	if len(got.Nodes) != 3 {
		t.Fatalf("%d nodes, want one, two and the probe", len(got.Nodes))
	}
	for _, n := range got.Nodes {
		if !n.Running || n.Paused || n.Address == "" || n.Image == "" {
			t.Errorf("node %+v", n)
		}
	}
	if out := sh(t, s.client(t, spec.ID, "two"), "echo hello"); out != "hello" {
		t.Errorf("two says %q", out)
	}
	s.client(t, spec.ID, sandbox.ProbeNode)
	for range 2 {
		s.remove(t, spec.ID)
	}
	if _, ok := s.lab(t, spec.ID); ok {
		t.Error("still listed after Remove")
	}
}

func (s *suite) launchTwice(t *testing.T) {
	spec := s.spec(s.node("one", ""))
	s.launch(t, spec)
	c := s.client(t, spec.ID, "one")
	sh(t, c, "echo kept > /tmp/"+spec.ID)
	s.launch(t, spec)
	if out := sh(t, c, "cat /tmp/"+spec.ID+"; rm /tmp/"+spec.ID); out != "kept" {
		t.Errorf("the second launch replaced the lab: %q", out)
	}
}

func (s *suite) noLab(t *testing.T) {
	spec := s.spec(s.node("one", ""))
	if _, err := s.Dial(t.Context(), spec.ID, "one"); !errors.Is(err, sandbox.ErrNoLab) {
		t.Errorf("Dial: %v, want ErrNoLab", err)
	}
	if err := s.Control(t.Context(), spec.ID, "one", sandbox.Kill); !errors.Is(err, sandbox.ErrNoLab) {
		t.Errorf("Control: %v, want ErrNoLab", err)
	}
	if _, err := sandbox.Adopt(t.Context(), s, spec); !errors.Is(err, sandbox.ErrNoLab) {
		t.Errorf("Adopt: %v, want ErrNoLab", err)
	}
	s.launch(t, spec)
	if _, err := s.Dial(t.Context(), spec.ID, "nobody"); !errors.Is(err, sandbox.ErrNoLab) {
		t.Errorf("Dial nobody: %v, want ErrNoLab", err)
	}
}

func (s *suite) killAndStart(t *testing.T) {
	spec := s.spec(s.node("one", ""))
	s.launch(t, spec)
	c := s.client(t, spec.ID, "one")
	for _, action := range []sandbox.Action{sandbox.Kill, sandbox.Stop} {
		s.control(t, spec.ID, action)
		if _, err := s.Dial(t.Context(), spec.ID, "one"); !errors.Is(err, sandbox.ErrNotRunning) {
			t.Errorf("Dial after %s: %v, want ErrNotRunning", action, err)
		}
		select {
		case <-c.Done():
		case <-time.After(5 * time.Second):
			t.Errorf("the connection outlived %s", action)
		}
		s.control(t, spec.ID, sandbox.Start)
		c = s.client(t, spec.ID, "one")
		if out := sh(t, c, "echo back"); out != "back" {
			t.Errorf("after %s and start: %q", action, out)
		}
	}
}

func (s *suite) control(t *testing.T, lab string, action sandbox.Action) {
	t.Helper()
	if err := s.Control(t.Context(), lab, "one", action); err != nil {
		t.Fatalf("%s: %v", action, err)
	}
}

func (s *suite) pause(t *testing.T) {
	spec := s.spec(s.node("one", ""))
	s.launch(t, spec)
	s.control(t, spec.ID, sandbox.Pause)
	if got, _ := s.lab(t, spec.ID); !got.Nodes[0].Paused {
		t.Errorf("listed as %+v, want paused", got.Nodes[0])
	}
	if _, err := s.Dial(t.Context(), spec.ID, "one"); !errors.Is(err, sandbox.ErrNotRunning) {
		t.Errorf("Dial while paused: %v, want ErrNotRunning", err)
	}
	s.control(t, spec.ID, sandbox.Unpause)
	if out := sh(t, s.client(t, spec.ID, "one"), "echo thawed"); out != "thawed" {
		t.Errorf("after unpause: %q", out)
	}
	s.control(t, spec.ID, sandbox.Pause)
	s.control(t, spec.ID, sandbox.Kill)
	if _, err := s.Dial(t.Context(), spec.ID, "one"); !errors.Is(err, sandbox.ErrNotRunning) {
		t.Errorf("Dial after killing a paused node: %v, want ErrNotRunning", err)
	}
}

func (s *suite) events(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	events, err := s.Watch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	spec := s.spec(s.node("one", ""))
	s.launch(t, spec)
	for _, a := range []sandbox.Action{sandbox.Pause, sandbox.Unpause, sandbox.Kill, sandbox.Start} {
		s.control(t, spec.ID, a)
	}
	s.remove(t, spec.ID)
	want := []sandbox.ContainerState{sandbox.Running, sandbox.Paused, sandbox.Running, sandbox.Exited, sandbox.Running, sandbox.Gone}
	for _, state := range want {
		awaitEvent(t, events, spec.ID, state)
	}
	cancel()
	timeout := time.After(5 * time.Second)
	for open := true; open; {
		select {
		case _, open = <-events:
		case <-timeout:
			t.Fatal("the channel did not close with the context")
		}
	}
}

// awaitEvent reads until the node's next event has that state. A removal may kill
// first, so Exited before Gone is passed over; and engines may repeat that a node
// was frozen and thawed.
func awaitEvent(t *testing.T, events <-chan sandbox.Event, lab string, want sandbox.ContainerState) {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case e := <-events:
			if e.Lab != lab || e.Node != "one" || want == sandbox.Gone && e.State == sandbox.Exited {
				continue
			}
			if e.State != want && (e.State == sandbox.Paused || e.State == sandbox.Running) {
				continue
			}
			if e.State != want {
				t.Fatalf("event %+v, want %s", e, want)
			}
			if e.At.IsZero() {
				t.Error("an event without a time")
			}
			return
		case <-timeout:
			t.Fatalf("no %s event", want)
		}
	}
}

func (s *suite) parallel(t *testing.T) {
	var wg sync.WaitGroup
	for range 5 {
		spec := s.spec(s.node("one", ""))
		t.Cleanup(func() { s.remove(t, spec.ID) })
		wg.Go(func() {
			if err := s.Launch(t.Context(), spec); err != nil {
				t.Errorf("Launch: %v", err)
				return
			}
			conn, err := s.Dial(t.Context(), spec.ID, "one")
			if err != nil {
				t.Errorf("Dial: %v", err)
				return
			}
			conn.Close()
		})
	}
	wg.Wait()
}

func (s *suite) cancelled(t *testing.T) {
	for _, after := range []time.Duration{0, 20 * time.Millisecond, 150 * time.Millisecond} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		spec := s.spec(s.node("one", ""), s.node("two", ""))
		err := s.Launch(ctx, spec)
		cancel()
		if err == nil {
			s.remove(t, spec.ID) // It was quicker.
			continue
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cancelled after %s: %v", after, err)
		}
		if got, ok := s.lab(t, spec.ID); ok {
			t.Errorf("cancelled after %s: left %+v", after, got)
		}
	}
}

func (s *suite) filesFirst(t *testing.T) {
	n := s.node("one", "cat @/srv/one.txt > @/tmp/seen; sleep 100")
	n.Health = s.healthy("test -s @/tmp/seen")
	session := s.open(t, s.spec(n), map[string][]byte{"one.txt": []byte("in place\n"), "other.txt": []byte("not mapped")})
	c, err := session.Agent(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	if out := sh(t, c, s.line("cat @/tmp/seen")); out != "in place" {
		t.Errorf("the service saw %q", out)
	}
	state := session.States()[0]
	if state.Phase != sandbox.PhaseHealthy || state.Took <= 0 || state.Limit != 64<<20 || state.Address == "" {
		t.Errorf("state %+v", state)
	}
}

func (s *suite) line(script string) string { return strings.ReplaceAll(script, "@", s.images.Prefix) }

func (s *suite) healthy(script string) *sandbox.Health {
	return &sandbox.Health{
		Test: []string{"/bin/sh", "-c", s.line(script)}, Interval: 100 * time.Millisecond,
		Timeout: time.Second, StartPeriod: 500 * time.Millisecond, Retries: 2,
	}
}

func (s *suite) dependencies(t *testing.T) {
	first := s.node("first", "sleep 0.3; echo up > @/tmp/up; sleep 100")
	first.Health = s.healthy("test -s @/tmp/up")
	second := s.node("second", "sleep 100")
	second.DependsOn = []sandbox.Dependency{{Node: "first", Healthy: true}}
	var mu sync.Mutex
	var order []string
	spec := s.spec(second, first)
	session, err := sandbox.Open(t.Context(), s, spec, nil, func(n sandbox.NodeState) {
		mu.Lock()
		defer mu.Unlock()
		if entry := n.Node + " " + string(n.Phase); len(order) == 0 || order[len(order)-1] != entry {
			order = append(order, entry)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close(context.Background()) //nolint:errcheck // The suite looks for leftovers.
	mu.Lock()
	defer mu.Unlock()
	seen := strings.Join(order, ", ")
	if !strings.Contains(seen, "second waiting") {
		t.Errorf("second never waited: %s", seen)
	}
	healthy := map[string]time.Time{} // News of two nodes may overtake each other; when it was does not.
	for _, n := range session.States() {
		if n.Phase == sandbox.PhaseHealthy {
			healthy[n.Node] = n.Since
		}
	}
	if len(healthy) != 2 || healthy["second"].Before(healthy["first"]) {
		t.Errorf("healthy since %v; want both, second after first: %s", healthy, seen)
	}
}

func (s *suite) startError(t *testing.T) {
	spec := s.spec(s.node("one", "echo cannot read the configuration; exit 3"), s.node("two", "sleep 100"))
	bad := spec.Topology.Nodes[0]
	bad.Health = s.healthy("false")
	spec.Topology.Nodes[0] = bad
	_, err := sandbox.Open(t.Context(), s, spec, nil, nil)
	var start *sandbox.StartError
	if !errors.As(err, &start) {
		t.Fatalf("Open: %v, want a StartError", err)
	}
	if start.Node != "one" || !strings.Contains(start.Reason, "exited with status 3") || !strings.Contains(start.Log, "cannot read") {
		t.Errorf("StartError %+v", start)
	}
	if _, ok := s.lab(t, spec.ID); ok {
		t.Error("the failed lab was left behind")
	}
}

func (s *suite) unhealthy(t *testing.T) {
	n := s.node("one", "echo still loading; sleep 100")
	n.Health = s.healthy("echo connection refused; false")
	_, err := sandbox.Open(t.Context(), s, s.spec(n), nil, nil)
	var start *sandbox.StartError
	if !errors.As(err, &start) {
		t.Fatalf("Open: %v, want a StartError", err)
	}
	if !strings.Contains(start.Reason, "connection refused") || !strings.Contains(start.Log, "still loading") {
		t.Errorf("StartError %+v", start)
	}
}

func (s *suite) sessionControl(t *testing.T) {
	n := s.node("one", "cat @/srv/one.txt > @/tmp/seen; sleep 100")
	n.Health = s.healthy("test -s @/tmp/seen")
	session := s.open(t, s.spec(n), map[string][]byte{"one.txt": []byte("kept")})
	for _, step := range []struct {
		action sandbox.Action
		want   sandbox.Phase
	}{
		{sandbox.Kill, sandbox.PhaseStopped}, {sandbox.Start, sandbox.PhaseHealthy},
		{sandbox.Pause, sandbox.PhasePaused}, {sandbox.Unpause, sandbox.PhaseHealthy},
		{sandbox.Pause, sandbox.PhasePaused}, {sandbox.Start, sandbox.PhaseHealthy},
		{sandbox.Stop, sandbox.PhaseStopped}, {sandbox.Start, sandbox.PhaseHealthy},
	} {
		if err := session.Control(t.Context(), "one", step.action); err != nil {
			t.Fatalf("%s: %v", step.action, err)
		}
		awaitPhase(t, session, step.want)
		if step.want != sandbox.PhaseHealthy {
			if _, err := session.Agent(t.Context(), "one"); !errors.Is(err, sandbox.ErrNotRunning) {
				t.Errorf("Agent while %s: %v, want ErrNotRunning", step.want, err)
			}
			continue
		}
		c, err := session.Agent(t.Context(), "one")
		if err != nil {
			t.Fatalf("Agent after %s: %v", step.action, err)
		}
		if out := sh(t, c, s.line("cat @/tmp/seen")); out != "kept" {
			t.Errorf("after %s the service saw %q", step.action, out)
		}
	}
}

// awaitPhase waits until the first node is in a phase, and stays there a moment:
// late news of what happened before must not move it.
func awaitPhase(t *testing.T, session *sandbox.Session, want sandbox.Phase) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for held := 0; held < 10; {
		if session.States()[0].Phase == want {
			held++
		} else {
			held = 0
		}
		if time.Now().After(deadline) {
			t.Fatalf("state %+v, want %s", session.States()[0], want)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (s *suite) adopt(t *testing.T) {
	spec := s.spec(s.node("one", "sleep 100"), s.node("two", ""))
	t.Cleanup(func() { s.remove(t, spec.ID) })
	session, err := sandbox.Open(t.Context(), s, spec, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	shell := s.shell(t, session)
	fmt.Fprintf(shell, "X=remembered; echo said-$X\n")
	readUntil(t, shell, "said-remembered")
	session.Detach()

	again, err := sandbox.Adopt(t.Context(), s, spec)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Detach()
	shell = s.shell(t, again)
	readUntil(t, shell, "said-remembered")
	fmt.Fprintf(shell, "echo still-$X\n")
	readUntil(t, shell, "still-remembered")
	awaitPhase(t, again, sandbox.PhaseHealthy)
}

func (s *suite) shell(t *testing.T, session *sandbox.Session) agent.Shell {
	t.Helper()
	c, err := session.Agent(t.Context(), "two")
	if err != nil {
		t.Fatal(err)
	}
	shell, err := c.OpenShell(t.Context(), agent.ShellOptions{ID: "main", Args: []string{"/bin/sh"}, Cols: 80, Rows: 24})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shell.Close() })
	return shell
}

func readUntil(t *testing.T, r io.Reader, want string) {
	t.Helper()
	var seen bytes.Buffer
	found := make(chan error, 1)
	go func() {
		buf := make([]byte, 4096)
		for !strings.Contains(seen.String(), want) {
			n, err := r.Read(buf)
			seen.Write(buf[:n])
			if err != nil {
				found <- fmt.Errorf("%w after %q", err, seen.String())
				return
			}
		}
		found <- nil
	}()
	select {
	case err := <-found:
		if err != nil {
			t.Fatalf("waiting for %q: %v", want, err)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("%q did not appear", want)
	}
}
