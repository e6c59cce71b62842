package grade

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/check"
	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/regrade"
	"pattarai/server/submit"
)

const (
	replayOwner = "regrade"
	startTime   = 2 * time.Minute // For a lab to start.
	closeTime   = time.Minute
)

// Replayer runs a lesson's checks, as they are now, on a fresh lab with the files
// that were handed in. It implements regrade.Grader and is safe for concurrent use.
type Replayer struct {
	Lessons func(id string) (*catalog.Lesson, bool)
	Engine  sandbox.Engine
	Tier    sandbox.Tier
	NewID   func() string // Of labs: [a-z0-9]{8,32}.

	mu   sync.Mutex
	labs map[string]bool // That it uses now.
}

var _ regrade.Grader = (*Replayer)(nil)

// Uses tells whether a lab is one that a replay runs on now.
func (r *Replayer) Uses(lab string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.labs[lab]
}

// Regrade implements regrade.Grader.
func (r *Replayer) Regrade(ctx context.Context, s submit.Submission) (_ regrade.Grade, err error) {
	lesson, err := r.replayable(s)
	if err != nil {
		return regrade.Grade{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTime+lesson.Exercise.Limit()+spare)
	defer cancel()
	lab, err := r.open(ctx, lesson)
	if err != nil {
		return regrade.Grade{}, err
	}
	defer func() { err = errors.Join(err, r.close(ctx, lab)) }()
	_, err = lab.Apply(ctx, changed(lesson, s.Files)) // What is refused or does not start is judged as it is, as it was for the learner.
	if ctx.Err() != nil || errors.Is(err, sandbox.ErrEngine) {
		return regrade.Grade{}, errors.Join(ctx.Err(), err)
	}
	report := check.Run(ctx, handedIn{lab, s.Files}, lesson.Exercise, nil)
	if err := undecided(report); err != nil {
		return regrade.Grade{}, err
	}
	return regrade.Grade{
		Verdict: report.Verdict, Gradable: true, Points: report.Points, MaxPoints: report.MaxPoints,
		ChecksHash: lesson.Exercise.Hash, Report: report, Images: r.images(ctx, lab.ID()),
	}, nil
}

// replayable returns the lesson of a submission that its files alone decide about.
func (r *Replayer) replayable(s submit.Submission) (*catalog.Lesson, error) {
	lesson, ok := r.Lessons(s.Lesson)
	switch {
	case !ok:
		return nil, fault.New(fault.NotFound, "no_lesson", "The lesson is not here any more.", "")
	case len(lesson.Exercise.Checks) == 0:
		return nil, fault.New(fault.Invalid, "no_checks", "The lesson has no checks any more.", "")
	case len(changed(lesson, s.Files)) == 0:
		return nil, fault.New(fault.Invalid, "nothing_to_replay", "The files are those everybody begins with: what was judged was done in the lab, and that cannot be repeated.", "")
	}
	return lesson, nil
}

// changed are the files that are not as the lesson gives them.
func changed(lesson *catalog.Lesson, files map[string][]byte) map[string][]byte {
	out := map[string][]byte{}
	for path, content := range files {
		if starter, ok := lesson.Files[path]; !ok && len(content) > 0 || ok && !bytes.Equal(starter, content) {
			out[path] = content
		}
	}
	return out
}

// open starts a lab with the files everybody begins with.
func (r *Replayer) open(ctx context.Context, lesson *catalog.Lesson) (*sandbox.Session, error) {
	spec := sandbox.Spec{ID: r.NewID(), Owner: replayOwner, Topology: lesson.Topology, Tier: r.Tier}
	r.use(spec.ID, true)
	session, err := sandbox.Open(ctx, r.Engine, spec, maps.Clone(lesson.Files), nil)
	if err != nil {
		r.use(spec.ID, false)
		return nil, err
	}
	return session, nil
}

func (r *Replayer) close(ctx context.Context, lab *sandbox.Session) error {
	defer r.use(lab.ID(), false)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	return lab.Close(ctx)
}

func (r *Replayer) use(lab string, now bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.labs == nil {
		r.labs = map[string]bool{}
	}
	if r.labs[lab] = now; !now {
		delete(r.labs, lab)
	}
}

// images tells each node's image digest; nil when the engine does not say.
func (r *Replayer) images(ctx context.Context, lab string) map[string]string {
	labs, err := r.Engine.List(ctx)
	if err != nil {
		return nil
	}
	return imagesOf(labs, lab)
}
