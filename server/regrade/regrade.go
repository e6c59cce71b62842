// Package regrade grades stored submissions again, after an author mended checks or
// when a submission is in quarantine.
//
// A regrade proposes first: it is stored as a job, its submissions are graded one by
// one while nobody waits to be graded, and each outcome is kept beside the verdict
// that stands. Nothing changes for a learner until somebody applies it, and a mark
// goes down only where that was approved. See docs/adr/0011.
package regrade

import (
	"context"
	"time"

	"pattarai/quizzes"
	"pattarai/sandbox/check"
	"pattarai/server/submit"
)

// Regrade is a job over the submissions of one exercise, or over those in quarantine.
type Regrade struct {
	ID          string    `json:"id"`
	Lesson      string    `json:"lesson"`      // "" for all, with Quarantined.
	Exercise    string    `json:"exercise"`    // "checks", or a quiz item's id; "" for all, with Quarantined.
	Since       time.Time `json:"since"`       // Only what was received from then on; zero for all.
	Quarantined bool      `json:"quarantined"` // Only what is in quarantine.
	Created     time.Time `json:"created_at"`
}

// State is where an item of a regrade is. See docs/state.md.
type State string

// The states.
const (
	Waiting    State = "waiting"
	Proposed   State = "proposed"
	Impossible State = "impossible"
	Applied    State = "applied"
)

// Grade is a verdict with all that belongs to it.
type Grade struct {
	Verdict    check.Verdict     `json:"verdict"`
	Gradable   bool              `json:"gradable"`
	Points     float64           `json:"points"`
	MaxPoints  float64           `json:"max_points"`
	ChecksHash string            `json:"checks_hash"`
	Report     check.Report      `json:"-"`
	Score      quizzes.Score     `json:"-"`
	Images     map[string]string `json:"images,omitempty"` // Node to image digest.
}

// Item is one submission of a regrade.
type Item struct {
	Regrade    string      `json:"-"`
	Submission string      `json:"submission"`
	Learner    string      `json:"learner"`
	Lesson     string      `json:"lesson"`
	Exercise   string      `json:"exercise"`
	Kind       submit.Kind `json:"kind"`
	Attempt    int         `json:"attempt"`
	Received   time.Time   `json:"received_at"`
	State      State       `json:"state"`
	Tries      int         `json:"-"`
	Problem    string      `json:"problem,omitempty"` // Why it is impossible, or what failed last.
	Old        Grade       `json:"old"`
	New        Grade       `json:"new"` // Once proposed.
	Graded     time.Time   `json:"graded_at"`
	Applied    time.Time   `json:"applied_at"`
}

// Change is what an outcome means for its learner.
type Change string

// The changes.
const (
	Gain Change = "gain"
	Lose Change = "lose"
	Same Change = "same"
	None Change = "" // Nothing is proposed.
)

// Change compares the two grades. Whoever is worse off in any way (verdict, points
// or their share of what can be had) loses.
func (i Item) Change() Change {
	if i.State != Proposed && i.State != Applied {
		return None
	}
	if !i.Old.Gradable {
		return Gain
	}
	better := passed(i.New) && !passed(i.Old) || i.New.Points > i.Old.Points || i.New.share() > i.Old.share()
	worse := passed(i.Old) && !passed(i.New) || i.New.Points < i.Old.Points || i.New.share() < i.Old.share()
	switch {
	case worse:
		return Lose
	case better:
		return Gain
	}
	return Same
}

func passed(g Grade) bool { return g.Verdict == check.VerdictPassed }

func (g Grade) share() float64 {
	if g.MaxPoints == 0 {
		return 0
	}
	return g.Points / g.MaxPoints
}

// Store keeps regrades. What it changes is durable when it returns.
type Store interface {
	Proposals
	Line
}

// Proposals is what people ask of the store.
type Proposals interface {
	// InsertRegrade stores a job and an item for each submission it selects: those
	// with a verdict and those in quarantine, oldest first. It returns how many.
	InsertRegrade(ctx context.Context, r Regrade) (int, error)
	Regrades(ctx context.Context, limit int) ([]Regrade, error)        // Newest first.
	Regrade(ctx context.Context, id string) (Regrade, []Item, error)   // fault.NotFound when there is none.
	ApplyGrade(ctx context.Context, item Item, at time.Time) error     // fault.Conflict when the submission's grade is not Old any more.
	Quarantined(ctx context.Context, limit int) ([]Quarantined, error) // Oldest first.
}

// Line is what the worker asks of it.
type Line interface {
	// NextRegradeItem is the oldest that waits; ok is false when none does.
	NextRegradeItem(ctx context.Context) (item Item, ok bool, err error)
	// SettleRegradeItem stores state, tries, problem and new grade of a waiting item.
	SettleRegradeItem(ctx context.Context, item Item) error
	// Submission is with its files.
	Submission(ctx context.Context, learner, id string) (submit.Submission, error)
}

// Quarantined is a submission that could not be graded.
type Quarantined struct {
	Submission string    `json:"submission"`
	Learner    string    `json:"learner"`
	Lesson     string    `json:"lesson"`
	Exercise   string    `json:"exercise"`
	Tries      int       `json:"tries"`
	Reason     string    `json:"reason"`
	Received   time.Time `json:"received_at"`
	Since      time.Time `json:"quarantined_at"`
}

// Grader grades a stored submission with the checks as they are now. A fault of kind
// Invalid or NotFound says why that is impossible; any other error is our failure,
// and another try may succeed.
type Grader interface {
	Regrade(ctx context.Context, s submit.Submission) (Grade, error)
}
