package grade_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pattarai/lessons"
	"pattarai/sandbox/agent"
	"pattarai/server/catalog"
	"pattarai/server/grade"
)

// runningLab remembers what it was told to run.
type runningLab struct {
	fakeLab
	result agent.Result
	node   string
	args   []string
}

func (l *runningLab) Exec(_ context.Context, node string, c agent.Command) (agent.Result, error) {
	l.node, l.args = node, c.Args
	return l.result, l.err
}

func TestPredictions(t *testing.T) {
	t.Parallel()
	lesson := &catalog.Lesson{Lesson: &lessons.Lesson{Course: "c", Slug: "one"}, Topology: topology()}
	lesson.Exercise.Shell = "app"
	run := lessons.Run{Lang: "python", Code: "print(42)"}
	for name, tt := range map[string]struct {
		lab    *runningLab
		down   error
		run    lessons.Run
		output string
		ok     bool
	}{
		"runs":          {lab: &runningLab{result: agent.Result{Stdout: []byte("42\n")}}, run: run, output: "42\n", ok: true},
		"fails loudly":  {lab: &runningLab{result: agent.Result{Exit: 1, Stdout: []byte("Error\n")}}, run: run, output: "Error\n", ok: true},
		"no lab":        {lab: &runningLab{}, down: notRunning(), run: run},
		"gone":          {lab: &runningLab{fakeLab: fakeLab{err: errors.New("connection lost")}}, run: run},
		"too slow":      {lab: &runningLab{result: agent.Result{TimedOut: true}}, run: run},
		"no python":     {lab: &runningLab{result: agent.Result{Failure: "no such program"}}, run: run},
		"too much":      {lab: &runningLab{result: agent.Result{Stdout: []byte(strings.Repeat("x", 1<<20))}}, run: run},
		"cannot be run": {lab: &runningLab{}, run: lessons.Run{Lang: "sql", Code: "select 42"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &sessions{lab: tt.lab}
			if tt.down != nil {
				s.errs = []error{tt.down}
			}
			output, ok := grade.Predictions{Sessions: s}.Output(t.Context(), "ann", lesson, tt.run)
			if output != tt.output || ok != tt.ok {
				t.Errorf("%q, %v; want %q, %v", output, ok, tt.output, tt.ok)
			}
			if ok && (tt.lab.node != "app" || tt.lab.args[len(tt.lab.args)-1] != run.Code) {
				t.Errorf("ran %q in %s", tt.lab.args, tt.lab.node)
			}
		})
	}
}
