package labs

import (
	"context"
	"errors"
	"time"

	"pattarai/sandbox"
	"pattarai/server/catalog"
)

// reconcile compares what the database says with what the engine holds: it takes
// over labs of an earlier server, fails those whose containers are gone, and
// sweeps containers that belong to no lab.
func (s *Service) reconcile(ctx context.Context) {
	records, err := s.cfg.Store.Labs(ctx, true)
	if err != nil {
		s.cfg.Logger.Error("labs not read; nothing is swept", "error", err)
		return
	}
	known := map[string]bool{}
	for _, rec := range records {
		known[rec.ID] = true
		s.takeOver(rec)
	}
	before := s.runningLabs()
	held, err := s.cfg.Engine.List(ctx)
	if err != nil {
		s.missed(ctx, err)
		return
	}
	s.misses = 0
	s.failVanished(ctx, before, held)
	for _, b := range s.all() {
		known[b.record().ID] = true // What was asked for meanwhile; ended labs are swept below.
		if !b.isOpen() {
			delete(known, b.record().ID)
		}
	}
	s.sweep(ctx, held, known)
	s.cfg.Engine.Expect(labTopologies(s.cfg.Catalog.Current()))
	s.renew(ctx)
	s.forget(s.cfg.Now())
}

// takeOver puts a lab on its bench that only the store knows.
func (s *Service) takeOver(rec Record) {
	b := s.bench(rec.Learner, rec.Lesson)
	b.op.Lock()
	defer b.op.Unlock()
	if b.record().ID != rec.ID && !b.isOpen() {
		s.recover(b, rec)
	}
}

// recover goes on with a lab where an earlier server left off; op is held.
func (s *Service) recover(b *bench, rec Record) {
	l, ok := s.lookup(rec.Lesson)
	if ok && l.HasLab() {
		b.place(rec, l)
	} else {
		b.place(rec, nil)
	}
	work := func(ctx context.Context) { s.start(ctx, b, true) }
	switch {
	case rec.State == Ending:
		work = func(ctx context.Context) { s.finish(ctx, b) }
	case !ok || !l.HasLab() || (rec.State == Running && rec.Hash != l.Topology.Hash):
		_ = s.turn(s.ctx, b, func(r *Record) { // It has told the log.
			r.State, r.Reason = Ending, "The lesson was changed, so its old lab ended. Your files are safe."
		})
		work = func(ctx context.Context) { s.finish(ctx, b) }
	case rec.State == Running:
		work = func(ctx context.Context) { s.adopt(ctx, b) }
	}
	s.replace(b, work)
}

// adopt takes over a running lab's containers and looks after them. While the
// engine does not answer it tries again; reconcile decides when that is too long.
func (s *Service) adopt(ctx context.Context, b *bench) {
	spec := s.spec(b)
	for ctx.Err() == nil {
		running, err := s.adoptOnce(ctx, b, spec)
		switch {
		case err == nil:
			s.cfg.Engine.Hold(spec)
			s.adopted(ctx, b, running)
			return
		case errors.Is(err, sandbox.ErrNoLab):
			s.markFailed(ctx, b, vanished)
			return
		case ctx.Err() == nil:
			s.cfg.Logger.Warn("lab not taken over yet", "lab", spec.ID, "error", err)
			sleep(ctx, recheckAfter)
		}
	}
}

func (s *Service) adoptOnce(ctx context.Context, b *bench, spec sandbox.Spec) (session, error) {
	files, _, err := s.workspace(ctx, b)
	if err != nil {
		return nil, err
	}
	return s.opener.Adopt(ctx, spec, files)
}

func (s *Service) adopted(ctx context.Context, b *bench, running session) {
	b.mu.Lock()
	b.session = running
	b.canExtend = s.canExtend(b.rec)
	b.mu.Unlock()
	s.recallTerminals(ctx, b, running)
	_ = s.turn(ctx, b, func(r *Record) { r.Lease = s.cfg.Now().Add(leaseFor) }) // It has told the log.
	s.keep(ctx, b, running)
}

// Why a running lab may fail.
var (
	vanished = failure{"The lab's containers are gone: the host or its container engine was restarted, or somebody removed them.",
		"Start the lab again; your files are safe.", ""}
	engineStopped = failure{"The container engine stopped, and the lab with it.",
		"Your files are safe. Start the lab again in a moment; if it stays, tell whoever runs this server.", ""}
)

// runningLabs returns the benches whose labs run, by lab id.
func (s *Service) runningLabs() map[string]*bench {
	labs := map[string]*bench{}
	for _, b := range s.all() {
		if rec := b.record(); rec.State == Running {
			labs[rec.ID] = b
		}
	}
	return labs
}

// missed notes that the engine did not answer; the second time in a row, its labs
// are given up.
func (s *Service) missed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	s.misses++
	s.cfg.Logger.Error("container engine does not answer", "times", s.misses, "error", err)
	if s.misses < 2 {
		return
	}
	for id, b := range s.runningLabs() {
		s.giveUp(ctx, b, id, engineStopped)
	}
}

// failVanished fails running labs that the engine no longer holds, or of which no
// container runs, not even the probe that no learner can stop.
func (s *Service) failVanished(ctx context.Context, running map[string]*bench, held []sandbox.Lab) {
	byID := map[string]sandbox.Lab{}
	for _, lab := range held {
		byID[lab.ID] = lab
	}
	for id, b := range running {
		lab, ok := byID[id]
		switch {
		case !ok:
			s.giveUp(ctx, b, id, vanished)
		case stoppedWhole(lab):
			s.giveUp(ctx, b, id, engineStopped)
		}
	}
}

func stoppedWhole(lab sandbox.Lab) bool {
	for _, n := range lab.Nodes {
		if n.Running || n.Paused {
			return false
		}
	}
	return true
}

// giveUp marks a running lab as failed and lets go of it. What the engine still
// holds of it is swept.
func (s *Service) giveUp(ctx context.Context, b *bench, lab string, why failure) {
	b.op.Lock()
	defer b.op.Unlock()
	if rec := b.record(); rec.ID != lab || rec.State != Running {
		return
	}
	s.cfg.Logger.Warn("lab lost", "lab", lab, "reason", why.reason)
	b.halt()
	s.markFailed(ctx, b, why)
	s.replace(b, func(context.Context) {
		if running := b.takeSession(); running != nil {
			running.Detach()
		}
	})
}

// sweep removes labs that nobody knows. Young ones are left alone: somebody may
// be about to store them.
func (s *Service) sweep(ctx context.Context, held []sandbox.Lab, known map[string]bool) {
	for _, lab := range held {
		if known[lab.ID] || s.cfg.Kept(lab.ID) || s.cfg.Now().Sub(lab.Created) < s.cfg.Grace {
			continue
		}
		s.cfg.Logger.Info("sweeping a lab that nobody knows", "lab", lab.ID, "age", s.cfg.Now().Sub(lab.Created).Round(time.Second))
		if err := s.remove(ctx, lab.ID); err != nil {
			s.cfg.Logger.Warn("lab not swept", "lab", lab.ID, "error", err)
		}
	}
}

// renew stores that the running labs are looked after, and when they were used.
func (s *Service) renew(ctx context.Context) {
	for _, b := range s.runningLabs() {
		b.write.Lock()
		rec := b.record()
		rec.Lease = s.cfg.Now().Add(leaseFor)
		if rec.State == Running {
			if err := s.cfg.Store.UpdateLab(ctx, rec); err != nil {
				s.cfg.Logger.Warn("lease not renewed", "lab", rec.ID, "error", err)
			}
		}
		b.write.Unlock()
	}
}

// labTopologies lists the topology of every lesson that has a lab.
func labTopologies(now *catalog.Snapshot) []sandbox.Topology {
	var all []sandbox.Topology
	for _, course := range now.Courses {
		for _, part := range course.Lessons {
			if l, ok := now.Lesson(part.ID()); ok && l.HasLab() {
				all = append(all, l.Topology)
			}
		}
	}
	return all
}
