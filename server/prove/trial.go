package prove

import (
	"context"
	"crypto/rand"
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

// trial tries out one lesson. Every job gets a lab of its own: checks kill nodes
// and lessons change running services, so what one leaves behind must not decide
// about the next.
type trial struct {
	lesson *catalog.Lesson
	engine sandbox.Engine
	tier   sandbox.Tier
}

// in opens a lab with the starter files, hands it to use, and removes it. A lab
// that does not start is a step that failed, not an error.
func (t trial) in(ctx context.Context, name string, use func(*sandbox.Session) ([]Step, error)) (steps []Step, err error) {
	took := stopwatch()
	tier := t.tier
	if tier == "" {
		tier = sandbox.Standard
	}
	spec := sandbox.Spec{ID: labID(), Owner: owner, Topology: t.lesson.Topology, Tier: tier}
	session, err := sandbox.Open(ctx, t.engine, spec, maps.Clone(t.lesson.Files), nil)
	if err != nil {
		if ours(ctx, err) {
			return nil, err
		}
		return []Step{{Name: name, Reason: "the lab does not start with the starter files: " + startReason(err), Took: took()}}, nil
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		err = errors.Join(err, session.Close(closing))
	}()
	return use(session)
}

// labID is a new id for a lab.
func labID() string { return "prove" + strings.ToLower(rand.Text()[:16]) }

// startReason adds the log to a StartError.
func startReason(err error) string {
	if start, ok := errors.AsType[*sandbox.StartError](err); ok && start.Log != "" {
		return start.Error() + "\n" + start.Log
	}
	return err.Error()
}

// starter runs the text's blocks from top to bottom and then the checks, which
// must not pass: nothing has been done yet.
func (t trial) starter(ctx context.Context) ([]Step, error) {
	return t.in(ctx, "starter", func(s *sandbox.Session) ([]Step, error) {
		steps, err := t.blocks(ctx, s)
		if err != nil || len(t.lesson.Exercise.Checks) == 0 {
			return steps, err
		}
		took := stopwatch()
		report := check.Run(ctx, handedIn{s, s.Files()}, t.lesson.Exercise, nil)
		step := Step{Name: "starter", Reason: notYet(report), Took: took()}
		step.OK = step.Reason == ""
		return append(steps, step), ctx.Err()
	})
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
	*sandbox.Session
	files map[string][]byte
}

// Files implements [check.Target].
func (h handedIn) Files() map[string][]byte { return h.files }

// solution hands in an author's solution as a learner would.
func (t trial) solution(ctx context.Context, s lessons.Solution) ([]Step, error) {
	return t.in(ctx, s.Name, func(session *sandbox.Session) ([]Step, error) {
		applied, err := session.Apply(ctx, s.Files)
		if err != nil {
			if ours(ctx, err) {
				return nil, err
			}
			return []Step{{Name: s.Name, Reason: "it could not be applied: " + startReason(err), Took: applied.Took}}, nil
		}
		files := maps.Clone(t.lesson.Files)
		maps.Copy(files, s.Files)
		target := handedIn{session, files}
		if s.Fails == "" {
			return t.good(ctx, s, target, applied)
		}
		return []Step{t.bad(ctx, s, target)}, ctx.Err()
	})
}

// good runs the checks twice in the same lab: they must pass, and must leave the
// lab so that they pass again.
func (t trial) good(ctx context.Context, s lessons.Solution, target handedIn, applied sandbox.Applied) ([]Step, error) {
	if !applied.Accepted {
		reason := fmt.Sprintf("%s refused it: %s", strings.Join(applied.Nodes, ", "), strings.TrimSpace(applied.Output))
		return []Step{{Name: s.Name, Reason: reason, Took: applied.Took}}, nil
	}
	var steps []Step
	for _, name := range []string{s.Name, s.Name + ", again"} {
		took := stopwatch()
		report := check.Run(ctx, target, t.lesson.Exercise, nil)
		step := Step{Name: name, Reason: notGood(report), Took: took()}
		step.OK = step.Reason == ""
		steps = append(steps, step)
		if !step.OK {
			break // The second time would say the same.
		}
	}
	return steps, ctx.Err()
}

// notGood says why a report is not that of a good solution.
func notGood(r check.Report) string {
	if !r.Gradable {
		return "the checks could not be decided: " + r.Reason
	}
	if first, failed := firstFailing(r); failed {
		return "it should pass every check, but " + told(first)
	}
	return ""
}

// bad runs the checks on a wrong answer, whatever of it the lab accepted.
func (t trial) bad(ctx context.Context, s lessons.Solution, target handedIn) Step {
	took := stopwatch()
	report := check.Run(ctx, target, t.lesson.Exercise, nil)
	step := Step{Name: s.Name, Reason: notBad(report, s), Took: took()}
	step.OK = step.Reason == ""
	return step
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
