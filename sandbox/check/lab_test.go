package check_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/check"
	"pattarai/sandbox/probe"
)

// lab is a scripted target: it answers what a test told it to, and keeps a record
// of what was done to it.
type lab struct {
	mu      sync.Mutex
	downFor time.Duration // How long ago nodes that do not run ended.
	states  map[string]sandbox.NodeState
	files   map[string][]byte
	exec    func(ctx context.Context, node string, cmd agent.Command) (agent.Result, error)
	http    func(ctx context.Context, spec probe.HTTPSpec) (probe.HTTPSeen, error)
	tcp     func(spec probe.TCPSpec) (probe.TCPSeen, error)
	control func(node string, action sandbox.Action) error
	done    []string

	sourcesErr error

	applied  sandbox.Applied
	applyErr error
}

func (l *lab) Topology() sandbox.Topology { return topology() }

func (l *lab) States() []sandbox.NodeState {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []sandbox.NodeState
	for _, n := range topology().Nodes {
		s, ok := l.states[n.Name]
		if !ok {
			s = sandbox.NodeState{Node: n.Name, Phase: sandbox.PhaseHealthy}
		}
		s.Since = time.Now().Add(-l.downFor)
		out = append(out, s)
	}
	return out
}

func (l *lab) Exec(ctx context.Context, node string, cmd agent.Command) (agent.Result, error) {
	if l.exec == nil {
		return agent.Result{}, nil
	}
	return l.exec(ctx, node, cmd)
}

func (l *lab) Probe(ctx context.Context, kind string, spec any, progress func(json.RawMessage)) (json.RawMessage, error) {
	var seen any
	var err error
	switch kind {
	case probe.KindHTTP:
		if progress != nil {
			progress(json.RawMessage(`{"sent": 1}`))
		}
		seen, err = l.http(ctx, spec.(probe.HTTPSpec))
	case probe.KindTCP:
		seen, err = l.tcp(spec.(probe.TCPSpec))
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(seen)
}

func (l *lab) Sources(_ context.Context, n int) ([]string, error) {
	if l.sourcesErr != nil {
		return nil, l.sourcesErr
	}
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("10.0.0.%d", 14-i))
	}
	return all, nil
}

func (l *lab) Control(_ context.Context, node string, action sandbox.Action) error {
	l.mu.Lock()
	l.done = append(l.done, fmt.Sprintf("%s %s", action, node))
	phases := map[sandbox.Action]sandbox.Phase{
		sandbox.Kill: sandbox.PhaseStopped, sandbox.Stop: sandbox.PhaseStopped, sandbox.Pause: sandbox.PhasePaused,
		sandbox.Start: sandbox.PhaseHealthy, sandbox.Unpause: sandbox.PhaseHealthy,
	}
	if l.states == nil {
		l.states = map[string]sandbox.NodeState{}
	}
	l.states[node] = sandbox.NodeState{Node: node, Phase: phases[action]}
	l.mu.Unlock()
	if l.control != nil {
		return l.control(node, action)
	}
	return nil
}

func (l *lab) Break(_ context.Context, node string, f sandbox.Fault) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = append(l.done, fmt.Sprintf("%s: %s", node, f))
	return nil
}

func (l *lab) Mend(_ context.Context, node string, kind sandbox.FaultKind) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = append(l.done, fmt.Sprintf("mend %s of %s", kind, node))
	return nil
}

func (l *lab) Files() map[string][]byte { return l.files }

func (l *lab) Apply(context.Context, map[string][]byte) (sandbox.Applied, error) {
	return l.applied, l.applyErr
}

var _ check.Target = (*lab)(nil)

// parse reads a list of checks.
func parse(t *testing.T, checks string) check.Exercise {
	t.Helper()
	e, problems := check.Parse(folder("shell: client\nchecks:\n"+checks), "exercise.yaml", topology())
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return e
}

// one runs a single check.
func one(t *testing.T, l *lab, text string) (check.Result, check.Report) {
	t.Helper()
	report := check.Run(t.Context(), l, parse(t, text), nil)
	if len(report.Results) != 1 {
		t.Fatalf("%d results", len(report.Results))
	}
	return report.Results[0], report
}

// stream is what an HTTP probe sees when these servers answer.
func stream(names []string) probe.HTTPSeen {
	seen := probe.HTTPSeen{Sent: len(names), Servers: map[string]int{}, Statuses: map[int]int{}, Errors: map[string]int{}}
	for _, n := range names {
		if n == "" {
			seen.Failed++
			seen.Statuses[0]++
			seen.Errors["connection refused"]++
		} else {
			seen.Servers[n]++
			seen.Statuses[200]++
			seen.Samples = append(seen.Samples, probe.HTTPAnswer{Status: 200, Server: n, Body: n, Headers: map[string][]string{"X-App": {n}}})
		}
		seen.Order = append(seen.Order, n)
	}
	seen.Samples = seen.Samples[:min(len(seen.Samples), 100)]
	return seen
}

// pattern repeats names up to n answers.
func pattern(n int, names ...string) func(context.Context, probe.HTTPSpec) (probe.HTTPSeen, error) {
	var out []string
	for i := range n {
		out = append(out, names[i%len(names)])
	}
	return func(context.Context, probe.HTTPSpec) (probe.HTTPSeen, error) { return stream(out), nil }
}
