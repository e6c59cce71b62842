package submit

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	defaultWorkers = 2
	maxHistory     = 500
)

// Config is what a service needs.
type Config struct {
	Store   Store
	Graders map[Kind]Grader  // A kind without one is never graded: it is finished as not gradable.
	Now     func() time.Time //
	NewID   func() string    // Unique and sortable by time: a ULID.
	Workers int              // Grades at once; 0 means 2.
	Logger  *slog.Logger     // nil means slog.Default().
	Runner  Runner           // Runs the code of predict items; nil: what was proved marks them.

	// Graded hears of every submission that was graded and counts, after it was
	// stored; nil when nobody listens. It must be quick.
	Graded func(context.Context, Submission)
}

// Service takes submissions in and has them graded. It is safe for concurrent use.
//
// Whatever is taken in is durable first. The database is the queue; what is in
// memory is only the order of who is next, and is made again from the database when
// the service runs.
type Service struct {
	Config
	line *line
	news *news

	stop    context.CancelFunc // Ends working.
	working context.Context
	done    sync.WaitGroup // Run calls that have not returned.
}

// New returns a service that takes submissions in. They are graded while
// [Service.Run] runs.
func New(cfg Config) *Service {
	if cfg.Workers <= 0 {
		cfg.Workers = defaultWorkers
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	working, stop := context.WithCancel(context.Background())
	return &Service{Config: cfg, line: newLine(cfg.Workers), news: newNews(), working: working, stop: stop}
}

// Run grades until ctx ends or the service is closed, beginning with what a former
// run left unfinished. It returns when every grader has stopped. Its error is that
// the unfinished could not be read.
func (s *Service) Run(ctx context.Context) error {
	s.done.Add(1)
	defer s.done.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.working, cancel)()

	if err := s.resume(ctx); err != nil {
		return err
	}
	var workers sync.WaitGroup
	for range s.Workers {
		workers.Go(func() { s.work(ctx, &workers) })
	}
	workers.Wait()
	return nil
}

// resume puts what the database knows as unfinished in line.
func (s *Service) resume(ctx context.Context) error {
	unfinished, err := s.Store.Unfinished(ctx)
	if err != nil {
		return fmt.Errorf("read unfinished submissions: %w", err)
	}
	for _, sub := range unfinished {
		s.line.add(entryOf(sub))
	}
	if len(unfinished) > 0 {
		s.Logger.InfoContext(ctx, "submit: grading what was left", "submissions", len(unfinished))
	}
	return nil
}

// Close interrupts the graders and waits for them. What was interrupted stays
// unfinished, costs nothing, and is graded by the next run.
func (s *Service) Close(ctx context.Context) error {
	s.stop()
	ended := make(chan struct{})
	go func() { s.done.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("graders still running: %w", ctx.Err())
	}
}

// Report returns one submission of the learner, whatever its state.
// fault.NotFound also for somebody else's.
func (s *Service) Report(ctx context.Context, learner, id string) (Submission, error) {
	return s.Store.Submission(ctx, learner, id)
}

// Latest returns the newest finished, gradable submission per item of a lesson.
func (s *Service) Latest(ctx context.Context, learner, lesson string) (map[string]Submission, error) {
	return s.Store.Latest(ctx, learner, lesson)
}

// History returns the learner's newest submissions, newest first, at most limit and
// at most 500, without their files.
func (s *Service) History(ctx context.Context, learner string, limit int) ([]Submission, error) {
	if limit <= 0 || limit > maxHistory {
		limit = maxHistory
	}
	return s.Store.Submissions(ctx, learner, limit)
}

// Attempts returns the learner's newest submissions of one item, newest first, at
// most 500, without their files.
func (s *Service) Attempts(ctx context.Context, learner, lesson, item string) ([]Submission, error) {
	return s.Store.Attempts(ctx, learner, lesson, item, maxHistory)
}

// Idle waits until nobody waits to be graded: work that nobody waits for comes after
// people. Its error is that of ctx.
func (s *Service) Idle(ctx context.Context) error { return s.line.idle(ctx) }

// Position is a submission's place in line, from 1; 0 when it does not wait.
func (s *Service) Position(id string) int { return s.line.position(id) }

// Active is the id of the submission of a lesson that is being graded or waits for
// it; "" when there is none.
func (s *Service) Active(learner, lesson string) string { return s.line.active(learner, lesson) }

// Subscribe sends every update about a learner's submissions until ctx ends; then it
// closes the channel. A slow reader loses the oldest updates, and costs a grader no time.
func (s *Service) Subscribe(ctx context.Context, learner string) <-chan Update {
	return s.news.subscribe(ctx, learner)
}
