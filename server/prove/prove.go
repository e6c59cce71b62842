// Package prove tries lessons out on real labs: every block of the text runs and
// prints what the text says, the starter files do not pass yet, every good
// solution passes twice, and every wrong answer fails on the check it should, for
// the reason its author gave. Prose, checks and solutions are each other's test.
package prove

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"pattarai/lessons"
	"pattarai/sandbox"
	"pattarai/server/catalog"
)

// Options say what to prove and where to tell of it.
type Options struct {
	Catalog  *catalog.Snapshot
	Engine   sandbox.Engine // May be nil when no lesson to prove has a lab.
	Tier     sandbox.Tier   // Standard by default.
	Lessons  []string       // Ids; empty means all, and then problems of the catalogue count too.
	Parallel int            // Labs at once; 0 is two for each core, because labs often wait.
	Rounds   int            // How often each solution is judged in its lab; good ones at least twice.
	Fresh    bool           // A lab of its own for every solution, instead of one after the other in the same lab.
	Out      io.Writer      // Progress and table; nil for none.
	Bar      bool           // Out is a terminal: show how far it is in its last line.
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
	Note    string        `json:"note,omitempty"`    // What the author should know although it is OK.
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
func (l Lesson) Failed() int { return failed(l.Steps) }

func failed(steps []Step) int {
	n := 0
	for _, s := range steps {
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
	chosen, err := o.choose()
	if err != nil {
		return Summary{}, err
	}
	if err := o.ready(ctx, chosen); err != nil {
		return Summary{}, err
	}
	p := &prover{Options: o, out: newReporter(o)}
	summary := Summary{Problems: o.problems()}
	summary.Lessons, err = p.all(ctx, chosen)
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

// work proves something and tells of steps as they end. Its error is for what
// keeps it from deciding.
type work func(ctx context.Context, tell func([]Step)) error

// job is work on a lesson.
type job struct {
	lesson int // Index.
	things int // That it tries; each is told of once.
	run    work
	steps  []Step
	took   time.Duration
}

// all runs the jobs of all lessons, as many at once as there may be labs. The
// first failure of ours ends them all.
func (p *prover) all(ctx context.Context, lessons []*catalog.Lesson) ([]Lesson, error) {
	jobs := p.jobs(lessons)
	p.out.begin(jobs)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(p.parallel())
	for _, i := range longestFirst(lessons, jobs) {
		group.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return p.carryOut(ctx, &jobs[i], lessons[jobs[i].lesson].ID())
		})
	}
	err := group.Wait()
	p.out.end()
	return collect(lessons, jobs), err
}

// longestFirst are the jobs' indexes in the order to begin them, so that no long one
// is left over at the end.
func longestFirst(lessons []*catalog.Lesson, jobs []job) []int {
	order := make([]int, len(jobs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(len(lessons[jobs[b].lesson].Topology.Nodes)*jobs[b].things, len(lessons[jobs[a].lesson].Topology.Nodes)*jobs[a].things)
	})
	return order
}

// parallel is how many labs there are at once: labs often wait, so there may be
// more than there are cores.
func (p *prover) parallel() int {
	if p.Parallel > 0 {
		return p.Parallel
	}
	return 2 * runtime.NumCPU()
}

const maxPart = 4 // Solutions that are tried one after the other.

// carryOut runs one job and tells of its steps.
func (p *prover) carryOut(ctx context.Context, j *job, lesson string) error {
	took := stopwatch()
	err := j.run(ctx, func(steps []Step) {
		j.steps = append(j.steps, steps...)
		p.out.steps(lesson, steps)
	})
	j.took = took()
	if err != nil {
		return fmt.Errorf("%s: %w", lesson, err)
	}
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
func (p *prover) jobs(chosen []*catalog.Lesson) []job {
	var jobs []job
	for i, l := range chosen {
		jobs = append(jobs, job{lesson: i, things: 1, run: func(_ context.Context, tell func([]Step)) error { tell(quizSteps(l)); return nil }})
		if !l.HasLab() {
			continue
		}
		t := trial{lesson: l, engine: p.Engine, tier: p.Tier, fresh: p.Fresh, rounds: p.Rounds}
		first, rest := p.divide(l.Solutions, len(chosen))
		jobs = append(jobs, job{lesson: i, things: 1 + len(first), run: t.chain(true, first)})
		for _, part := range rest {
			jobs = append(jobs, job{lesson: i, things: len(part), run: t.chain(false, part)})
		}
	}
	return jobs
}

// divide makes as many parts of a lesson's solutions as there are places for it,
// and never a part so large that the others would wait for it at the end.
func (p *prover) divide(solutions []lessons.Solution, among int) (first []lessons.Solution, rest [][]lessons.Solution) {
	places := max(1, p.parallel()/among)
	each := min(maxPart, (len(solutions)+places-1)/places)
	for part := range slices.Chunk(solutions, max(1, each)) {
		rest = append(rest, part)
	}
	if len(rest) == 0 {
		return nil, nil
	}
	return rest[0], rest[1:]
}

// ours tells whether err is a failure of ours, after which nothing can be decided.
func ours(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, sandbox.ErrEngine) || errors.Is(err, sandbox.ErrNoImage)
}
