// Package submit is the straight path of everything that is handed in: it is
// stored durably, with its attempt number, before anybody is told so; then a
// grader marks it, and state, verdict and report are stored together.
package submit

import (
	"context"
	"time"

	"pattarai/quizzes"
	"pattarai/sandbox/check"
)

// Kind tells which grader a submission goes to.
type Kind string

// ItemChecks is the item of a lesson's checks.
const ItemChecks = "checks"

// The kinds.
const (
	KindChecks Kind = "checks" // A lesson's checks, run on the learner's lab.
	KindQuiz   Kind = "quiz"   // One quiz item.
)

// State is a submission's place in its life. See docs/state.md.
type State string

// The states. Time only moves right: queued, running, done.
const (
	Queued  State = "queued"
	Running State = "running"
	Done    State = "done"
)

// Submission is one thing handed in.
type Submission struct {
	ID          string
	Learner     string
	Lesson      string // Lesson id.
	Item        string // "checks", or the quiz item's id.
	Kind        Kind
	Attempt     int               // From 1, per learner, lesson and item; 0 when it did not count. See docs/state.md.
	Key         string            // Idempotency key: same learner, lesson, item and key is the same submission.
	ContentHash string            // Of the lesson.
	ChecksHash  string            // Of the exercise, or of the question.
	Digest      string            // Of all that is to be graded: while one waits, the same again is the same submission. "" for none.
	Images      map[string]string // Node to image digest.
	Files       map[string][]byte
	Answer      quizzes.Answer
	State       State
	Tries       int       // Grades that began; one that ends in a verdict is the last.
	Quarantined time.Time // Set aside after too many tries; zero otherwise.
	Verdict     check.Verdict
	Gradable    bool
	Points      float64
	MaxPoints   float64
	Report      check.Report  // Of checks, once done.
	Score       quizzes.Score // Of a quiz item.
	Received    time.Time
	Started     time.Time
	Finished    time.Time
	Regraded    time.Time // When a regrade changed the verdict; zero when none did.
}

// Store keeps submissions. Insert and Finish are durable when they return.
type Store interface {
	// InsertSubmission stores s and sets its attempt number. When learner, lesson,
	// item and key are known already, or one with the same digest is not done yet, it
	// changes nothing and returns the stored one. An empty key or digest is never
	// known. A submission that arrives done is stored done.
	InsertSubmission(ctx context.Context, s Submission) (stored Submission, fresh bool, err error)
	// StartSubmission counts a try. It changes nothing when it is done already.
	StartSubmission(ctx context.Context, id string, at time.Time) error
	// ReturnSubmission puts what was being graded back into the queue, with so many
	// tries. It changes nothing when it is not being graded.
	ReturnSubmission(ctx context.Context, id string, tries int) error
	// FinishSubmission stores verdict, report and state in one transaction, and gives
	// the attempt number back when it is not gradable. Finishing twice changes nothing.
	FinishSubmission(ctx context.Context, s Submission) error
	Submission(ctx context.Context, learner, id string) (Submission, error) // fault.NotFound also for somebody else's.
	// Submissions are the newest, first one newest, without their files.
	Submissions(ctx context.Context, learner string, limit int) ([]Submission, error)
	// Attempts are the newest of one item, first one newest, without their files.
	Attempts(ctx context.Context, learner, lesson, item string, limit int) ([]Submission, error)
	// Unfinished are queued or running, oldest first, without their files.
	Unfinished(ctx context.Context) ([]Submission, error)
	// Latest is the newest finished, gradable submission per item of a lesson.
	Latest(ctx context.Context, learner, lesson string) (map[string]Submission, error)
}

// Grader runs a submission's checks. observe hears of each result as it comes. The
// map tells which image each node ran. An error is a failure of ours that another try
// may not meet; a report that is not gradable says what the learner can do about it.
// Neither costs an attempt.
type Grader interface {
	Grade(ctx context.Context, s Submission, observe func(check.Result)) (check.Report, map[string]string, error)
}

// Update is news of a submission.
type Update struct {
	Submission string
	Lesson     string
	Result     *check.Result // A check began, moved on or ended.
	Done       *Submission   // It is graded.
	Position   int           // Place in line while queued, from 1.
}
