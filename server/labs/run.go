package labs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"pattarai/sandbox"
)

// replace makes work the bench's only work: it cancels what goes on, waits for it
// in the background, then begins. op is held. False means the service is closed.
func (s *Service) replace(b *bench, work func(ctx context.Context)) bool {
	b.halt()
	before := b.run
	ctx, cancel := context.WithCancel(s.ctx)
	next := &run{cancel: cancel, done: make(chan struct{})}
	ok := s.background(func() {
		defer close(next.done)
		defer cancel()
		if before != nil {
			<-before.done
		}
		if ctx.Err() == nil {
			work(ctx)
		}
	})
	if !ok {
		cancel()
		return false
	}
	b.run = next
	return true
}

// turn changes the record in the store first, then on the bench, then tells
// everybody. When ctx has ended it changes nothing: whoever ended it decides. A
// store that fails does not keep the lab from going on; a later turn stores it.
func (s *Service) turn(ctx context.Context, b *bench, change func(*Record)) error {
	return s.turnFor(ctx, b, failure{}, change)
}

// turnFor is turn with a reason for the learner.
func (s *Service) turnFor(ctx context.Context, b *bench, why failure, change func(*Record)) error {
	b.write.Lock()
	defer b.write.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	rec := b.record()
	change(&rec)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := s.cfg.Store.UpdateLab(ctx, rec)
	if err != nil {
		s.cfg.Logger.Error("lab not stored", "lab", rec.ID, "state", rec.State, "error", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rec.Active.After(rec.Active) {
		rec.Active = b.rec.Active
	}
	b.rec = rec
	b.log, b.fix = why.log, why.fix
	b.canExtend = s.canExtend(rec)
	if rec.State != Queued {
		b.position, b.wait = 0, 0
	}
	b.publishLocked(b.labEvent())
	return err
}

// Estimate is how long a lab of the lesson takes to start, from the last fifty
// starts on this machine: the median and the time that nineteen of twenty stay
// within. Both are 0 before the first start.
func (s *Service) Estimate(ctx context.Context, lesson string) (median, p95 time.Duration, err error) {
	times, err := s.cfg.Store.StartTimes(ctx, lesson, 50)
	if err != nil {
		return 0, 0, err
	}
	return quantile(times, 0.5), quantile(times, 0.95), nil
}

// estimate looks up how long starts of the lesson took.
func (s *Service) estimate(ctx context.Context, b *bench) {
	median, p95, err := s.Estimate(ctx, b.key.lesson)
	if err != nil {
		s.cfg.Logger.Warn("start times not read", "lesson", b.key.lesson, "error", err)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.median, b.p95 = median, p95
}

// start brings the lab up and looks after it until ctx ends. clear removes what
// the engine holds of it before.
func (s *Service) start(ctx context.Context, b *bench, clear bool) {
	asked := s.cfg.Now()
	running, notice, err := s.open(ctx, b, clear)
	if ctx.Err() != nil {
		if running != nil {
			s.hand(b, running)
		}
		return // Whoever cancelled goes on from here, or the next server does.
	}
	if err != nil {
		s.startFailed(ctx, b, err)
		return
	}
	b.mu.Lock()
	b.session = running
	b.mu.Unlock()
	_ = s.turn(ctx, b, func(r *Record) { // It has told the log.
		now := s.cfg.Now()
		r.State, r.Reason = Running, ""
		r.Started, r.Active, r.Took = now, now, now.Sub(asked)
		r.Expires, r.Lease = now.Add(s.cfg.Lifetime), now.Add(leaseFor)
	})
	if notice != nil {
		b.publish(Event{Warning: notice})
	}
	s.keep(ctx, b, running)
}

// hand leaves a session that came too late to whoever cancelled its start.
func (s *Service) hand(b *bench, running session) {
	if s.ctx.Err() != nil {
		running.Detach()
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.session = running
}

// open waits for room and opens a session with the learner's files. When the lab
// does not start with them, it starts with the lesson's own and says so.
func (s *Service) open(ctx context.Context, b *bench, clear bool) (running session, notice *Warning, err error) {
	if clear {
		if err := s.clear(ctx, b); err != nil {
			return nil, nil, err
		}
	}
	if err := s.cfg.Engine.Ready(ctx); err != nil {
		return nil, nil, &notReadyError{err}
	}
	spec := s.spec(b)
	if err := s.cfg.Engine.Wait(ctx, spec, func(pos int) { s.queued(b, pos) }); err != nil {
		return nil, nil, err
	}
	_ = s.turn(ctx, b, func(r *Record) { r.State = Creating }) // It has told the log.
	files, changed, err := s.workspace(ctx, b)
	if err != nil {
		return nil, nil, err
	}
	running, err = s.opener.Open(ctx, spec, files, b.setNode)
	var bad *sandbox.StartError
	if len(changed) == 0 || !errors.As(err, &bad) {
		return running, nil, err
	}
	if err := s.remove(ctx, spec.ID); err != nil {
		return nil, nil, err
	}
	running, err = s.opener.Open(ctx, spec, b.starters(), b.setNode)
	return running, refusedFiles(changed, bad), err
}

// refusedFiles tells that the lab runs, but not with what the learner saved.
func refusedFiles(changed []string, bad *sandbox.StartError) *Warning {
	return &Warning{
		Message: fmt.Sprintf("The lab did not start with your saved %s: %s: %s It runs with the lesson's own files instead.", list(changed), bad.Node, ended(bad.Reason)),
		Fix:     "What you wrote is still in the editor: correct it and apply it again.",
	}
}

// notReadyError is what an engine says that cannot start labs.
type notReadyError struct{ cause error }

func (e *notReadyError) Error() string { return e.cause.Error() }

func (e *notReadyError) Unwrap() []error { return []error{e.cause, sandbox.ErrEngine} }

// queued notes the place in line.
func (s *Service) queued(b *bench, pos int) {
	wait := s.cfg.Engine.Estimate(pos)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.position, b.wait = pos, wait
	b.publishLocked(b.labEvent())
}

func (s *Service) spec(b *bench) sandbox.Spec {
	b.mu.Lock()
	defer b.mu.Unlock()
	return sandbox.Spec{ID: b.rec.ID, Owner: b.learner, Topology: b.lesson.Topology, Tier: s.cfg.Tier}
}

// startFailed removes what is left of a start and says why it failed.
func (s *Service) startFailed(ctx context.Context, b *bench, err error) {
	rec := b.record()
	s.cfg.Logger.Warn("lab did not start", "lab", rec.ID, "lesson", rec.Lesson, "error", err)
	if removal := s.remove(ctx, rec.ID); removal != nil {
		s.cfg.Logger.Warn("lab not removed; the sweep will", "lab", rec.ID, "error", removal)
	}
	why := explain(err)
	if missing := (*notReadyError)(nil); errors.As(err, &missing) {
		why.reason = "Labs cannot start now: " + sentence(said(missing))
	}
	s.markFailed(ctx, b, why)
}

func (s *Service) markFailed(ctx context.Context, b *bench, why failure) {
	_ = s.turnFor(ctx, b, why, func(r *Record) { r.State, r.Reason, r.Ended = Failed, why.reason, s.cfg.Now() }) // It has told the log.
}

// keep carries the session's news and runs traffic and live views until ctx ends.
func (s *Service) keep(ctx context.Context, b *bench, running session) {
	for _, state := range running.States() {
		b.setNode(state)
	}
	pumps := s.startPumps(ctx, b, running)
	for ctx.Err() == nil {
		for state := range running.Watch(ctx) {
			b.setNode(state)
		}
		if ctx.Err() == nil {
			s.lookSoon() // The session lost its lab; the engine knows why.
			sleep(ctx, recheckAfter)
		}
	}
	<-pumps
	if s.ctx.Err() != nil {
		b.takeSession()
		running.Detach()
	}
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// clearTimeout bounds how long the removal of a lab may take.
const clearTimeout = 30 * time.Second

// clear removes what the engine holds of the lab.
func (s *Service) clear(ctx context.Context, b *bench) error {
	running := b.takeSession()
	if running == nil {
		return s.remove(ctx, b.record().ID)
	}
	ctx, cancel := context.WithTimeout(ctx, clearTimeout)
	defer cancel()
	return running.Close(ctx)
}

func (s *Service) remove(ctx context.Context, lab string) error {
	ctx, cancel := context.WithTimeout(ctx, clearTimeout)
	defer cancel()
	return s.cfg.Engine.Remove(ctx, lab)
}

// finish removes a lab that is ending and marks it ended. What the engine does
// not remove now is swept later.
func (s *Service) finish(ctx context.Context, b *bench) {
	if err := s.clear(ctx, b); err != nil {
		s.cfg.Logger.Warn("ended lab not removed; the sweep will", slog.String("lab", b.record().ID), slog.Any("error", err))
	}
	if s.ctx.Err() != nil {
		return // The next server ends it.
	}
	_ = s.turn(ctx, b, func(r *Record) { r.State, r.Ended = Ended, s.cfg.Now() }) // It has told the log.
}
