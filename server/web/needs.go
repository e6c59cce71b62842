package web

import (
	"context"
	"net"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/server/account"
	"pattarai/server/catalog"
	"pattarai/server/labs"
	"pattarai/server/recall"
	"pattarai/server/regrade"
	"pattarai/server/submit"
)

// Catalog is where lessons come from. *catalog.Catalog is one.
type Catalog interface {
	Current() *catalog.Snapshot
}

// Accounts recognises learners. *account.Service is one.
type Accounts interface {
	Guest(ctx context.Context) (learner account.Learner, token string, err error)
	Recognise(ctx context.Context, token string) (account.Learner, error)
}

// Labs is all that pages ask of labs. *labs.Service is one.
type Labs interface {
	LabLife
	LabNews
	Workspace
	LabFaults
	LabTerminals
}

// LabLife starts and ends labs.
type LabLife interface {
	Start(ctx context.Context, learner, lesson string) (labs.View, error)
	Extend(ctx context.Context, learner, lesson string) (labs.View, error)
	Restart(ctx context.Context, learner, lesson string) (labs.View, error)
	Reset(ctx context.Context, learner, lesson string) (labs.View, error)
	End(ctx context.Context, learner, lesson string) (labs.View, error)
}

// LabNews tells how labs are.
type LabNews interface {
	View(ctx context.Context, learner, lesson string) (v labs.View, ok bool, err error)
	Subscribe(ctx context.Context, learner, lesson string) <-chan labs.Event
	Available(ctx context.Context) error
	Estimate(ctx context.Context, lesson string) (median, p95 time.Duration, err error)
}

// Workspace keeps a learner's files.
type Workspace interface {
	Files(ctx context.Context, learner, lesson string) ([]labs.File, error)
	Save(ctx context.Context, learner, lesson, tab string, f labs.File, apply bool) (labs.Saved, error)
}

// LabFaults breaks and loads a lab on purpose.
type LabFaults interface {
	Control(ctx context.Context, learner, lesson, node string, action sandbox.Action) error
	Break(ctx context.Context, learner, lesson, node string, f sandbox.Fault) error
	Mend(ctx context.Context, learner, lesson, node string, kind sandbox.FaultKind) error
	SetTraffic(ctx context.Context, learner, lesson string, t labs.Traffic) (labs.Traffic, error)
}

// LabTerminals keeps a lab's terminals.
type LabTerminals interface {
	Terminals(ctx context.Context, learner, lesson string) ([]labs.Terminal, error)
	NewTerminal(ctx context.Context, learner, lesson, node string) (labs.Terminal, error)
	AttachTerminal(ctx context.Context, learner, lesson, id string, cols, rows int) (agent.Shell, error)
	EndTerminal(ctx context.Context, learner, lesson, id string) error
}

// Recall brings back what was missed. *recall.Service is one.
type Recall interface {
	Due(ctx context.Context, learner string, limit int) ([]recall.Card, error)
	Count(ctx context.Context, learner string) (due int, next time.Time, err error)
	Card(ctx context.Context, key recall.Key) (card recall.Card, known bool, err error)
	Rate(ctx context.Context, key recall.Key, word string) (recall.Card, error)
	Forget(ctx context.Context, key recall.Key) error
}

// Previews finds the running lab behind a preview. The error is a fault.NotFound
// when the learner has no such lab or it does not run.
type Previews interface {
	Preview(ctx context.Context, learner, lab string) (Upstream, error)
}

// Upstream is a running lab whose ports can be reached. *sandbox.Session is one.
type Upstream interface {
	Topology() sandbox.Topology
	DialPort(ctx context.Context, node string, port int) (net.Conn, error)
}

// Submissions takes work in and tells what became of it. *submit.Service is one.
type Submissions interface {
	HandIn
	Reports
	// Subscribe sends updates about a learner's submissions until ctx ends.
	Subscribe(ctx context.Context, learner string) <-chan submit.Update
}

// Regrades tells how verdicts changed after they were given.
type Regrades interface {
	// Changes are the applied regrades of a learner's submission, oldest first.
	Changes(ctx context.Context, learner, submission string) ([]regrade.Item, error)
}

// HandIn takes work in. The same key is the same submission.
type HandIn interface {
	SubmitChecks(ctx context.Context, in submit.SubmitChecks) (submit.Submission, error)
	AnswerQuiz(ctx context.Context, in submit.AnswerQuiz) (submit.Submission, error)
}

// Reports tells what became of submissions.
type Reports interface {
	Report(ctx context.Context, learner, id string) (submit.Submission, error)
	History(ctx context.Context, learner string, limit int) ([]submit.Submission, error)
	Latest(ctx context.Context, learner, lesson string) (map[string]submit.Submission, error)
	// Attempts are the newest of one item, newest first, without their files.
	Attempts(ctx context.Context, learner, lesson, item string) ([]submit.Submission, error)
	Position(id string) int
	Active(learner, lesson string) string
}
