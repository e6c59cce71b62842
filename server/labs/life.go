package labs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"pattarai/sandbox"
	"pattarai/server/catalog"
	"pattarai/server/fault"
)

// leaseFor is how long a record says that a server looks after its lab; it is
// renewed at every reconciliation.
const leaseFor = 2 * reconcileEvery

// Start asks for the learner's lab of a lesson and returns at once; news come by
// [Service.Subscribe]. It is idempotent while the lab is not over.
//
// Faults: NotFound without such a lesson or lab, TooMany when the learner has as
// many labs as one may have.
func (s *Service) Start(ctx context.Context, learner, lesson string) (View, error) {
	l, err := s.lesson(lesson)
	if err != nil {
		return View{}, err
	}
	b := s.bench(learner, lesson)
	b.op.Lock()
	defer b.op.Unlock()
	if b.isOpen() {
		b.touch(s.cfg.Now())
		return b.view(), nil
	}
	if err := s.claim(b); err != nil {
		return View{}, err
	}
	defer s.unclaim(b)
	rec := s.newRecord(learner, l)
	if err := s.cfg.Store.InsertLab(ctx, rec); err != nil {
		return s.startKnown(ctx, b, err)
	}
	b.place(rec, l)
	s.estimate(ctx, b)
	if !s.replace(b, func(ctx context.Context) { s.start(ctx, b, false) }) {
		return View{}, closing()
	}
	return b.view(), nil
}

func (s *Service) newRecord(learner string, l *catalog.Lesson) Record {
	now := s.cfg.Now()
	return Record{ID: s.cfg.NewID(), Learner: learner, Lesson: l.ID(), State: Queued,
		Hash: l.Topology.Hash, Created: now, Active: now, Lease: now.Add(leaseFor)}
}

// startKnown takes over the open lab that the store refused a second one for.
func (s *Service) startKnown(ctx context.Context, b *bench, refused error) (View, error) {
	if fault.Of(refused).Kind != fault.Conflict {
		return View{}, refused
	}
	rec, err := s.cfg.Store.OpenLab(ctx, b.learner, b.key.lesson)
	if err != nil {
		return View{}, err
	}
	s.recover(b, rec)
	return b.view(), nil
}

// claim makes sure that the learner may have one lab more.
func (s *Service) claim(b *bench) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return closing()
	}
	var titles []string
	for k, other := range s.benches {
		if k.learner == b.learner && other != b && (other.claimed || other.isOpen()) {
			titles = append(titles, s.title(k.lesson))
		}
	}
	if len(titles) >= s.cfg.MaxPerLearner {
		slices.Sort(titles)
		return fault.New(fault.TooMany, "too_many_labs",
			fmt.Sprintf("Your lab of %s still runs, and %d at a time is the most.", list(titles), s.cfg.MaxPerLearner),
			"End one of them, then start this one; your files stay in both.")
	}
	b.claimed = true
	return nil
}

func (s *Service) unclaim(b *bench) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.claimed = false
}

// title is what the learner knows a lesson by.
func (s *Service) title(id string) string {
	l, ok := s.lookup(id)
	if !ok || l.Lesson == nil || l.Texts["en"] == nil {
		return id
	}
	return "“" + l.Texts["en"].Title + "”"
}

// Extend moves the end of the lab. Faults: Unavailable when it does not run,
// TooMany when it was extended as often as it may be.
func (s *Service) Extend(ctx context.Context, learner, lesson string) (View, error) {
	b, unlock, err := s.decide(ctx, learner, lesson)
	if err != nil {
		return View{}, err
	}
	defer unlock()
	if b.running() == nil {
		return View{}, notRunning()
	}
	if !s.canExtend(b.record()) {
		return View{}, fault.New(fault.TooMany, "lab_not_extendable",
			fmt.Sprintf("This lab was extended %d times, which is the most.", s.cfg.Extensions),
			"Your files are saved: when its time is over, start a new lab and go on.")
	}
	err = s.turn(ctx, b, func(r *Record) {
		r.Expires = r.Expires.Add(s.cfg.Extend)
		r.Active = s.cfg.Now()
	})
	return b.view(), err
}

// canExtend tells whether another extension is allowed. The number of those
// before follows from the times of the record.
func (s *Service) canExtend(r Record) bool {
	last := r.Started.Add(s.cfg.Lifetime + time.Duration(s.cfg.Extensions)*s.cfg.Extend)
	return r.State == Running && !r.Expires.Add(s.cfg.Extend).After(last)
}

// Restart gives the lab new containers with the learner's files. A lab that is
// over is started. Faults as [Service.Start].
func (s *Service) Restart(ctx context.Context, learner, lesson string) (View, error) {
	b, unlock, err := s.decide(ctx, learner, lesson)
	if err != nil {
		return View{}, err
	}
	if !b.isOpen() {
		unlock()
		return s.Start(ctx, learner, lesson)
	}
	defer unlock()
	l, err := s.lesson(lesson)
	if err != nil {
		return View{}, err
	}
	b.halt()
	err = s.turn(context.WithoutCancel(ctx), b, func(r *Record) {
		r.State, r.Reason, r.Hash, r.Active = Queued, "", l.Topology.Hash, s.cfg.Now()
	})
	if err != nil {
		s.cfg.Logger.Warn("restarting all the same", "lab", b.record().ID)
	}
	b.place(b.record(), l)
	if !s.replace(b, func(ctx context.Context) { s.start(ctx, b, true) }) {
		return View{}, closing()
	}
	return b.view(), nil
}

// Reset is Restart with the lesson's own files; the learner's stay in history.
func (s *Service) Reset(ctx context.Context, learner, lesson string) (View, error) {
	l, err := s.lesson(lesson)
	if err != nil {
		return View{}, err
	}
	if err := s.cfg.Store.ResetFiles(ctx, learner, lesson); err != nil {
		return View{}, err
	}
	b := s.bench(learner, lesson)
	for _, path := range l.Exercise.Edit {
		b.publish(Event{File: &FileNews{Path: path}})
	}
	return s.Restart(ctx, learner, lesson)
}

// End ends the lab. Files stay. Ending what is over changes nothing.
func (s *Service) End(ctx context.Context, learner, lesson string) (View, error) {
	b, unlock, err := s.decide(ctx, learner, lesson)
	if err != nil {
		return View{}, err
	}
	defer unlock()
	if err := s.end(ctx, b, "You ended it."); err != nil {
		return View{}, err
	}
	return b.view(), nil
}

// end begins to end a lab; op is held.
func (s *Service) end(ctx context.Context, b *bench, reason string) error {
	if state := b.record().State; state.over() || state == Ending {
		return nil
	}
	b.halt()
	if err := s.turn(context.WithoutCancel(ctx), b, func(r *Record) { r.State, r.Reason = Ending, reason }); err != nil {
		s.cfg.Logger.Warn("ending all the same", "lab", b.record().ID)
	}
	if !s.replace(b, func(ctx context.Context) { s.finish(ctx, b) }) {
		return closing()
	}
	return nil
}

// decide locks the learner's place at a lesson for a decision, taking over an
// open lab that only the store knows.
func (s *Service) decide(ctx context.Context, learner, lesson string) (b *bench, unlock func(), err error) {
	if _, err := s.lesson(lesson); err != nil {
		return nil, nil, err
	}
	b = s.bench(learner, lesson)
	b.op.Lock()
	if !b.isOpen() {
		if rec, err := s.cfg.Store.OpenLab(ctx, learner, lesson); err == nil {
			s.recover(b, rec)
		}
	}
	return b, b.op.Unlock, nil
}

// View is the learner's newest lab of a lesson; ok is false when there never was
// one, or it was over before this server started. Who looks at a lab that does not
// run will probably start it, so the engine may get ready for that.
func (s *Service) View(ctx context.Context, learner, lesson string) (v View, ok bool, err error) {
	v, ok, err = s.newestLab(ctx, learner, lesson)
	if err == nil && (!ok || v.State.over()) {
		s.prepare(lesson)
	}
	return v, ok, err
}

func (s *Service) newestLab(ctx context.Context, learner, lesson string) (v View, ok bool, err error) {
	if b := s.find(learner, lesson); b != nil {
		if v := b.view(); v.ID != "" {
			return v, true, nil
		}
	}
	rec, err := s.cfg.Store.OpenLab(ctx, learner, lesson)
	switch {
	case err == nil:
		return View{Record: rec, Traffic: Traffic{Rate: defaultRate}}, true, nil
	case fault.Of(err).Kind == fault.NotFound:
		return View{}, false, nil
	}
	return View{}, false, err
}

// prepare tells the engine that the lesson's lab will probably be asked for.
func (s *Service) prepare(lesson string) {
	if l, err := s.lesson(lesson); err == nil {
		s.cfg.Engine.Prepare(l.Topology, s.cfg.Tier)
	}
}

// Control breaks or mends a node. Faults: Unavailable when the lab does not run,
// NotFound for a node it has not, Conflict when the node does not come up again.
func (s *Service) Control(ctx context.Context, learner, lesson, node string, action sandbox.Action) error {
	b, running, err := s.working(learner, lesson)
	if err != nil {
		return err
	}
	if topology := b.topology(); !has(topology, node) {
		return unknownNode(node, topology)
	}
	return trouble(running.Control(ctx, node, action))
}

// Break makes a running node suffer something. Faults: those of [Service.Control],
// Invalid for what cannot be, Conflict where links cannot be spoilt.
func (s *Service) Break(ctx context.Context, learner, lesson, node string, f sandbox.Fault) error {
	if err := f.Check(); err != nil {
		return fault.New(fault.Invalid, "bad_fault", sentence(err.Error()), "Choose one of the faults in the node's menu.")
	}
	b, running, err := s.working(learner, lesson)
	if err != nil {
		return err
	}
	topology := b.topology()
	for _, name := range []string{node, f.Peer} {
		if name != "" && !has(topology, name) {
			return unknownNode(name, topology)
		}
	}
	return trouble(running.Break(ctx, node, f))
}

// Mend ends what a node suffers of a kind, or all of it when kind is "". Faults:
// those of [Service.Control].
func (s *Service) Mend(ctx context.Context, learner, lesson, node string, kind sandbox.FaultKind) error {
	b, running, err := s.working(learner, lesson)
	if err != nil {
		return err
	}
	if topology := b.topology(); !has(topology, node) {
		return unknownNode(node, topology)
	}
	return trouble(running.Mend(ctx, node, kind))
}

func has(t sandbox.Topology, node string) bool {
	_, ok := t.Node(node)
	return ok
}

// Session is the running session of the learner's lab, for graders and previews.
// Fault: Unavailable when it does not run.
func (s *Service) Session(ctx context.Context, learner, lesson string) (*sandbox.Session, error) {
	_, running, err := s.working(learner, lesson)
	if err != nil {
		return nil, err
	}
	return sessionOf(running)
}

// ByID finds a lab that is running by its id and owner, for previews. Fault:
// NotFound otherwise, also for somebody else's.
func (s *Service) ByID(ctx context.Context, learner, lab string) (*sandbox.Session, error) {
	for _, b := range s.all() {
		if b.learner != learner || b.record().ID != lab {
			continue
		}
		if running := b.running(); running != nil {
			b.touch(s.cfg.Now())
			return sessionOf(running)
		}
	}
	return nil, fault.New(fault.NotFound, "lab_not_found", "There is no such lab running for you.", "Open the lesson and start its lab.")
}

func sessionOf(running session) (*sandbox.Session, error) {
	if r, ok := running.(realSession); ok {
		return r.Session, nil
	}
	return nil, notRunning()
}

// working returns the running lab at a place and notes the activity.
func (s *Service) working(learner, lesson string) (*bench, session, error) {
	if _, err := s.lesson(lesson); err != nil {
		return nil, nil, err
	}
	b := s.find(learner, lesson)
	if b == nil {
		return nil, nil, notRunning()
	}
	running := b.running()
	if running == nil {
		return nil, nil, notRunning()
	}
	b.touch(s.cfg.Now())
	return b, running, nil
}

// topology is what the lab at the bench runs.
func (b *bench) topology() sandbox.Topology {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.lesson.Topology
}
