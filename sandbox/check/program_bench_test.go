package check_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pattarai/sandbox/agent"
	"pattarai/sandbox/check"
)

// benchProgram is a small case: it reads, counts and prints.
const benchProgram = `import sys
words = sys.stdin.read().split()
print(len(words), sum(len(w) for w in words))
`

const benchInput = "amma appa akka anna\n"

// way runs a program so many times on one node.
type way struct {
	name string
	runs func(r *runner, node string, n int) error
}

// ways are those that BenchmarkProgram compares. The bare one is what a shell in the
// same container makes of it: one process after another, with nothing round them.
func ways() []way {
	each := func(warm bool) func(r *runner, node string, n int) error {
		return func(r *runner, node string, n int) error {
			for range n {
				c := python(warm, []byte(benchProgram))
				c.Stdin = []byte(benchInput)
				res, err := r.Exec(r.ctx, node, c)
				if err != nil || string(res.Stdout) != "4 16\n" || res.Warm != warm {
					return fmt.Errorf("%+v, %w", res, err)
				}
			}
			return nil
		}
	}
	bare := func(r *runner, node string, n int) error {
		line := fmt.Sprintf("mkdir -p /tmp/bare && cd /tmp/bare && cat > main.py && echo '%s' > in && i=0; while [ $i -lt %d ]; do python3 main.py < in; i=$((i+1)); done",
			strings.TrimSpace(benchInput), n)
		res, err := r.Exec(r.ctx, node, agent.Command{Args: []string{"/bin/sh", "-c", line}, Stdin: []byte(benchProgram), Timeout: time.Minute})
		if err != nil || string(res.Stdout) != strings.Repeat("4 16\n", n) {
			return fmt.Errorf("%+v, %w", res, err)
		}
		return nil
	}
	return []way{{"bare", bare}, {"fresh", each(false)}, {"warm", each(true)}}
}

// BenchmarkProgram compares the rate of graded runs with that of bare python3
// processes in the same containers, one way after the other in every round, at
// one, two and four containers at once. It reports medians of the rounds' ratios: by
// the clock, end to end, and by the processor time that the containers used, which a
// busy machine disturbs less.
func BenchmarkProgram(b *testing.B) {
	r := newRunner(b, 4)
	r.ctx = b.Context()
	for _, c := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("c=%d", c), func(b *testing.B) {
			ratios := map[string][]float64{}
			r.round(b, c, 2) // Warm up.
			for b.Loop() {
				bare, fresh, warm := r.round(b, c, 30)
				for name, cost := range map[string]cost{"fresh": fresh, "warm": warm} {
					ratios[name] = append(ratios[name], float64(bare.clock)/float64(cost.clock))
					ratios[name+"-cpu"] = append(ratios[name+"-cpu"], float64(bare.cpu)/float64(cost.cpu))
				}
				b.Logf("bare %s, fresh %s, warm %s", bare, fresh, warm)
			}
			for name, list := range ratios {
				b.ReportMetric(median(list), name+"-ratio")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
	b.Run("ten-cases", r.tenCases)
}

// cost is what a run costs: by the clock and of the containers' processor time.
type cost struct{ clock, cpu time.Duration }

func (c cost) String() string {
	return fmt.Sprintf("%.1f ms (cpu %.1f)", c.clock.Seconds()*1e3, c.cpu.Seconds()*1e3)
}

// round does n runs per node each way.
func (r *runner) round(b *testing.B, nodes, n int) (bare, fresh, warm cost) {
	b.Helper()
	var costs [3]cost
	for i, w := range ways() {
		costs[i] = r.cost(b, w, nodes, n)
	}
	return costs[0], costs[1], costs[2]
}

func (r *runner) cost(b *testing.B, w way, nodes, n int) cost {
	b.Helper()
	var wg sync.WaitGroup
	used, began := -r.used(b, nodes), time.Now()
	for i := range nodes {
		wg.Go(func() {
			if err := w.runs(r, fmt.Sprintf("runner%d", i+1), n); err != nil {
				b.Error(w.name, err)
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	used += r.used(b, nodes)
	runs := time.Duration(n * nodes)
	return cost{took / runs, used / runs}
}

// used is the processor time that the first nodes have used so far.
func (r *runner) used(b *testing.B, nodes int) time.Duration {
	b.Helper()
	const line = "cat /sys/fs/cgroup/cpuacct/cpuacct.usage 2>/dev/null || sed -n 's/^usage_usec \\(.*\\)/\\1000/p' /sys/fs/cgroup/cpu.stat"
	var sum time.Duration
	for i := range nodes {
		res, err := r.Exec(r.ctx, fmt.Sprintf("runner%d", i+1), agent.Command{Args: []string{"/bin/sh", "-c", line}})
		if err != nil {
			b.Fatal(err)
		}
		ns, err := strconv.ParseInt(strings.TrimSpace(string(res.Stdout)), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(ns)
	}
	return sum
}

// tenCases is the time a learner waits for a check of ten small cases.
func (r *runner) tenCases(b *testing.B) {
	var checks strings.Builder
	checks.WriteString("  - id: ten\n    title: t\n    program:\n      in: runner1\n      file: main.py\n      run: python3 main.py\n      cases:\n")
	for range 10 {
		fmt.Fprintf(&checks, "        - {stdin: %q, expect: {stdout: \"4 16\\n\"}}\n", benchInput)
	}
	var took []float64
	for b.Loop() {
		report := r.judge(b, checks.String(), map[string][]byte{"main.py": []byte(benchProgram)})
		if report.Verdict != check.VerdictPassed {
			b.Fatalf("%+v", report)
		}
		took = append(took, float64(report.Took.Milliseconds()))
	}
	b.ReportMetric(median(took), "ms")
	b.ReportMetric(0, "ns/op")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
