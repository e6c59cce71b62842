package check_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/check"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/images"
)

// runner is a lab with a node that runs programs, on real containers.
type runner struct {
	*sandbox.Session
	files map[string][]byte // What was handed in.
	ctx   context.Context   // Of a benchmark.
}

// Files implements [check.Target].
func (r *runner) Files() map[string][]byte { return r.files }

// newRunner opens a lab with so many runners, called runner1 and so on.
func newRunner(tb testing.TB, nodes int) *runner {
	tb.Helper()
	e := newEngine(tb)
	topology := sandbox.Topology{Name: "test/program", Hash: "program"}
	for i := range nodes {
		topology.Nodes = append(topology.Nodes, sandbox.Node{Name: fmt.Sprintf("runner%d", i+1), Image: "python", Role: sandbox.RoleRunner})
	}
	s, err := sandbox.Open(tb.Context(), e, sandbox.Spec{ID: "programlab", Owner: "tester", Topology: topology}, nil, func(sandbox.NodeState) {})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return &runner{Session: s}
}

// newEngine returns an engine of an installation of its own, with its images.
func newEngine(tb testing.TB) *docker.Engine {
	tb.Helper()
	client, err := docker.NewClient("")
	if err == nil {
		tb.Cleanup(func() { client.Close() })
		_, err = client.ImageID(tb.Context(), images.Base)
	}
	if err != nil && !strings.Contains(os.Getenv("PATTARAI_TEST_REQUIRE"), "docker") {
		tb.Skipf("SKIPPED, no container engine: %v", err)
	}
	if err != nil {
		tb.Fatalf("docker is required: %v", err)
	}
	set := images.New(client, agentBinary(tb), nil)
	if err := set.Build(tb.Context(), []string{"python", sandbox.ProbeNode}, func(line string) { tb.Log(line) }); err != nil {
		tb.Fatal(err)
	}
	e, err := docker.New(tb.Context(), docker.Config{
		Installation: fmt.Sprintf("c%d-%d", os.Getpid(), time.Now().UnixNano()%1e9),
		Secret:       []byte("only-for-tests-0123456789"), Images: set,
		Logger: slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return e
}

// agentBinary is the agent to test with: PATTARAI_AGENT, or built now.
func agentBinary(tb testing.TB) string {
	tb.Helper()
	if p := os.Getenv("PATTARAI_AGENT"); p != "" {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	p := filepath.Join(tb.TempDir(), "pattarai-agent")
	cmd := exec.CommandContext(tb.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", p, "pattarai/cmd/pattarai-agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("building the agent: %v: %s", err, out)
	}
	return p
}

// python is a command that runs main.py, warm or fresh.
func python(warm bool, program []byte, args ...string) agent.Command {
	return agent.Command{
		Args: append([]string{"python3", "main.py"}, args...), Fresh: true, Warm: warm,
		Files: map[string][]byte{"main.py": program}, Timeout: 20 * time.Second,
	}
}

// run runs a command in the first runner.
func (r *runner) run(tb testing.TB, c agent.Command) agent.Result {
	tb.Helper()
	res, err := r.Exec(tb.Context(), "runner1", c)
	if err != nil {
		tb.Fatal(err)
	}
	if res.Failure != "" {
		tb.Fatal(res.Failure)
	}
	return res
}

// judge runs a check over the files, as a submission is judged.
func (r *runner) judge(tb testing.TB, checks string, files map[string][]byte) check.Report {
	tb.Helper()
	return check.Run(tb.Context(), &runner{Session: r.Session, files: files}, exerciseOf(tb, r, checks), nil)
}

// exerciseOf reads a list of checks about the lab.
func exerciseOf(tb testing.TB, r *runner, checks string) check.Exercise {
	tb.Helper()
	exercise, problems := check.Parse(fstest.MapFS{
		"exercise.yaml": {Data: []byte("checks:\n" + checks)},
		"files/main.py": {Data: []byte("\n")},
	}, "exercise.yaml", r.Topology())
	if problems.HasErrors() {
		tb.Fatal(problems)
	}
	return exercise
}

// program reads a program of testdata/program.
func program(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "program", name))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}
