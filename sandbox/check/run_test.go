package check_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
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

const weighted = `  - id: shares
    title: weights
    http: {url: "http://haproxy/", requests: 600}
    expect: {shares: {of: {app1: 2, app2: 1, app3: 3}%s}%s}
`

// TestShares feeds exact and random streams to the same claim.
func TestShares(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var equal, drawn []string
	for range 600 {
		equal = append(equal, []string{"app1", "app2", "app3"}[random.IntN(3)])
		drawn = append(drawn, []string{"app1", "app1", "app2", "app3", "app3", "app3"}[random.IntN(6)])
	}
	exact := []string{"app3", "app1", "app3", "app2", "app3", "app1"}
	for _, test := range []struct {
		name   string
		names  []string
		within string
		order  string
		want   check.Status
	}{
		{"exact", exact, "", "", check.Passed},
		{"exact within", exact, ", within: 3%", "", check.Passed},
		{"exact and interleaved", exact, "", ", order: {period: 6, longest_run: 2}", check.Passed},
		{"blocks", []string{"app1", "app1", "app2", "app3", "app3", "app3"}, "", ", order: {longest_run: 2}", check.Failed},
		{"equal turns", []string{"app1", "app2", "app3"}, ", within: 3%", "", check.Failed},
		{"random(3 equal)", equal, ", within: 3%", "", check.Failed},
		{"random by weight, exact", drawn, "", "", check.Failed},
		{"random by weight, order", drawn, ", within: 5%", ", order: {longest_run: 2}", check.Failed},
		{"random by weight, honest tolerance", drawn, ", within: 6%", "", check.Passed},
		{"a stranger", []string{"app3", "app1", "app3", "app2", "app3", "app9"}, ", within: 50%", "", check.Failed},
		{"some fail", []string{"app3", "app1", "app3", "app2", "app3", "app1", ""}, ", within: 3%", "", check.Failed},
		{"no answers", []string{""}, ", within: 100%", "", check.Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := &lab{http: pattern(600, test.names...)}
			r, _ := one(t, l, fmt.Sprintf(weighted, test.within, test.order))
			if r.Status != test.want {
				t.Errorf("status %s, reasons %q", r.Status, r.Reasons)
			}
		})
	}
}

func TestSharesInWords(t *testing.T) {
	l := &lab{http: pattern(600, "app1", "app2")}
	r, report := one(t, l, fmt.Sprintf(weighted, ", within: 3%", ""))
	if want := "app1 : app2 : app3 = 2 : 1 : 3, within 3 %, of 600 requests"; r.Expected != want {
		t.Errorf("expected %q", r.Expected)
	}
	if want := "app1 300, app2 300 of 600 requests"; r.Observed != want {
		t.Errorf("observed %q", r.Observed)
	}
	want := []string{
		"app1 answered 300 of 600 requests (50.0 %); expected 33.3 % ± 3.0",
		"app2 answered 300 of 600 requests (50.0 %); expected 16.7 % ± 3.0",
		"app3 answered 0 of 600 requests (0.0 %); expected 50.0 % ± 3.0",
	}
	if !slices.Equal(r.Reasons, want) {
		t.Errorf("reasons %q", r.Reasons)
	}
	if want := "for i in $(seq 12); do curl -s http://haproxy/; done | sort | uniq -c"; r.TryIt != want {
		t.Errorf("try %q", r.TryIt)
	}
	if len(r.Bars) != 3 || r.Bars[1].OK || r.Bars[1].Count != 300 {
		t.Errorf("bars %+v", r.Bars)
	}
	if report.Verdict != check.VerdictFailed || !report.Gradable || report.Points != 0 || report.MaxPoints != 1 {
		t.Errorf("report %+v", report)
	}
}

// printed is an exec that prints the same for every command.
func printed(r agent.Result) func(context.Context, string, agent.Command) (agent.Result, error) {
	return func(context.Context, string, agent.Command) (agent.Result, error) { return r, nil }
}

func failing(err error) func(context.Context, string, agent.Command) (agent.Result, error) {
	return func(context.Context, string, agent.Command) (agent.Result, error) { return agent.Result{}, err }
}

// TestOutcomes goes through every kind of probe and every way it can end.
func TestOutcomes(t *testing.T) {
	command := func(expect string) string {
		return "  - {id: a, title: t, exec: {in: haproxy, run: cmd}, expect: " + expect + "}\n"
	}
	request := func(expect string) string {
		return "  - {id: a, title: t, http: {url: \"http://haproxy/\"}, expect: " + expect + "}\n"
	}
	answer := func(a probe.HTTPAnswer) func(context.Context, probe.HTTPSpec) (probe.HTTPSeen, error) {
		return func(context.Context, probe.HTTPSpec) (probe.HTTPSeen, error) {
			return probe.HTTPSeen{Sent: 1, Statuses: map[int]int{a.Status: 1}, Servers: map[string]int{a.Server: 1}, Samples: []probe.HTTPAnswer{a}}, nil
		}
	}
	for _, test := range []struct {
		name   string
		lab    *lab
		check  string
		status check.Status
		says   string // In the reasons; what was observed when there are none.
	}{
		{"exec default exit", &lab{exec: printed(agent.Result{Exit: 1})}, command("{stdout: {contains: x}}"), check.Failed, "it ended with exit status 1; expected 0"},
		{"exec exit any", &lab{exec: printed(agent.Result{Exit: 7})}, command("{exit: any}"), check.Passed, "exit status 7"},
		{"exec warning", &lab{exec: printed(agent.Result{Stderr: []byte("a\n[WARNING] mode tcp\nb\n")})}, command(`{stderr: {not: "[WARNING]"}}`), check.Failed, "stderr contains “[WARNING]”, which should not be there: “[WARNING] mode tcp”"},
		{"exec equals", &lab{exec: printed(agent.Result{Stdout: []byte("200\n")})}, command(`{stdout: "200"}`), check.Passed, ""},
		{"exec matches", &lab{exec: printed(agent.Result{Stdout: []byte("abc")})}, command(`{stdout: {matches: ^b}}`), check.Failed, "stdout does not match ^b"},
		{"exec lines", &lab{exec: printed(agent.Result{Stdout: []byte("1\n2\n3\n")})}, command(`{stdout: {lines: 2}}`), check.Failed, "stdout has 3 lines; expected 2"},
		{"exec number", &lab{exec: printed(agent.Result{Stdout: []byte("Uptime_sec: 4\n")})}, command(`{stdout: {number: {matches: 'Uptime_sec: (\d+)', at_least: 5}}}`), check.Failed, `the number after Uptime_sec: (\d+) is 4; expected at least 5`},
		{"exec number absent", &lab{exec: printed(agent.Result{})}, command(`{stdout: {number: {matches: 'x(\d+)', at_least: 5}}}`), check.Failed, "stdout has no number"},
		{"exec timed out", &lab{exec: printed(agent.Result{TimedOut: true})}, command("{exit: 0}"), check.TimedOut, "the command took longer than its limit of 10 s"},
		{"exec memory", &lab{exec: printed(agent.Result{OutOfMemory: true})}, command("{exit: 0}"), check.LimitExceeded, "more memory than its limit"},
		{"exec no start", &lab{exec: printed(agent.Result{Exit: -1, Failure: "no such program: cmd"})}, command("{exit: any}"), check.Failed, "could not be started: no such program: cmd"},
		{"exec output cut", &lab{exec: printed(agent.Result{StdoutTruncated: true})}, command("{stdout: {not: x}}"), check.LimitExceeded, "printed more than 64 KiB to stdout"},
		{"exec engine", &lab{exec: failing(sandbox.ErrEngine)}, command("{exit: 0}"), check.Broken, "something of ours failed"},
		{"exec connection lost", &lab{exec: failing(errors.New("session shut down"))}, command("{exit: 0}"), check.Broken, "session shut down"},
		{"exec node stopped", &lab{downFor: 12 * time.Second, states: map[string]sandbox.NodeState{"haproxy": {Node: "haproxy", Phase: sandbox.PhaseStopped}}}, command("{exit: 0}"), check.Failed, "haproxy is not running (stopped 12 s ago): start it with its button"},
		{"exec node crashed", &lab{downFor: 2 * time.Minute, states: map[string]sandbox.NodeState{"haproxy": {Node: "haproxy", Phase: sandbox.PhaseExited, Detail: "exited with status 1"}}}, command("{exit: 0}"), check.Failed, "haproxy is not running (it ended 2 min ago: exited with status 1)"},
		{"exec node frozen", &lab{states: map[string]sandbox.NodeState{"haproxy": {Node: "haproxy", Phase: sandbox.PhasePaused}}}, command("{exit: 0}"), check.Failed, "thaw it"},
		{"exec not running", &lab{exec: failing(sandbox.ErrNotRunning)}, command("{exit: 0}"), check.Failed, "haproxy is not running"},

		{"http status", &lab{http: answer(probe.HTTPAnswer{Status: 404})}, request("{status: 200}"), check.Failed, "1 answers with status 404: expected only 200"},
		{"http status list", &lab{http: answer(probe.HTTPAnswer{Status: 301})}, request("{status: [200, 301]}"), check.Passed, "status 301"},
		{"http server", &lab{http: answer(probe.HTTPAnswer{Status: 200, Server: "app1"})}, request("{server: app2}"), check.Failed, "answered by app1; expected app2"},
		{"http body", &lab{http: answer(probe.HTTPAnswer{Status: 200, Body: "welcome"})}, request("{body: {contains: thanks}}"), check.Failed, "body does not contain “thanks”"},
		{"http header absent", &lab{http: answer(probe.HTTPAnswer{Status: 200, Headers: map[string][]string{"Server": {"x"}}})}, request("{headers: {server: {absent: true}}}"), check.Failed, "header server is there; it should be absent"},
		{"http header missing", &lab{http: answer(probe.HTTPAnswer{Status: 200})}, request("{headers: {X-App: app1}}"), check.Failed, "header X-App is missing"},
		{"http header wrong", &lab{http: answer(probe.HTTPAnswer{Status: 200, Headers: map[string][]string{"X-App": {"app2"}}})}, request("{headers: {X-App: app1}}"), check.Failed, "header X-App is not “app1” but “app2”"},
		{"http unanswered", &lab{http: answer(probe.HTTPAnswer{Error: "connection refused"})}, request("{body: {contains: x}}"), check.Failed, "no answer: connection refused"},
		{"http engine", &lab{http: func(context.Context, probe.HTTPSpec) (probe.HTTPSeen, error) {
			return probe.HTTPSeen{}, errors.New("connection lost")
		}}, request("{status: 200}"), check.Broken, "something of ours failed while looking at probe"},
		{"http names nodes that are down", &lab{
			states: map[string]sandbox.NodeState{"app2": {Node: "app2", Phase: sandbox.PhaseStopped}},
			http:   pattern(10, "app1", ""),
		}, request("{failed: 0}"), check.Failed, "app2 is not running (stopped 0 s ago)"},
		{"http failed", &lab{http: pattern(10, "app1", "")}, "  - {id: a, title: t, http: {url: \"http://haproxy/\", requests: 10}, expect: {failed: 0}}\n", check.Failed, "5 of 10 requests failed; expected none (connection refused: 5)"},
		{"http failed allowed", &lab{http: pattern(10, "app1", "")}, "  - {id: a, title: t, http: {url: \"http://haproxy/\", requests: 10}, expect: {failed: 5}}\n", check.Passed, ""},
		{"http servers", &lab{http: pattern(10, "app1", "app2")}, request("{servers: [app1, app3]}"), check.Failed, "app3 gave no answer\napp2 answered 5 times; only app1 and app3 should"},
		{"http cyclic", &lab{http: pattern(9, "app1", "app2", "app3")}, request("{order: {cyclic: 3}}"), check.Passed, ""},
		{"http not cyclic", &lab{http: pattern(12, "app1", "app2", "app3", "app1", "app3", "app2")}, request("{order: {cyclic: 3}}"), check.Failed, "answer 5 came from app3, where app2 was next in turn"},
		{"http too few", &lab{http: pattern(1, "app1")}, request("{order: {cyclic: 3}}"), check.Failed, "too few to judge their order"},
		{"http statuses", &lab{http: pattern(10, "app1")}, request("{statuses: {200: 10, 429: {at_least: 1}}}"), check.Failed, "status 429 came 0 times; expected at least 1"},

		{"tcp", &lab{tcp: func(probe.TCPSpec) (probe.TCPSeen, error) {
			return probe.TCPSeen{Connected: true, Received: "+PONG\r\n"}, nil
		}}, "  - {id: a, title: t, tcp: {address: \"app1:6379\", send: PING}, expect: {received: {contains: PONG}}}\n", check.Passed, ""},
		{"tcp refused", &lab{tcp: func(probe.TCPSpec) (probe.TCPSeen, error) {
			return probe.TCPSeen{Error: "connection refused"}, nil
		}}, "  - {id: a, title: t, tcp: {address: \"app1:6379\"}}\n", check.Failed, "app1:6379 does not accept a connection: connection refused"},
		{"tcp must be refused", &lab{tcp: func(probe.TCPSpec) (probe.TCPSeen, error) {
			return probe.TCPSeen{Connected: true}, nil
		}}, "  - {id: a, title: t, tcp: {address: \"app1:6379\"}, expect: {connected: false}}\n", check.Failed, "app1:6379 accepts a connection"},

		{"workspace file", &lab{files: map[string][]byte{"haproxy.cfg": []byte("balance random\n")}}, "  - {id: a, title: t, file: {workspace: haproxy.cfg}, expect: {not: random}}\n", check.Failed, "haproxy.cfg contains “random”"},
		{"workspace file missing", &lab{}, "  - {id: a, title: t, file: {workspace: haproxy.cfg}}\n", check.Failed, "haproxy.cfg does not exist"},
		{"node file absent", &lab{exec: printed(agent.Result{Exit: 66})}, "  - {id: a, title: t, file: {in: app1, path: /x}, expect: {absent: true}}\n", check.Passed, ""},
		{"node file there", &lab{exec: printed(agent.Result{Stdout: []byte("secret")})}, "  - {id: a, title: t, file: {in: app1, path: /x}, expect: {absent: true}}\n", check.Failed, "/x exists (6 bytes)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var r check.Result
			var report check.Report
			synctest.Test(t, func(t *testing.T) { r, report = one(t, test.lab, test.check) })
			if r.Status != test.status {
				t.Errorf("status %s, want %s; %q", r.Status, test.status, r.Reasons)
			}
			said := strings.Join(r.Reasons, "\n")
			if said == "" {
				said = r.Observed
			}
			if !strings.Contains(said, test.says) {
				t.Errorf("said %q, want %q", said, test.says)
			}
			if report.Gradable == (test.status == check.Broken) {
				t.Errorf("gradable %v with status %s", report.Gradable, test.status)
			}
			if r.Expected == "" {
				t.Error("nothing expected")
			}
		})
	}
}

func TestNeedsAndVerdict(t *testing.T) {
	const three = `  - {id: a, title: first, exec: {in: haproxy, run: a}, help: look at a}
  - {id: b, title: second, needs: a, points: 3, exec: {in: haproxy, run: b}}
  - {id: c, title: third, needs: [b], exec: {in: haproxy, run: c}}
`
	ends := func(byLine map[string]agent.Result) *lab {
		return &lab{exec: func(_ context.Context, _ string, c agent.Command) (agent.Result, error) {
			return byLine[c.Args[2]], nil
		}}
	}
	for _, test := range []struct {
		name    string
		lab     *lab
		verdict check.Verdict
		points  float64
		want    []check.Status
	}{
		{"all pass", ends(nil), check.VerdictPassed, 5, []check.Status{check.Passed, check.Passed, check.Passed}},
		{"root fails", ends(map[string]agent.Result{"a": {Exit: 1}}), check.VerdictFailed, 0, []check.Status{check.Failed, check.Skipped, check.Skipped}},
		{"time", ends(map[string]agent.Result{"b": {TimedOut: true}}), check.VerdictTimedOut, 1, []check.Status{check.Passed, check.TimedOut, check.Skipped}},
		{"limit", ends(map[string]agent.Result{"c": {OutOfMemory: true}}), check.VerdictLimitExceeded, 4, []check.Status{check.Passed, check.Passed, check.LimitExceeded}},
		{"ours", &lab{exec: failing(sandbox.ErrEngine)}, check.VerdictPending, 0, []check.Status{check.Broken, check.Skipped, check.Skipped}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var heard []check.Status
			report := check.Run(t.Context(), test.lab, parse(t, three), func(r check.Result) {
				if r.Status != check.Running {
					heard = append(heard, r.Status)
				}
			})
			if report.Verdict != test.verdict || report.Points != test.points || report.MaxPoints != 5 {
				t.Errorf("verdict %s, points %g of %g", report.Verdict, report.Points, report.MaxPoints)
			}
			if !slices.Equal(heard, test.want) {
				t.Errorf("heard %v, want %v", heard, test.want)
			}
			if (report.Results[0].Help != "") == (report.Results[0].Status == check.Passed) {
				t.Errorf("help %q with status %s", report.Results[0].Help, report.Results[0].Status)
			}
			if report.Gradable == (report.Reason != "") {
				t.Errorf("gradable %v, reason %q", report.Gradable, report.Reason)
			}
		})
	}
}

const survives = `  - id: survives
    title: t
    timeout: 5s
    fault: {%s: app2}
    http: {url: "http://haproxy/", requests: 10, after: 1s}
    expect: {failed: 0}
`

// TestFaultsAreUndone breaks a node and ends the check in every way there is.
func TestFaultsAreUndone(t *testing.T) {
	hang := func(ctx context.Context, _ probe.HTTPSpec) (probe.HTTPSeen, error) {
		<-ctx.Done()
		return probe.HTTPSeen{}, ctx.Err()
	}
	for _, test := range []struct {
		name, action string
		http         func(context.Context, probe.HTTPSpec) (probe.HTTPSeen, error)
		ended        time.Duration // When the caller gives up; 0 for never.
		control      func(string, sandbox.Action) error
		status       check.Status
		done         []string
	}{
		{"passed", "kill", pattern(10, "app1"), 0, nil, check.Passed, []string{"kill app2", "start app2"}},
		{"failed", "stop", pattern(10, ""), 0, nil, check.Failed, []string{"stop app2", "start app2"}},
		{"paused", "pause", pattern(10, "app1"), 0, nil, check.Passed, []string{"pause app2", "unpause app2"}},
		{"timed out", "kill", hang, 0, nil, check.TimedOut, []string{"kill app2", "start app2"}},
		{"cancelled", "kill", hang, 2 * time.Second, nil, check.Broken, []string{"kill app2", "start app2"}},
		{"does not come back", "kill", pattern(10, "app1"), 0, func(_ string, a sandbox.Action) error {
			if a == sandbox.Start {
				return &sandbox.StartError{Node: "app2", Reason: "exited with status 1"}
			}
			return nil
		}, check.Failed, []string{"kill app2", "start app2"}},
		{"engine gone", "kill", pattern(10, "app1"), 0, func(string, sandbox.Action) error { return sandbox.ErrEngine }, check.Broken, []string{"kill app2", "start app2"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if test.ended > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.ended)
					defer cancel()
				}
				l := &lab{http: test.http, control: test.control}
				report := check.Run(ctx, l, parse(t, fmt.Sprintf(survives, test.action)), nil)
				if got := report.Results[0]; got.Status != test.status {
					t.Errorf("status %s, want %s: %q", got.Status, test.status, got.Reasons)
				}
				if !slices.Equal(l.done, test.done) {
					t.Errorf("done %q, want %q", l.done, test.done)
				}
			})
		})
	}
}

func TestCheckTimeoutIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lab{exec: func(ctx context.Context, _ string, _ agent.Command) (agent.Result, error) {
			<-ctx.Done()
			return agent.Result{}, ctx.Err()
		}}
		r, report := one(t, l, "  - {id: a, title: t, timeout: 2s, exec: {in: app1, run: sleep 9}}\n")
		if r.Status != check.TimedOut || r.Observed != "the check took longer than its limit of 2 s" || report.Verdict != check.VerdictTimedOut {
			t.Errorf("%s %q %s", r.Status, r.Observed, report.Verdict)
		}
	})
}

// TestUnchanged remembers a process id and finds it again, or not.
func TestUnchanged(t *testing.T) {
	const steps = `  - id: a
    title: t
    steps:
      - exec: {in: haproxy, run: show info}
        remember: {pid: 'Pid: (\d+)'}
      - exec: {in: haproxy, run: set weight}
      - title: after
        exec: {in: haproxy, run: show info}
        unchanged: pid
`
	for _, test := range []struct {
		pids []string
		want check.Status
		says string
	}{
		{[]string{"Pid: 7\n", "", "Pid: 7\n"}, check.Passed, ""},
		{[]string{"Pid: 7\n", "", "Pid: 8\n"}, check.Failed, "step 3 (after): pid was 7 and is 8 now; it should have stayed"},
		{[]string{"no such command\n", "", ""}, check.Failed, `step 1: pid was not found with Pid: (\d+) in: “no such command”`},
	} {
		n := -1
		l := &lab{exec: func(context.Context, string, agent.Command) (agent.Result, error) {
			n++
			return agent.Result{Stdout: []byte(test.pids[n])}, nil
		}}
		r, _ := one(t, l, steps)
		if r.Status != test.want || !strings.Contains(strings.Join(r.Reasons, ""), test.says) {
			t.Errorf("%q: %s %q", test.pids, r.Status, r.Reasons)
		}
	}
}

// TestUntilAndRetry waits for states that come, and for one that never does.
func TestUntilAndRetry(t *testing.T) {
	const wait = `  - id: a
    title: t
    fault: {kill: app2}
    until: {exec: {in: haproxy, run: state}, expect: {stdout: {contains: DOWN}}, within: 3s}
    retry: {times: 3, every: 1s}
    http: {url: "http://haproxy/", requests: 10}
    expect: {failed: 0}
`
	for _, test := range []struct {
		name       string
		down, good int // At which look the state, and the good answer, come.
		want       check.Status
		says       string
	}{
		{"at once", 0, 0, check.Passed, ""},
		{"later", 5, 2, check.Passed, ""},
		{"never down", 1000, 0, check.Failed, "waited 3 s in vain for this: exit status 0; stdout contains “DOWN”; last seen: stdout does not contain “DOWN”"},
		{"never good", 0, 3, check.Failed, "10 of 10 requests failed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				looks, asks := 0, 0
				l := &lab{
					exec: func(context.Context, string, agent.Command) (agent.Result, error) {
						looks++
						if looks > test.down {
							return agent.Result{Stdout: []byte("app2 DOWN")}, nil
						}
						return agent.Result{Stdout: []byte("app2 UP")}, nil
					},
					http: func(ctx context.Context, s probe.HTTPSpec) (probe.HTTPSeen, error) {
						asks++
						if asks > test.good {
							return pattern(10, "app1")(ctx, s)
						}
						return pattern(10, "")(ctx, s)
					},
				}
				r, _ := one(t, l, wait)
				if r.Status != test.want || !strings.Contains(strings.Join(r.Reasons, "\n"), test.says) {
					t.Errorf("%s %q", r.Status, r.Reasons)
				}
			})
		})
	}
}

// TestBackground begins a slow request before a drain and judges it at the end.
func TestBackground(t *testing.T) {
	const drains = `  - id: a
    title: t
    steps:
      - background: true
        http: {url: "http://haproxy/slow"}
        expect: {status: 200}
      - after: 1s
        exec: {in: haproxy, run: drain}
`
	for _, status := range []int{200, 503} {
		synctest.Test(t, func(t *testing.T) {
			started := time.Now()
			l := &lab{http: func(context.Context, probe.HTTPSpec) (probe.HTTPSeen, error) {
				time.Sleep(3 * time.Second)
				return probe.HTTPSeen{Sent: 1, Statuses: map[int]int{status: 1}}, nil
			}}
			r, _ := one(t, l, drains)
			if (r.Status == check.Passed) != (status == 200) {
				t.Errorf("%d: %s %q", status, r.Status, r.Reasons)
			}
			if took := time.Since(started); took != 3*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestFaultOnStoppedNode(t *testing.T) {
	l := &lab{
		states: map[string]sandbox.NodeState{"app2": {Node: "app2", Phase: sandbox.PhaseStopped}},
		http:   pattern(10, "app1"),
	}
	r, _ := one(t, l, fmt.Sprintf(survives, "kill"))
	if r.Status != check.Failed || len(l.done) != 0 {
		t.Errorf("%s %q, done %q", r.Status, r.Reasons, l.done)
	}
}
