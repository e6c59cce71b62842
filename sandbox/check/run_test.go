package check_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/check"
	"pattarai/sandbox/probe"
)

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
		{"exact within", exact, ", within: 3%, spread: turns", "", check.Passed},
		{"exact and interleaved", exact, "", ", order: {period: 6, longest_run: 2}", check.Passed},
		{"blocks", []string{"app1", "app1", "app2", "app3", "app3", "app3"}, "", ", order: {longest_run: 2}", check.Failed},
		{"equal turns", []string{"app1", "app2", "app3"}, ", within: 3%, spread: turns", "", check.Failed},
		{"random(3 equal)", equal, ", within: 8%", "", check.Failed},
		{"random by weight, exact", drawn, "", "", check.Failed},
		{"random by weight, order", drawn, ", within: 8%", ", order: {longest_run: 2}", check.Failed},
		{"random by weight, honest tolerance", drawn, ", within: 8%", "", check.Passed},
		{"a stranger", []string{"app3", "app1", "app3", "app2", "app3", "app9"}, ", within: 50%", "", check.Failed},
		{"some fail", []string{"app3", "app1", "app3", "app2", "app3", "app1", ""}, ", within: 3%, spread: turns", "", check.Failed},
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
	r, report := one(t, l, fmt.Sprintf(weighted, ", within: 3%, spread: turns", ""))
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

		{"http status", &lab{http: answer(probe.HTTPAnswer{Status: 404})}, request("{status: 200}"), check.Failed, "status 404; expected 200"},
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
