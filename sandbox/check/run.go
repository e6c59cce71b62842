package check

import (
	"context"
	"time"
)

// Run carries out the checks in their order, skipping those whose needs did not
// pass. observe (may be nil) hears of each check when it starts (status Running),
// makes progress, and ends; it is called from one goroutine at a time. Faults are
// undone before Run returns, also when ctx ends. Run never fails: what goes wrong
// on our side makes Report.Gradable false, and nothing is tried after it.
func Run(ctx context.Context, target Target, exercise Exercise, observe func(Result)) Report {
	if observe == nil {
		observe = func(Result) {}
	}
	r := runner{target: target, shell: exercise.Shell, observe: observe, done: map[string]Result{}}
	report := Report{Gradable: true, Started: time.Now().UTC()} //nolint:forbidigo // Told to people; nothing is decided by it.
	for _, c := range exercise.Checks {
		result := r.result(ctx, c)
		r.done[c.ID] = result
		report.add(result)
		observe(result)
	}
	report.Verdict = verdict(report)
	report.Took = time.Since(report.Started)
	return report
}

// add enters a result.
func (r *Report) add(result Result) {
	r.Results = append(r.Results, result)
	r.Points += result.Points
	r.MaxPoints += result.MaxPoints
	if result.Status == Broken && r.Gradable {
		r.Gradable = false
		r.Reason = result.Title
		if len(result.Reasons) > 0 {
			r.Reason = result.Reasons[0]
		}
	}
}

// verdict is decided by the first check that did not pass.
func verdict(r Report) Verdict {
	if !r.Gradable {
		return VerdictPending
	}
	for _, result := range r.Results {
		switch result.Status {
		case Passed, Skipped, Running:
		case TimedOut:
			return VerdictTimedOut
		case LimitExceeded:
			return VerdictLimitExceeded
		case Failed, Broken:
			return VerdictFailed
		}
	}
	return VerdictPassed
}

// runner carries out the checks of one run.
type runner struct {
	target  Target
	shell   string
	observe func(Result)
	done    map[string]Result
	broken  bool
}

// result carries out one check, or says why it was not tried.
func (r *runner) result(ctx context.Context, c Check) Result {
	result := Result{ID: c.ID, Title: c.Title, Needs: c.Needs, MaxPoints: c.Points, Help: c.Help}
	if reason := r.skip(c); reason != "" {
		result.Status, result.Reasons, result.Help = Skipped, []string{reason}, ""
		return result
	}
	started := time.Now() //nolint:forbidigo // A stopwatch, only ever subtracted.
	result.Status = Running
	r.observe(result)
	e := &env{target: r.target, shell: r.shell, broken: map[string]bool{}}
	e.progress = func(seen string) {
		news := result
		news.Observed, news.Took = seen, time.Since(started)
		r.observe(news)
	}
	a := attempt{check: c, env: e}
	a.run(ctx)
	a.fill(&result)
	result.printable()
	result.Took = time.Since(started)
	r.broken = r.broken || result.Status == Broken
	return result
}

// skip says why a check is not tried; "" when it is.
func (r *runner) skip(c Check) string {
	if r.broken {
		return string(msgNotTried)
	}
	for _, need := range c.Needs {
		if n := r.done[need]; n.Status != Passed {
			return say(msgSkipped, n.Title)
		}
	}
	return ""
}
