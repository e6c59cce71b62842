package check_test

import (
	"context"
	"fmt"
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
		{"slow", "delay: 300ms, jitter: 50ms, peer: client, slow", pattern(10, "app1"), 0, nil, check.Passed, []string{"app2: slow by 300ms ± 50ms to client", "mend slow of app2"}},
		{"lossy", "loss: 20%, lossy", hang, 0, nil, check.TimedOut, []string{"app2: lossy, 20 % lost", "mend lossy of app2"}},
		{"full", "full", pattern(10, ""), 0, nil, check.Failed, []string{"app2: full", "mend full of app2"}},
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
