// Package prove tries lessons out on real labs: every block of the text runs and
// prints what the text says, the starter files do not pass yet, every good
// solution passes twice, and every wrong answer fails on the check it should, for
// the reason its author gave. Prose, checks and solutions are each other's test.
package prove

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"time"

	"pattarai/sandbox"
	"pattarai/server/catalog"
)

// Options say what to prove and where to tell of it.
type Options struct {
	Catalog  *catalog.Snapshot
	Engine   sandbox.Engine // May be nil when no lesson to prove has a lab.
	Tier     sandbox.Tier   // Standard by default.
	Lessons  []string       // Ids; empty means all, and then problems of the catalogue count too.
	Parallel int            // Labs at once; 0 chooses by the number of cores.
	Out      io.Writer      // Progress and table; nil for none.
	JSON     bool           // Out gets the summary as one JSON document instead.
	JUnit    string         // File to write JUnit XML to; "" for none.
}

// Summary is what came of it.
type Summary struct {
	Lessons  []Lesson      `json:"lessons"`
	Problems []string      `json:"problems,omitempty"` // What keeps other lessons from loading at all.
	Took     time.Duration `json:"took"`
}

// Lesson is what came of one lesson.
type Lesson struct {
	ID    string  `json:"id"`
	Steps []Step  `json:"steps"`
	Labs  float64 `json:"labs"` // Seconds that labs ran for it.
}

// Step is one thing that was proved, or not.
type Step struct {
	Name    string        `json:"name"` // "run-1", "starter", "good", "bad-random", "quiz hx5-q1".
	OK      bool          `json:"ok"`
	Reason  string        `json:"reason,omitempty"`  // Why it is not OK: what was found, and what should have been.
	Skipped string        `json:"skipped,omitempty"` // Why it could not be tried; OK then.
	Took    time.Duration `json:"took"`
}

// OK tells whether everything was proved.
func (s Summary) OK() bool { return s.Failed() == 0 && len(s.Problems) == 0 }

// Failed counts the steps that are not OK.
func (s Summary) Failed() int {
	n := 0
	for _, l := range s.Lessons {
		n += l.Failed()
	}
	return n
}

// Failed counts the steps that are not OK.
func (l Lesson) Failed() int {
	n := 0
	for _, s := range l.Steps {
		if !s.OK {
			n++
		}
	}
	return n
}

// Prove proves lessons. The error is for what keeps it from deciding: an unknown
// lesson, an engine that is not ready or is lost, a report that cannot be written,
// ctx. What is wrong with a lesson is in the summary.
func Prove(ctx context.Context, o Options) (Summary, error) {
	took := stopwatch()
	lessons, err := o.choose()
	if err != nil {
		return Summary{}, err
	}
	if err := o.ready(ctx, lessons); err != nil {
		return Summary{}, err
	}
	p := &prover{Options: o, out: newReporter(o)}
	summary := Summary{Problems: o.problems()}
	summary.Lessons, err = p.all(ctx, lessons)
	summary.Took = took()
	if err != nil {
		return summary, err
	}
	return summary, p.out.finish(summary)
}

// choose picks the lessons to prove, in the order of the catalogue.
func (o Options) choose() ([]*catalog.Lesson, error) {
	var all, chosen []*catalog.Lesson
	var ids []string
	for _, course := range o.Catalog.Courses {
		for _, l := range course.Lessons {
			if joined, ok := o.Catalog.Lesson(l.ID()); ok {
				all, ids = append(all, joined), append(ids, l.ID())
			}
		}
	}
	if len(o.Lessons) == 0 {
		return all, nil
	}
	for _, id := range o.Lessons {
		lesson, ok := o.Catalog.Lesson(id)
		if !ok {
			return nil, fmt.Errorf("there is no lesson %q; there are: %s", id, strings.Join(ids, ", "))
		}
		chosen = append(chosen, lesson)
	}
	return chosen, nil
}

// ready asks the engine only when there is something to run.
func (o Options) ready(ctx context.Context, lessons []*catalog.Lesson) error {
	for _, l := range lessons {
		if !l.HasLab() {
			continue
		}
		if o.Engine == nil {
			return fmt.Errorf("%s has a lab, and there is no container engine: %w", l.ID(), sandbox.ErrEngine)
		}
		return o.Engine.Ready(ctx)
	}
	return nil
}

// problems are those that keep lessons out, when all lessons are to be proved.
func (o Options) problems() []string {
	if len(o.Lessons) > 0 || !o.Catalog.Problems.HasErrors() {
		return nil
	}
	var out []string
	for _, p := range o.Catalog.Problems {
		if p.Severity != "warning" {
			out = append(out, p.String())
		}
	}
	return out
}

// prover carries out the jobs.
type prover struct {
	Options
	out *reporter
}

// job proves one or more steps of a lesson, in a lab of its own.
type job struct {
	lesson int // Index.
	run    func(ctx context.Context) ([]Step, error)
	steps  []Step
	took   time.Duration
}

const maxParallel = 4

// all runs the jobs of all lessons, as many at once as there may be labs. The
// first failure of ours ends them all.
func (p *prover) all(ctx context.Context, lessons []*catalog.Lesson) ([]Lesson, error) {
	parallel := p.Parallel
	if parallel <= 0 {
		parallel = min(runtime.NumCPU(), maxParallel)
	}
	jobs := p.jobs(lessons)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	places := make(chan struct{}, parallel)
	var running sync.WaitGroup
	for i := range jobs {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		running.Go(func() {
			defer func() { <-places }()
			if err := p.carryOut(ctx, &jobs[i], lessons); err != nil {
				cancel(err)
			}
		})
	}
	running.Wait()
	if ctx.Err() != nil {
		return collect(lessons, jobs), context.Cause(ctx)
	}
	return collect(lessons, jobs), nil
}

// carryOut runs one job and tells of its steps.
func (p *prover) carryOut(ctx context.Context, j *job, lessons []*catalog.Lesson) error {
	took := stopwatch()
	steps, err := j.run(ctx)
	j.took = took()
	if err != nil {
		return fmt.Errorf("%s: %w", lessons[j.lesson].ID(), err)
	}
	j.steps = steps
	p.out.steps(lessons[j.lesson].ID(), steps)
	return nil
}

// collect puts the steps in the order of lessons and jobs.
func collect(lessons []*catalog.Lesson, jobs []job) []Lesson {
	out := make([]Lesson, len(lessons))
	for i, l := range lessons {
		out[i].ID = l.ID()
	}
	for _, j := range jobs {
		out[j.lesson].Steps = append(out[j.lesson].Steps, j.steps...)
		out[j.lesson].Labs += j.took.Seconds()
	}
	return out
}

// jobs are what there is to prove of all lessons.
func (p *prover) jobs(lessons []*catalog.Lesson) []job {
	var jobs []job
	add := func(i int, run func(context.Context) ([]Step, error)) {
		jobs = append(jobs, job{lesson: i, run: run})
	}
	for i, l := range lessons {
		add(i, func(context.Context) ([]Step, error) { return quizSteps(l), nil })
		if !l.HasLab() {
			continue
		}
		t := trial{lesson: l, engine: p.Engine, tier: p.Tier}
		add(i, t.starter)
		for _, s := range l.Solutions {
			add(i, func(ctx context.Context) ([]Step, error) { return t.solution(ctx, s) })
		}
	}
	return jobs
}

// ours tells whether err is a failure of ours, after which nothing can be decided.
func ours(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, sandbox.ErrEngine) || errors.Is(err, sandbox.ErrNoImage)
}
