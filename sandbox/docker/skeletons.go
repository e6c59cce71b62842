package docker

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"pattarai/sandbox"
)

const mostShapes = 64 // Remembered; more lessons than that share shapes.

// skeletons keeps one [skeleton] ready for each of the shapes that are wanted most:
// those launched last, then those that most lessons have. One goroutine makes and
// removes them.
type skeletons struct {
	engine *Engine
	limit  int
	wake   chan struct{}
	stop   context.CancelFunc
	done   sync.WaitGroup
	swept  time.Time // Only keep uses it.

	mu     sync.Mutex
	shapes []string // Most wanted first.
	ready  map[string]*skeleton
	paused time.Time // None is made before.
}

func newSkeletons(e *Engine, limit int) *skeletons {
	ctx, cancel := context.WithCancel(context.Background())
	s := &skeletons{engine: e, limit: limit, wake: make(chan struct{}, 1), stop: cancel, ready: map[string]*skeleton{}}
	s.done.Go(func() { s.keep(ctx) })
	return s
}

// Expect implements [sandbox.Preparer].
func (e *Engine) Expect(topologies []sandbox.Topology) {
	lessons := map[string]int{}
	var shapes []string
	for _, t := range topologies {
		shape := shapeOf(withProbe(t.Nodes))
		if lessons[shape]++; lessons[shape] == 1 {
			shapes = append(shapes, shape)
		}
	}
	slices.SortStableFunc(shapes, func(a, b string) int { return cmp.Compare(lessons[b], lessons[a]) })
	e.skeletons.expect(shapes)
}

func (s *skeletons) expect(shapes []string) {
	s.mu.Lock()
	for _, shape := range shapes {
		if len(s.shapes) < mostShapes && !slices.Contains(s.shapes, shape) {
			s.shapes = append(s.shapes, shape)
		}
	}
	s.mu.Unlock()
	s.rouse()
}

// take returns a skeleton of that shape, nil when none is ready, and remembers
// that a shape that is expected was wanted.
func (s *skeletons) take(shape string) *skeleton {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.ready[shape]
	delete(s.ready, shape)
	if i := slices.Index(s.shapes, shape); i >= 0 {
		s.shapes = slices.Insert(slices.Delete(s.shapes, i, i+1), 0, shape)
	}
	s.paused = time.Now().Add(takePause)
	time.AfterFunc(takePause, s.rouse)
	return got
}

// rouse asks for a look at what is wanted; it does not wait.
func (s *skeletons) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// keep makes what is wanted and removes what is not, until ctx ends.
func (s *skeletons) keep(ctx context.Context) {
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
		s.fill(ctx)
		if err := s.removeAll(ctx, s.unwanted()); err != nil {
			s.engine.config.Logger.Warn("a network kept ready is left", "error", err)
		}
	}
}

// fill makes what is missing. A failure waits for the next look.
func (s *skeletons) fill(ctx context.Context) {
	for shape := s.missing(time.Now()); shape != "" && ctx.Err() == nil; shape = s.missing(time.Now()) {
		made, err := s.engine.makeSkeleton(ctx, shape)
		if err != nil {
			s.engine.config.Logger.Warn("no network kept ready", "shape", shape, "error", err)
			return
		}
		s.mu.Lock()
		s.ready[shape] = made
		s.mu.Unlock()
	}
}

// missing is the most wanted shape of which there is no skeleton, "" when there is
// none or when labs start just now, which comes first.
func (s *skeletons) missing(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.paused) {
		return ""
	}
	for _, shape := range s.wanted() {
		if s.ready[shape] == nil {
			return shape
		}
	}
	return ""
}

func (s *skeletons) wanted() []string { return s.shapes[:min(len(s.shapes), max(0, s.limit))] }

// unwanted hands out the skeletons of shapes that others have displaced.
func (s *skeletons) unwanted() []*skeleton {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*skeleton
	for shape, got := range s.ready {
		if !slices.Contains(s.wanted(), shape) {
			out = append(out, got)
			delete(s.ready, shape)
		}
	}
	return out
}

func (s *skeletons) removeAll(ctx context.Context, list []*skeleton) error {
	var errs []error
	for _, got := range list {
		errs = append(errs, s.engine.removeNow(ctx, got.id, got.network.name))
	}
	return errors.Join(errs...)
}

// sweep looks now and then for skeletons of processes that died.
func (s *skeletons) sweep(ctx context.Context) {
	if time.Since(s.swept) < leftoverAge {
		return
	}
	if s.engine.sweepSkeletons(ctx, leftoverAge, s.has) == nil {
		s.swept = time.Now()
	}
}

func (s *skeletons) has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, got := range s.ready {
		if got.id == id {
			return true
		}
	}
	return false
}

// close ends the making and removes what was kept ready.
func (s *skeletons) close(ctx context.Context) error {
	s.stop()
	s.done.Wait()
	s.mu.Lock()
	s.limit = 0 // Nothing is wanted any more.
	s.mu.Unlock()
	return s.removeAll(ctx, s.unwanted())
}
