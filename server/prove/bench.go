package prove

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"strings"

	"pattarai/sandbox"
)

// lab is a session that knows whether it can be brought back to its beginning.
type lab struct {
	*sandbox.Session
	worn bool // Something was done to it that [bench.reset] does not undo.
}

// Control wears the lab out: a node that was killed has lost what it knew.
func (l *lab) Control(ctx context.Context, node string, action sandbox.Action) error {
	l.worn = true
	return l.Session.Control(ctx, node, action)
}

// Break wears the lab out: what a node did meanwhile is not undone with the fault.
func (l *lab) Break(ctx context.Context, node string, f sandbox.Fault) error {
	l.worn = true
	return l.Session.Break(ctx, node, f)
}

// bench is where a job tries one thing after the other, as a learner would: in one
// lab, which gets the starter files and restarts its services in between. A lab
// that cannot be brought back is replaced, and whatever is not as it should be in
// a used lab is decided by a fresh one.
type bench struct {
	trial
	lab *lab // Nil when there is none at the moment.
}

// try does something named name in a lab with the starter files.
func (b *bench) try(ctx context.Context, name string, do func(context.Context, *lab) ([]Step, error)) ([]Step, error) {
	used, err := b.reset(ctx)
	if err != nil {
		return nil, err
	}
	steps, err := b.once(ctx, name, do)
	if err != nil || !used || failed(steps) == 0 {
		return steps, err
	}
	if err := b.clear(ctx); err != nil {
		return nil, err
	}
	again, err := b.once(ctx, name, do)
	if err == nil && failed(again) == 0 {
		again[0].Note = "as it should be in a fresh lab only; in one that was used before: " + firstReason(steps)
	}
	return again, err
}

// once does it in the lab at hand or in a new one. A lab that does not start is a
// step that failed, not an error.
func (b *bench) once(ctx context.Context, name string, do func(context.Context, *lab) ([]Step, error)) ([]Step, error) {
	if b.lab == nil {
		took := stopwatch()
		session, err := b.open(ctx)
		switch {
		case err != nil && ours(ctx, err):
			return nil, err
		case err != nil:
			return []Step{{Name: name, Reason: "the lab does not start with the starter files: " + startReason(err), Took: took()}}, nil
		}
		b.lab = &lab{Session: session}
	}
	return do(ctx, b.lab)
}

func (b *bench) open(ctx context.Context) (*sandbox.Session, error) {
	tier := b.tier
	if tier == "" {
		tier = sandbox.Standard
	}
	spec := sandbox.Spec{ID: labID(), Owner: owner, Topology: b.lesson.Topology, Tier: tier}
	return sandbox.Open(ctx, b.engine, spec, maps.Clone(b.lesson.Files), nil)
}

// reset brings the lab at hand back to its beginning and tells whether there is
// one: applying the starter files restarts every service that reads them.
func (b *bench) reset(ctx context.Context) (used bool, err error) {
	if b.lab == nil {
		return false, nil
	}
	if !b.fresh && !b.lab.worn {
		applied, err := b.lab.Apply(ctx, b.lesson.Files)
		switch {
		case err != nil && ours(ctx, err):
			return false, err
		case err == nil && applied.Accepted && b.lab.healthy():
			return true, nil
		}
	}
	return false, b.clear(ctx)
}

// healthy tells whether every node is.
func (l *lab) healthy() bool {
	for _, s := range l.States() {
		if s.Phase != sandbox.PhaseHealthy {
			return false
		}
	}
	return true
}

// clear removes the lab, if there is one.
func (b *bench) clear(ctx context.Context) error {
	if b.lab == nil {
		return nil
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	gone := b.lab
	b.lab = nil
	return gone.Close(closing)
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

// firstReason is why the first of the steps that failed did.
func firstReason(steps []Step) string {
	for _, s := range steps {
		if !s.OK {
			return fmt.Sprintf("%s: %s", s.Name, s.Reason)
		}
	}
	return ""
}
