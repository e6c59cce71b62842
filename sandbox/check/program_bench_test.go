package check_test

import (
	"fmt"
	"slices"
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
// one, two and four containers at once. It reports medians of the rounds' ratios.
func BenchmarkProgram(b *testing.B) {
	r := newRunner(b, 4)
	for _, c := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("c=%d", c), func(b *testing.B) {
			var fresh, warm []float64
			r.round(b, c, 2) // Warm up.
			for b.Loop() {
				took := r.round(b, c, 30)
				fresh = append(fresh, float64(took[0])/float64(took[1]))
				warm = append(warm, float64(took[0])/float64(took[2]))
				b.Logf("bare %s, fresh %s (%.2f), warm %s (%.2f) per run", took[0], took[1], fresh[len(fresh)-1], took[2], warm[len(warm)-1])
			}
			b.ReportMetric(median(fresh), "fresh-ratio")
			b.ReportMetric(median(warm), "warm-ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
	b.Run("ten-cases", r.tenCases)
}

// round does n runs per node each way, and returns the time per run.
func (r *runner) round(b *testing.B, nodes, n int) []time.Duration {
	r.ctx = b.Context()
	var took []time.Duration
	for _, w := range ways() {
		var wg sync.WaitGroup
		began := time.Now()
		for i := range nodes {
			wg.Go(func() {
				if err := w.runs(r, fmt.Sprintf("runner%d", i+1), n); err != nil {
					b.Error(w.name, err)
				}
			})
		}
		wg.Wait()
		took = append(took, time.Since(began)/time.Duration(n*nodes))
	}
	return took
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
