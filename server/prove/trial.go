package prove

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"pattarai/lessons"
	"pattarai/sandbox"
	"pattarai/sandbox/check"
	"pattarai/server/catalog"
)

const (
	owner     = "prove"
	closeTime = time.Minute
)

// trial tries out one lesson.
type trial struct {
	lesson *catalog.Lesson
	engine sandbox.Engine
	tier   sandbox.Tier
	fresh  bool // A lab of its own for every solution.
	rounds int  // How often a solution is judged, one time after the other.
}

// chain is a job: the starter files first, if so wanted, then the solutions.
func (t trial) chain(starter bool, solutions []lessons.Solution) work {
	return func(ctx context.Context, tell func([]Step)) (err error) {
		b := &bench{trial: t}
		defer func() { err = errors.Join(err, b.clear(ctx)) }()
		if starter {
			steps, err := b.try(ctx, "starter", t.starter)
			if err != nil {
				return err
			}
			tell(steps)
		}
		for _, s := range solutions {
			steps, err := b.try(ctx, s.Name, func(ctx context.Context, l *lab) ([]Step, error) { return t.solution(ctx, s, l) })
			if err != nil {
				return err
			}
			tell(steps)
		}
		return nil
	}
}

// starter runs the text's blocks from top to bottom and then the checks, which
// must not pass: nothing has been done yet.
func (t trial) starter(ctx context.Context, l *lab) ([]Step, error) {
	steps, err := t.blocks(ctx, l.Session)
	if err != nil || len(t.lesson.Exercise.Checks) == 0 {
		return steps, err
	}
	took := stopwatch()
	report := check.Run(ctx, handedIn{l, l.Files()}, t.lesson.Exercise, nil)
	step := Step{Name: "starter", Reason: notYet(report), Took: took()}
	step.OK = step.Reason == ""
	return append(steps, step), ctx.Err()
}

// notYet says what is wrong with a report of the starter files.
func notYet(r check.Report) string {
	switch {
	case !r.Gradable:
		return "the checks could not be decided: " + r.Reason
	case r.Verdict == check.VerdictPassed:
		return "the starter files pass every check; a learner would have nothing to do"
	}
	return ""
}

// handedIn is a lab together with the files that are judged.
type handedIn struct {
	*lab
	files map[string][]byte
}

// Files implements [check.Target].
func (h handedIn) Files() map[string][]byte { return h.files }

// solution hands in an author's solution as a learner would.
func (t trial) solution(ctx context.Context, s lessons.Solution, l *lab) ([]Step, error) {
	for name := range s.Files {
		if _, ok := t.lesson.Files[name]; !ok {
			l.worn = true // Nothing takes a file away again.
		}
	}
	applied, err := l.Apply(ctx, s.Files)
	switch {
	case err != nil && ours(ctx, err):
		return nil, err
	case err != nil:
		return []Step{{Name: s.Name, Reason: "it could not be applied: " + startReason(err), Took: applied.Took}}, nil
	case s.Fails == "" && !applied.Accepted:
		reason := fmt.Sprintf("%s refused it: %s", strings.Join(applied.Nodes, ", "), strings.TrimSpace(applied.Output))
		return []Step{{Name: s.Name, Reason: reason, Took: applied.Took}}, nil
	}
	files := maps.Clone(t.lesson.Files)
	maps.Copy(files, s.Files)
	return t.judge(ctx, s, handedIn{l, files})
}

// judge runs the checks several times in the same lab, on whatever of the solution
// it accepted: they must come out as they should, and must leave the lab so that
// they do so again. A good solution is judged at least twice.
func (t trial) judge(ctx context.Context, s lessons.Solution, target handedIn) ([]Step, error) {
	rounds, verdict := t.rounds, notBad
	if s.Fails == "" {
		rounds, verdict = max(rounds, 2), notGood
	}
	var steps []Step
	for round := range max(rounds, 1) {
		took := stopwatch()
		step := Step{Name: roundName(s.Name, round)}
		step.Reason = verdict(check.Run(ctx, target, t.lesson.Exercise, nil), s)
		step.OK, step.Took = step.Reason == "", took()
		steps = append(steps, step)
		if !step.OK {
			break // The next time would say the same.
		}
	}
	return steps, ctx.Err()
}

// roundName is "good", "good, again", "good, time 3".
func roundName(name string, round int) string {
	switch round {
	case 0:
		return name
	case 1:
		return name + ", again"
	}
	return fmt.Sprintf("%s, time %d", name, round+1)
}

// notGood says why a report is not that of a good solution.
func notGood(r check.Report, _ lessons.Solution) string {
	if !r.Gradable {
		return "the checks could not be decided: " + r.Reason
	}
	if first, failed := firstFailing(r); failed {
		return "it should pass every check, but " + told(first)
	}
	return ""
}

// notBad says why a report is not that of this wrong answer. The first check that
// fails is the one a learner reads first, so it must be the one that is meant.
func notBad(r check.Report, s lessons.Solution) string {
	if !r.Gradable {
		return "the checks could not be decided: " + r.Reason
	}
	first, failed := firstFailing(r)
	switch {
	case !failed:
		return fmt.Sprintf("it passes every check; it should fail on %q", s.Fails)
	case first.ID != s.Fails:
		return fmt.Sprintf("it should fail on %q first, but %s", s.Fails, told(first))
	case !strings.Contains(everything(first), s.Says):
		return fmt.Sprintf("it fails on %q, but does not say %q; %s", s.Fails, s.Says, told(first))
	}
	return ""
}

// firstFailing is the first check that was tried and did not pass.
func firstFailing(r check.Report) (check.Result, bool) {
	for _, result := range r.Results {
		if result.Status != check.Passed && result.Status != check.Skipped {
			return result, true
		}
	}
	return check.Result{}, false
}

// told is a failed check in a sentence.
func told(r check.Result) string {
	return fmt.Sprintf("%q %s: %s", r.ID, strings.ReplaceAll(string(r.Status), "_", " "), strings.Join(r.Reasons, "; "))
}

// everything is all that a result tells the learner.
func everything(r check.Result) string {
	parts := append([]string{r.Title, r.Expected, r.Observed, r.Output, r.Help}, r.Reasons...)
	for _, c := range r.Cases {
		parts = append(parts, c.Name, c.Input, c.Expected, c.Observed, c.Diff)
	}
	return strings.Join(parts, "\n")
}

// stopwatch starts measuring; what it returns tells how long that took so far.
func stopwatch() (took func() time.Duration) {
	began := time.Now() //nolint:forbidigo // Only ever subtracted.
	return func() time.Duration { return time.Since(began) }
}
