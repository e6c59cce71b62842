// Package grade runs a lesson's checks on the learner's running lab, for package
// submit.
//
// It applies nothing: services are as the learner left them, and programs are those
// handed in. A lab that
// does not run, content that changed meanwhile and an engine that is gone are not
// the learner's failure: they make a report that is not gradable and says what to do.
package grade

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/check"
	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/submit"
)

const (
	// patience is how long to wait for a lab that does not run: after a restart of
	// the server, what was being graded comes back a moment before the labs do.
	patience = 5 * time.Second
	poll     = 250 * time.Millisecond

	spare = time.Minute // For all that is not a check.
)

// Session is a running lab. *sandbox.Session is one.
type Session interface {
	check.Target
	ID() string
}

// Sessions finds a learner's running lab of a lesson. Its error is a fault.Unavailable
// when the lab does not run.
type Sessions interface {
	Session(ctx context.Context, learner, lesson string) (Session, error)
	// Quiet holds back what else sends requests to the lab until release is called.
	Quiet(ctx context.Context, learner, lesson string) (release func())
}

// Engine tells which images a lab runs. A sandbox.Engine is one.
type Engine interface {
	List(ctx context.Context) ([]sandbox.Lab, error)
}

// Config is what a grader needs.
type Config struct {
	Sessions Sessions
	Lessons  func(id string) (*catalog.Lesson, bool) // In the content as it is now.
	Engine   Engine                                  // nil when nobody knows the images.
	Now      func() time.Time
	Logger   *slog.Logger // nil means slog.Default().
}

// Grader implements submit.Grader. It is safe for concurrent use.
type Grader struct{ Config }

var _ submit.Grader = (*Grader)(nil)

// New returns a grader.
func New(cfg Config) *Grader {
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Grader{cfg}
}

// Grade implements submit.Grader. The error is of a lab or a check that failed us
// and may not the next time. What its learner must do something about is in the
// report only.
func (g *Grader) Grade(ctx context.Context, s submit.Submission, observe func(check.Result)) (check.Report, map[string]string, error) {
	started := g.Now()
	lesson, ok := g.Lessons(s.Lesson)
	if !ok {
		return ungradable(started, "This lesson is not here any more. Tell your instructor."), nil, nil
	}
	if lesson.Exercise.Hash != s.ChecksHash {
		return ungradable(started, "The checks of this lesson changed since you asked. Load the page again and press Check once more."), nil, nil
	}
	session, err := g.await(ctx, s.Learner, s.Lesson)
	if err != nil && !fault.Is(err, fault.Unavailable) {
		return ungradable(started, sentence(err)), nil, err
	}
	if err != nil {
		g.Logger.InfoContext(ctx, "grade: no running lab", "submission", s.ID, "lesson", s.Lesson, "error", err)
		return ungradable(started, sentence(err)), nil, nil
	}
	images := g.images(ctx, session.ID())
	ctx, cancel := context.WithTimeout(ctx, lesson.Exercise.Limit()+spare)
	defer cancel()
	defer g.Sessions.Quiet(ctx, s.Learner, s.Lesson)()
	report := check.Run(ctx, handedIn{session, s.Files}, lesson.Exercise, observe)
	return report, images, undecided(report)
}

// undecided is the error of a report in which a check is broken.
func undecided(r check.Report) error {
	if r.Gradable {
		return nil
	}
	return fault.New(fault.Unavailable, "check_broken", r.Reason, "")
}

// handedIn is a lab together with the files that are judged, which may be newer
// than those last applied to it.
type handedIn struct {
	Session
	files map[string][]byte
}

// Files implements check.Target.
func (h handedIn) Files() map[string][]byte { return h.files }

// await returns the session, giving it a moment to come.
func (g *Grader) await(ctx context.Context, learner, lesson string) (Session, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		session, err := g.Sessions.Session(ctx, learner, lesson)
		if !fault.Is(err, fault.Unavailable) {
			return session, err
		}
		select {
		case <-time.After(poll):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// images tells each node's image digest; nil when the engine does not say. A report
// without them is still a report.
func (g *Grader) images(ctx context.Context, id string) map[string]string {
	if g.Engine == nil {
		return nil
	}
	labs, err := g.Engine.List(ctx)
	if err != nil {
		g.Logger.WarnContext(ctx, "grade: image digests unknown", "lab", id, "error", err)
		return nil
	}
	return imagesOf(labs, id)
}

func imagesOf(labs []sandbox.Lab, id string) map[string]string {
	for _, lab := range labs {
		if lab.ID != id {
			continue
		}
		images := make(map[string]string, len(lab.Nodes))
		for _, node := range lab.Nodes {
			images[node.Name] = node.Image
		}
		return images
	}
	return nil
}

func ungradable(started time.Time, why string) check.Report {
	return check.Report{Verdict: check.VerdictPending, Reason: why, Started: started}
}

// sentence is a fault in words, with its way on.
func sentence(err error) string {
	f := fault.Of(err)
	return strings.TrimSpace(f.Message + " " + f.Fix)
}

// Labs is who keeps the labs. *labs.Service is one.
type Labs interface {
	Session(ctx context.Context, learner, lesson string) (*sandbox.Session, error)
	Quiet(ctx context.Context, learner, lesson string) (release func())
}

// FromLabs finds sessions where the labs are kept.
func FromLabs(labs Labs) Sessions { return fromLabs{labs} }

type fromLabs struct{ Labs }

func (f fromLabs) Session(ctx context.Context, learner, lesson string) (Session, error) {
	session, err := f.Labs.Session(ctx, learner, lesson)
	if err != nil {
		return nil, err // And no nil *sandbox.Session that is not nil.
	}
	return session, nil
}
