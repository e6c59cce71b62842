package submit

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"pattarai/sandbox/check"
	"pattarai/server/fault"
)

const (
	firstRetry   = 100 * time.Millisecond
	longestRetry = 5 * time.Second
	finishTime   = 10 * time.Second // For storing a verdict while the service stops.

	maxTries   = 3               // Grades of one submission that may fail on our side.
	firstPause = 2 * time.Second // Before the second try; four times that before the third.
)

// errAgain tells that a grade failed on our side and is to be tried again.
var errAgain = errors.New("to be graded again")

// work grades one submission after the other until ctx ends. What is to be graded
// again waits beside it.
func (s *Service) work(ctx context.Context, beside *sync.WaitGroup) {
	for {
		e, ok := s.line.next(ctx)
		if !ok {
			return
		}
		s.tellPositions()
		graded, err := s.handle(ctx, e)
		s.line.finish(e)
		switch {
		case errors.Is(err, errAgain):
			beside.Go(func() { s.later(ctx, e, graded.Tries) })
		case err == nil:
			s.news.publish(e.learner, Update{Submission: e.id, Lesson: e.lesson, Done: &graded})
		case ctx.Err() == nil:
			s.Logger.ErrorContext(ctx, "submit: left unfinished until the next start", "submission", e.id, "error", err)
		}
	}
}

// later puts a submission in line again after a pause.
func (s *Service) later(ctx context.Context, e entry, tries int) {
	pause := firstPause
	for range tries - 1 {
		pause *= 4
	}
	select {
	case <-time.After(pause):
		s.line.add(e)
		s.tellPositions()
	case <-ctx.Done(): // It is queued in the database, for the next start.
	}
}

// handle takes one submission from the line to its verdict. An error leaves it
// unfinished in the database; with errAgain it is to be graded again.
func (s *Service) handle(ctx context.Context, e entry) (Submission, error) {
	sub, err := s.stored(ctx, e)
	if err != nil || sub.State == Done {
		return sub, err
	}
	if sub.Tries >= maxTries { // Those grades did not even end.
		return s.quarantine(ctx, e, sub, check.Report{}, nil, fault.New(fault.Internal, "grader_ended", "The server ended every time it graded this.", ""))
	}
	sub.Started = s.Now()
	sub.Tries++
	if err := s.insist(ctx, func(ctx context.Context) error { return s.Store.StartSubmission(ctx, e.id, sub.Started) }); err != nil {
		return Submission{}, err
	}
	report, images, err := s.grade(ctx, sub)
	switch {
	case ctx.Err() != nil: // We interrupted it; whatever it says is not its verdict, and no try of it.
		return Submission{}, errors.Join(ctx.Err(), s.giveBack(ctx, sub, sub.Tries-1))
	case err == nil:
		return s.finish(ctx, e, verdict(sub, report, images, s.Now()))
	}
	s.Logger.ErrorContext(ctx, "submit: grading failed", "submission", e.id, "lesson", e.lesson, "try", sub.Tries, "error", err)
	if sub.Tries < maxTries {
		return sub, errors.Join(errAgain, s.giveBack(ctx, sub, sub.Tries))
	}
	return s.quarantine(ctx, e, sub, report, images, err)
}

// giveBack puts a submission back into the queue of the database, even while the
// service stops.
func (s *Service) giveBack(ctx context.Context, sub Submission, tries int) error {
	last, cancel := lasting(ctx)
	defer cancel()
	return s.insist(last, func(ctx context.Context) error { return s.Store.ReturnSubmission(ctx, sub.ID, tries) })
}

// quarantine sets a submission aside that cannot be graded: its learner is told that
// it was our doing, and an operator sees it in a list.
func (s *Service) quarantine(ctx context.Context, e entry, sub Submission, report check.Report, images map[string]string, why error) (Submission, error) {
	s.Logger.ErrorContext(ctx, "submit: set aside; see pattarai admin quarantine", "submission", e.id, "lesson", e.lesson, "tries", sub.Tries, "error", why)
	done := verdict(sub, ungradable(report, why), images, s.Now())
	done.Quarantined = done.Finished
	return s.finish(ctx, e, done)
}

func (s *Service) stored(ctx context.Context, e entry) (sub Submission, err error) {
	err = s.insist(ctx, func(ctx context.Context) error {
		sub, err = s.Store.Submission(ctx, e.learner, e.id)
		return err
	})
	return sub, err
}

// grade calls the grader and turns its panic into an error.
func (s *Service) grade(ctx context.Context, sub Submission) (report check.Report, images map[string]string, err error) {
	grader, ok := s.Graders[sub.Kind]
	if !ok {
		return check.Report{}, nil, fault.New(fault.Unavailable, "no_grader", "This server does not grade this kind of exercise.", "")
	}
	defer func() {
		if r := recover(); r != nil {
			s.Logger.ErrorContext(ctx, "submit: grader panicked", "submission", sub.ID, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("grader panicked: %v", r)
		}
	}()
	return grader.Grade(ctx, sub, func(r check.Result) {
		s.news.publish(sub.Learner, Update{Submission: sub.ID, Lesson: sub.Lesson, Result: &r})
	})
}

// ungradable is the report of a grade that failed for a reason of ours.
func ungradable(report check.Report, err error) check.Report {
	report.Gradable = false
	if report.Reason == "" {
		report.Reason = fault.Of(err).Message
	}
	return report
}

// verdict fills in what a report decides. Not gradable is pending, and worth nothing.
func verdict(sub Submission, report check.Report, images map[string]string, now time.Time) Submission {
	if !report.Gradable {
		report.Verdict = check.VerdictPending
		report.Points = 0
	}
	if report.MaxPoints == 0 {
		report.MaxPoints = sub.MaxPoints
	}
	sub.State, sub.Verdict, sub.Gradable = Done, report.Verdict, report.Gradable
	sub.Points, sub.MaxPoints = report.Points, report.MaxPoints
	sub.Report, sub.Images, sub.Finished = report, images, now
	return sub
}

// finish stores the verdict, even while the service stops, and returns what was stored.
func (s *Service) finish(ctx context.Context, e entry, sub Submission) (Submission, error) {
	last, cancel := lasting(ctx)
	defer cancel()
	if err := s.insist(last, func(ctx context.Context) error { return s.Store.FinishSubmission(ctx, sub) }); err != nil {
		return Submission{}, err
	}
	graded, err := s.stored(last, e)
	if err == nil {
		s.graded(last, graded)
	}
	return graded, err
}

// lasting is ctx with some more time after it ended.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	last, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(finishTime, cancel) })
	return last, func() { stop(); cancel() }
}

// insist repeats what the store cannot do now (its disk is full, it is busy) until
// it can, or ctx ends.
func (s *Service) insist(ctx context.Context, do func(context.Context) error) error {
	for wait := firstRetry; ; wait = min(2*wait, longestRetry) {
		err := do(ctx)
		if !fault.Is(err, fault.Unavailable) {
			return err
		}
		s.Logger.WarnContext(ctx, "submit: the store is unavailable, trying again", "wait", wait, "error", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		}
	}
}

// tellPositions tells everybody in line their place.
func (s *Service) tellPositions() {
	if s.news.silent() {
		return
	}
	for i, e := range s.line.places() {
		s.news.publish(e.learner, Update{Submission: e.id, Lesson: e.lesson, Position: i + 1})
	}
}
