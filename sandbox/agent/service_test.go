package agent_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pattarai/sandbox/agent"
)

func startService(t *testing.T, n *node, line string) {
	t.Helper()
	if err := n.StartService(t.Context(), agent.Service{Args: sh(line)}); err != nil {
		t.Fatal(err)
	}
}

func watch(t *testing.T, n *node, health *agent.HealthCheck, load time.Duration) <-chan agent.Event {
	t.Helper()
	events, err := n.Watch(t.Context(), health, load)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestServiceExit(t *testing.T) {
	n := startNode(t)
	events := watch(t, n, nil, 0)
	startService(t, n, "echo starting; echo 'bad config, line 7' >&2; exit 3")
	next(t, events, "service", "running")
	e := next(t, events, "service", "exited")
	if e.Exit != 3 || e.Output != "starting\nbad config, line 7\n" || e.Elapsed <= 0 {
		t.Errorf("got %+v", e)
	}
	late := next(t, watch(t, n, nil, 0), "service", "exited")
	if late.Exit != 3 {
		t.Errorf("a late watcher got %+v", late)
	}
	log, err := n.Logs(t.Context())
	if err != nil || !strings.Contains(string(log), "line 7") {
		t.Errorf("Logs() = %q, %v", log, err)
	}
}

func TestServiceIsStartedOnce(t *testing.T) {
	n := startNode(t)
	refused(t, n.RestartService(t.Context()), "never started")
	refused(t, n.StartService(t.Context(), agent.Service{Args: []string{"no-such-daemon"}}), "no such program: no-such-daemon")
	path := filepath.Join(n.root, "lives")
	line := "echo life >> " + path + "; exec sleep 60"
	startService(t, n, line)
	startService(t, n, line)
	eventually(t, path, "life\n")
	events := watch(t, n, nil, 0)
	next(t, events, "service", "running")
	if err := n.RestartService(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events, "service", "exited"); e.Exit != 143 {
		t.Errorf("stopped with %d; want 143 (SIGTERM)", e.Exit)
	}
	next(t, events, "service", "running")
	eventually(t, path, "life\nlife\n")
}

// eventually waits until a file has that content.
func eventually(t *testing.T, path, want string) {
	t.Helper()
	var got []byte
	for range 500 {
		if got, _ = os.ReadFile(path); string(got) == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s has %q; want %q", path, got, want)
}

func TestRestartKillsWhatIgnoresSIGTERM(t *testing.T) {
	n := startNode(t)
	startService(t, n, "trap '' TERM; while :; do sleep 0.1; done")
	events := watch(t, n, nil, 0)
	next(t, events, "service", "running")
	time.Sleep(100 * time.Millisecond) // For the trap.
	if err := n.RestartService(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events, "service", "exited"); e.Exit != 137 {
		t.Errorf("stopped with %d; want 137 (SIGKILL)", e.Exit)
	}
}

func TestLogIsARing(t *testing.T) {
	n := startNode(t)
	startService(t, n, "seq 1 100000; exec sleep 60")
	var log []byte
	for range 200 {
		if log, _ = n.Logs(t.Context()); strings.HasSuffix(string(log), "\n100000\n") {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if len(log) > 64<<10 || len(log) < 48<<10 || !strings.HasSuffix(string(log), "\n100000\n") {
		t.Errorf("%d bytes that end with %q", len(log), log[max(0, len(log)-20):])
	}
}

func TestHealth(t *testing.T) {
	n := startNode(t)
	flag := filepath.Join(n.root, "up")
	check := &agent.HealthCheck{Test: sh("echo no flag; test -e " + flag), Interval: 100 * time.Millisecond, StartPeriod: time.Minute, Retries: 2}
	events := watch(t, n, check, 0)
	startService(t, n, "exec sleep 60")
	next(t, events, "health", "starting")
	began := time.Now()
	os.WriteFile(flag, nil, 0o644)
	next(t, events, "health", "healthy")
	if took := time.Since(began); took > time.Second {
		t.Errorf("healthy after %s", took)
	}
	os.Remove(flag)
	if e := next(t, events, "health", "unhealthy"); e.Output != "no flag\n" {
		t.Errorf("output %q", e.Output)
	}
	os.WriteFile(flag, nil, 0o644)
	next(t, events, "health", "healthy")
}

func TestHealthBeginsAgainWithTheService(t *testing.T) {
	n := startNode(t)
	events := watch(t, n, &agent.HealthCheck{Test: []string{"true"}}, 0)
	startService(t, n, "exec sleep 60")
	next(t, events, "health", "healthy")
	if err := n.RestartService(t.Context()); err != nil {
		t.Fatal(err)
	}
	next(t, events, "health", "starting")
	next(t, events, "health", "healthy")
}

func TestHealthOfAServiceThatNeverComesUp(t *testing.T) {
	n := startNode(t)
	check := &agent.HealthCheck{Test: []string{"sleep", "5"}, Interval: 50 * time.Millisecond, Timeout: 50 * time.Millisecond, Retries: 2}
	events := watch(t, n, check, 0)
	startService(t, n, "exec sleep 60")
	if e := next(t, events, "health", "unhealthy"); !strings.Contains(e.Output, "did not end in time") {
		t.Errorf("output %q", e.Output)
	}
}

func TestLoad(t *testing.T) {
	n := startNode(t)
	e := next(t, watch(t, n, nil, 100*time.Millisecond), "load", "")
	if e.CPU < 0 || e.Memory < 0 || e.At.IsZero() {
		t.Errorf("got %+v", e)
	}
}
