package docker

import (
	"context"
	"errors"
	"sync"
	"time"

	"pattarai/sandbox"
)

const (
	wantedFor   = 10 * time.Minute // After that without demand a set is removed.
	keptAtLeast = 30 * time.Second // So long a want is not displaced by newer ones.
	lookPause   = time.Second      // After demand begins: the page that wants it is loaded first.
	takePause   = 3 * time.Second  // After a set was taken: its lab starts first.
	failPause   = time.Minute      // After a set could not be made.
	stockLook   = time.Minute      // Between looks for what nobody wants any more.
)

// stock keeps sets ready for the labs that are wanted most recently, at most one
// of a kind. One goroutine makes and removes them, one after another.
type stock struct {
	engine *Engine
	limit  int
	wake   chan struct{}
	stop   context.CancelFunc
	done   sync.WaitGroup
	swept  time.Time // Only keep uses it.

	mu      sync.Mutex
	wants   map[string]*want // By specHash; no more than limit.
	unasked []*set           // To be removed.
}

// want is the demand for one kind of lab.
type want struct {
	spec   sandbox.Spec // Without ID and owner.
	at     time.Time    // When it was last wanted.
	asked  int          // How often it was wanted and no lab came of it yet.
	set    *set         // Nil when there is none; it may still be in the making.
	paused time.Time    // No set is made before.
}

func newStock(e *Engine, limit int) *stock {
	ctx, cancel := context.WithCancel(context.Background())
	s := &stock{engine: e, limit: limit, wake: make(chan struct{}, 1), stop: cancel, wants: map[string]*want{}}
	s.done.Go(func() { s.keep(ctx) })
	return s
}

// Prepare implements [sandbox.Preparer].
func (e *Engine) Prepare(t sandbox.Topology, tier sandbox.Tier) {
	e.stock.want(sandbox.Spec{Topology: t, Tier: tier.AtLeast(t.Tier)}, time.Now())
}

// want notes demand. It is ignored while as many other kinds of lab are wanted as
// may be kept ready, so that leafing through lessons does not keep the engine busy.
func (s *stock) want(spec sandbox.Spec, now time.Time) {
	key := specHash(spec)
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.wants[key]
	if w == nil {
		if !s.makeRoom(now) {
			return
		}
		w = &want{spec: spec}
		s.wants[key] = w
	}
	if w.asked == 0 {
		s.pause(w, now, lookPause)
	}
	w.at = now
	w.asked++
}

// pause keeps a set from being made for a while.
func (s *stock) pause(w *want, now time.Time, d time.Duration) {
	w.paused = now.Add(d)
	time.AfterFunc(d, s.rouse)
}

// makeRoom makes room for one want more, if need be at the cost of the one that is
// wanted least recently.
func (s *stock) makeRoom(now time.Time) bool {
	if len(s.wants) < s.limit {
		return true
	}
	oldest := ""
	for key, w := range s.wants {
		if oldest == "" || w.at.Before(s.wants[oldest].at) {
			oldest = key
		}
	}
	if oldest == "" || now.Sub(s.wants[oldest].at) < keptAtLeast {
		return false
	}
	s.drop(oldest)
	return true
}

// drop forgets a want; its set is removed in time.
func (s *stock) drop(key string) {
	if got := s.wants[key].set; got != nil {
		s.unasked = append(s.unasked, got)
	}
	delete(s.wants, key)
}

// rouse asks for a look at the wants; it does not wait.
func (s *stock) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take returns a set of that kind that no lab has, nil when there is none. It
// waits for one in the making, which is sooner ready than another begun now.
func (s *stock) take(ctx context.Context, key string) *set {
	got := s.hand(key, time.Now())
	if got == nil {
		return nil
	}
	select {
	case <-got.ready:
	case <-ctx.Done():
		s.mu.Lock()
		s.unasked = append(s.unasked, got)
		s.mu.Unlock()
		s.rouse()
		return nil
	}
	if got.err != nil {
		return nil
	}
	return got
}

// hand takes the set out of a want, and has another made when there is demand left.
func (s *stock) hand(key string, now time.Time) *set {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.wants[key]
	if w == nil {
		return nil
	}
	got := w.set
	w.set, w.asked = nil, max(0, w.asked-1)
	s.pause(w, now, takePause)
	return got
}

// keep makes what is wanted and removes what is not, until ctx ends.
func (s *stock) keep(ctx context.Context) {
	look := time.NewTicker(stockLook)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-look.C:
		}
		s.sweep(ctx)
		s.tidy(ctx)
		for w, next := s.next(time.Now()); w != nil && ctx.Err() == nil; w, next = s.next(time.Now()) {
			s.assemble(ctx, w, next)
			s.tidy(ctx)
		}
	}
}

// next begins a set for the want that is due and most recent.
func (s *stock) next(now time.Time) (*want, *set) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due *want
	for _, w := range s.wants {
		if w.set == nil && w.asked > 0 && !now.Before(w.paused) && (due == nil || w.at.After(due.at)) {
			due = w
		}
	}
	if due == nil {
		return nil, nil
	}
	due.set = newSet()
	return due, due.set
}

// assemble makes a set. Whoever waits for one that fails makes a lab from nothing, and
// is told there why that fails.
func (s *stock) assemble(ctx context.Context, w *want, made *set) {
	defer close(made.ready)
	spec := w.spec
	spec.ID = made.id
	made.plans, made.err = s.engine.assemble(ctx, spec, true)
	if made.err == nil {
		return
	}
	if ctx.Err() == nil {
		s.engine.config.Logger.Warn("no set kept ready", "topology", spec.Topology.Name, "error", made.err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pause(w, time.Now(), failPause)
	if w.set == made {
		w.set = nil
	}
}

// tidy removes sets that nobody wants.
func (s *stock) tidy(ctx context.Context) {
	if err := s.removeAll(ctx, s.lapse(time.Now())); err != nil {
		s.engine.config.Logger.Warn("a set that nobody wants is left", "error", err)
	}
}

// lapse forgets wants without demand and hands out all sets that nobody wants.
func (s *stock) lapse(now time.Time) []*set {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, w := range s.wants {
		if now.Sub(w.at) > wantedFor {
			s.drop(key)
		}
	}
	unasked := s.unasked
	s.unasked = nil
	return unasked
}

// removeAll removes sets that are made.
func (s *stock) removeAll(ctx context.Context, sets []*set) error {
	errs := make([]error, len(sets))
	var wg sync.WaitGroup
	for i, got := range sets {
		if got.err == nil {
			wg.Go(func() { errs[i] = s.engine.removeNow(ctx, got.id, got.plans[0].network.name) })
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}

// sweep looks now and then for sets of processes that died.
func (s *stock) sweep(ctx context.Context) {
	if time.Since(s.swept) < leftoverAge {
		return
	}
	if s.engine.sweepSets(ctx, leftoverAge, s.has) == nil {
		s.swept = time.Now()
	}
}

// has tells whether a set is in stock.
func (s *stock) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.wants {
		if w.set != nil && w.set.id == id {
			return true
		}
	}
	return false
}

// close ends the making and removes what was kept ready.
func (s *stock) close(ctx context.Context) error {
	s.stop()
	s.done.Wait()
	s.mu.Lock()
	for key := range s.wants {
		s.drop(key)
	}
	unasked := s.unasked
	s.unasked, s.limit = nil, 0 // Nothing is wanted any more.
	s.mu.Unlock()
	return s.removeAll(ctx, unasked)
}
