package regrade

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"pattarai/server/fault"
	"pattarai/server/submit"
)

const (
	maxTries   = 3
	pause      = 5 * time.Second // After a failure of ours.
	maxListed  = 1000
	allowOfAll = "all"
)

// Config is what a service needs.
type Config struct {
	Store   Store
	Graders map[submit.Kind]Grader
	Idle    func(context.Context) error // Returns when nobody waits to be graded.
	Known   func(lesson, exercise string) error
	Now     func() time.Time
	NewID   func() string
	Logger  *slog.Logger // nil means slog.Default().
}

// Service proposes and applies regrades. It is safe for concurrent use.
type Service struct {
	Config
	wake chan struct{} // Something was proposed.
}

// New returns a service; jobs are worked on while [Service.Run] runs.
func New(cfg Config) *Service {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Service{Config: cfg, wake: make(chan struct{}, 1)}
}

// Propose stores a job. Its ID and time are set here.
//
// Faults: Invalid when it selects too much or an exercise that is not there, NotFound
// when it selects nothing.
func (s *Service) Propose(ctx context.Context, r Regrade) (Regrade, error) {
	if !r.Quarantined && (r.Lesson == "" || r.Exercise == "") {
		return Regrade{}, fault.New(fault.Invalid, "regrade_what", "A regrade is of one exercise, or of what is in quarantine.", "Name it as COURSE/LESSON/EXERCISE, for example haproxy/round-robin/checks, or ask for --quarantined.")
	}
	if r.Lesson != "" {
		if err := s.Known(r.Lesson, r.Exercise); err != nil {
			return Regrade{}, err
		}
	}
	r.ID, r.Created = s.NewID(), s.Now()
	n, err := s.Store.InsertRegrade(ctx, r)
	if err != nil {
		return Regrade{}, err
	}
	if n == 0 {
		return Regrade{}, fault.New(fault.NotFound, "regrade_nothing", "No submission matches, so there is nothing to grade again.", "Look at the exercise's name, and at --since.")
	}
	s.Logger.InfoContext(ctx, "regrade: proposed", "regrade", r.ID, "lesson", r.Lesson, "exercise", r.Exercise, "submissions", n)
	select {
	case s.wake <- struct{}{}:
	default: // The worker will look anyway.
	}
	return r, nil
}

// Regrade returns a job with its items, oldest submission first.
func (s *Service) Regrade(ctx context.Context, id string) (Regrade, []Item, error) {
	return s.Store.Regrade(ctx, id)
}

// Regrades are the newest jobs, newest first.
func (s *Service) Regrades(ctx context.Context) ([]Regrade, error) {
	return s.Store.Regrades(ctx, maxListed)
}

// Quarantined are the submissions that could not be graded, oldest first.
func (s *Service) Quarantined(ctx context.Context) ([]Quarantined, error) {
	return s.Store.Quarantined(ctx, maxListed)
}

// Outcome is what came of applying a regrade, by submission.
type Outcome struct {
	Applied []string `json:"applied"`
	Held    []string `json:"held"`  // They would lose, and that was not allowed.
	Stale   []string `json:"stale"` // Their grade changed since; regrade again.
}

// Apply makes the proposed grades those that count. Who would lose keeps what they
// have, unless their submission is in allowLower, or "all" is. Applying again
// applies what was held before and is allowed now.
//
// Faults: NotFound, Conflict while submissions still wait, Invalid when allowLower
// names what is not in the regrade.
func (s *Service) Apply(ctx context.Context, id string, allowLower []string) (Outcome, error) {
	_, items, err := s.Store.Regrade(ctx, id)
	if err != nil {
		return Outcome{}, err
	}
	if err := ready(items, allowLower); err != nil {
		return Outcome{}, err
	}
	var out Outcome
	for _, item := range items {
		if item.State != Proposed {
			continue
		}
		switch change := item.Change(); {
		case change == Same || change == None:
			continue
		case change == Lose && !allowed(allowLower, item.Submission):
			out.Held = append(out.Held, item.Submission)
			continue
		}
		switch err := s.Store.ApplyGrade(ctx, item, s.Now()); {
		case fault.Is(err, fault.Conflict):
			out.Stale = append(out.Stale, item.Submission)
		case err != nil:
			return out, err // What was applied stays; applying again goes on.
		default:
			out.Applied = append(out.Applied, item.Submission)
		}
	}
	s.Logger.InfoContext(ctx, "regrade: applied", "regrade", id, "applied", len(out.Applied), "held", len(out.Held), "stale", len(out.Stale))
	return out, nil
}

func allowed(allowLower []string, submission string) bool {
	return slices.Contains(allowLower, allowOfAll) || slices.Contains(allowLower, submission)
}

// ready fails while a regrade cannot be applied as asked.
func ready(items []Item, allowLower []string) error {
	waiting := 0
	known := []string{allowOfAll}
	for _, item := range items {
		known = append(known, item.Submission)
		if item.State == Waiting {
			waiting++
		}
	}
	if waiting > 0 {
		return fault.New(fault.Conflict, "regrade_waiting", fmt.Sprintf("%d of %d submissions are not graded again yet.", waiting, len(items)), "Apply it when all are.")
	}
	for _, id := range allowLower {
		if !slices.Contains(known, id) {
			return fault.New(fault.Invalid, "regrade_unknown", fmt.Sprintf("The submission %q is not part of this regrade.", id), `Allow a submission of its table, or "all".`)
		}
	}
	return nil
}

// Run works on jobs until ctx ends, one submission at a time and only while nobody
// waits to be graded. What a former run left goes on.
func (s *Service) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		item, ok, err := s.Store.NextRegradeItem(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			s.Logger.WarnContext(ctx, "regrade: next submission not read", "error", err)
			rest(ctx, pause)
		case err == nil && !ok:
			s.await(ctx)
		case err == nil:
			s.work(ctx, item)
		}
	}
	return nil
}

// await returns when something was proposed, or ctx ended.
func (s *Service) await(ctx context.Context) {
	select {
	case <-s.wake:
	case <-ctx.Done():
	}
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// work takes one item to its proposal, or to its next try.
func (s *Service) work(ctx context.Context, item Item) {
	if s.Idle(ctx) != nil {
		return // The end.
	}
	grade, err := s.grade(ctx, item)
	if ctx.Err() != nil {
		return // We interrupted it; it waits for the next start.
	}
	failed := err != nil && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.NotFound)
	item.Graded = s.Now()
	switch {
	case err == nil:
		item.State, item.New, item.Problem = Proposed, grade, ""
	case failed && item.Tries+1 < maxTries:
		item.Tries++
		item.Problem = sentence(err)
	default:
		item.State, item.Problem = Impossible, sentence(err)
	}
	if failed {
		s.Logger.WarnContext(ctx, "regrade: grading failed", "regrade", item.Regrade, "submission", item.Submission, "error", err)
	}
	if err := s.Store.SettleRegradeItem(ctx, item); err != nil && ctx.Err() == nil {
		s.Logger.WarnContext(ctx, "regrade: outcome not stored", "submission", item.Submission, "error", err)
		failed = true
	}
	if failed {
		rest(ctx, pause)
	}
}

// grade calls the grader and turns its panic into an error.
func (s *Service) grade(ctx context.Context, item Item) (grade Grade, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.Logger.ErrorContext(ctx, "regrade: grader panicked", "submission", item.Submission, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("grader panicked: %v", r)
		}
	}()
	grader, ok := s.Graders[item.Kind]
	if !ok {
		return Grade{}, fault.New(fault.Invalid, "no_grader", "This server does not grade this kind of exercise.", "")
	}
	sub, err := s.Store.Submission(ctx, item.Learner, item.Submission)
	if err != nil {
		return Grade{}, err
	}
	return grader.Regrade(ctx, sub)
}

// sentence is a fault in words, with its way on.
func sentence(err error) string {
	f := fault.Of(err)
	return strings.TrimSpace(f.Message + " " + f.Fix)
}
