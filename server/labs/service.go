package labs

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"sync"
	"time"

	"pattarai/sandbox"
	"pattarai/server/catalog"
	"pattarai/server/fault"
)

// Config is what a [Service] works with. Zero durations and numbers take the defaults.
type Config struct {
	Store   Store
	Engine  Engine
	Catalog interface{ Current() *catalog.Snapshot }
	Now     func() time.Time // Default [time.Now].
	NewID   func() string    // Of labs, [a-z0-9]{8,32}; default random.
	Tier    sandbox.Tier     // Default [sandbox.Standard].

	Lifetime      time.Duration         // Of a lab; default one hour.
	Extend        time.Duration         // What an extension adds; default half an hour.
	Extensions    int                   // How many there may be; default 3.
	Idle          time.Duration         // A lab ends after that long without activity; default 20 minutes.
	Grace         time.Duration         // Unknown labs younger than this are left alone; default two minutes.
	Kept          func(lab string) bool // Labs that somebody else looks after; default none.
	MaxPerLearner int                   // Labs at once; default 2.
	Logger        *slog.Logger          // Default [slog.Default].
}

func (c Config) withDefaults() Config {
	orElse := func(d *time.Duration, fallback time.Duration) {
		if *d == 0 {
			*d = fallback
		}
	}
	orElse(&c.Lifetime, time.Hour)
	orElse(&c.Extend, 30*time.Minute)
	orElse(&c.Idle, 20*time.Minute)
	orElse(&c.Grace, 2*time.Minute)
	if c.Kept == nil {
		c.Kept = func(string) bool { return false }
	}
	if c.Extensions == 0 {
		c.Extensions = 3
	}
	if c.MaxPerLearner == 0 {
		c.MaxPerLearner = 2
	}
	if c.Tier == "" {
		c.Tier = sandbox.Standard
	}
	if c.Now == nil {
		c.Now = time.Now //nolint:forbidigo // The clock where none is given.
	}
	if c.NewID == nil {
		c.NewID = func() string { return strings.ToLower(rand.Text()) }
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// Service keeps the labs. Its lessons come from a catalog snapshot, its containers
// from a pool, its truth from the store. Safe for concurrent use.
type Service struct {
	cfg    Config
	opener opener
	lookup func(id string) (*catalog.Lesson, bool)
	ctx    context.Context // Of everything in the background; ends with Close.
	stop   context.CancelFunc
	tasks  sync.WaitGroup
	look   chan struct{} // Asks Run to reconcile now.

	mu      sync.Mutex
	benches map[key]*bench
	closed  bool
	misses  int // Times in a row that the engine did not answer; only Run uses it.

	readyUntil time.Time // The engine need not be asked before; guarded by mu.
}

// key names a learner's place at a lesson.
type key struct{ learner, lesson string }

// New returns a service. [Service.Run] keeps its labs in order; [Service.Close] ends it.
func New(cfg Config) *Service {
	cfg = cfg.withDefaults()
	ctx, stop := context.WithCancel(context.Background())
	return &Service{
		cfg:     cfg,
		opener:  sessions{cfg.Engine},
		lookup:  func(id string) (*catalog.Lesson, bool) { return cfg.Catalog.Current().Lesson(id) },
		ctx:     ctx,
		stop:    stop,
		look:    make(chan struct{}, 1),
		benches: map[key]*bench{},
	}
}

// How often Run looks after what.
const (
	deadlineEvery  = 5 * time.Second  // Ends and warnings.
	reconcileEvery = 30 * time.Second // The engine against the database.
	recheckAfter   = 5 * time.Second  // An engine that did not answer is asked again.
)

// Run takes over the labs of an earlier server, then ends labs whose time is over
// and reconciles engine and database every 30 seconds, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	deadlines := time.NewTicker(deadlineEvery)
	defer deadlines.Stop()
	reconcile := time.NewTimer(0)
	defer reconcile.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.ctx.Done():
			return nil
		case <-deadlines.C:
			s.endOverdue()
			continue
		case <-s.look:
		case <-reconcile.C:
		}
		s.reconcile(ctx)
		if s.misses == 1 {
			reconcile.Reset(recheckAfter)
		} else {
			reconcile.Reset(reconcileEvery)
		}
	}
}

// lookSoon asks Run to reconcile without waiting for its turn.
func (s *Service) lookSoon() {
	select {
	case s.look <- struct{}{}:
	default:
	}
}

// Close lets go of every lab and leaves it running, to be adopted by the next
// server, and closes the channels of all subscribers. It waits for what is under
// way until ctx ends.
func (s *Service) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	for _, b := range s.all() {
		b.dismiss()
	}
	done := make(chan struct{})
	go func() { s.tasks.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// background runs work unless the service is closed already.
func (s *Service) background(work func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.tasks.Go(work)
	return true
}

// readyFor is how long a good answer of the engine holds for [Service.Available].
const readyFor = 5 * time.Second

// Available tells whether labs can start: nil or a fault for the learner.
func (s *Service) Available(ctx context.Context) error {
	s.mu.Lock()
	fresh := s.cfg.Now().Before(s.readyUntil)
	s.mu.Unlock()
	if fresh {
		return nil
	}
	err := s.cfg.Engine.Ready(ctx)
	if err == nil {
		s.mu.Lock()
		s.readyUntil = s.cfg.Now().Add(readyFor)
		s.mu.Unlock()
		return nil
	}
	return fault.Wrap(err, fault.Unavailable, "labs_unavailable",
		"Labs cannot start now: "+sentence(said(err)), "Reading and quizzes work meanwhile; come back to the lab later.")
}

// bench returns the learner's place at a lesson, making one when needed.
func (s *Service) bench(learner, lesson string) *bench {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key{learner, lesson}
	b := s.benches[k]
	if b == nil {
		b = &bench{key: k, traffic: Traffic{Rate: defaultRate}, kick: make(chan struct{}, 1), terminals: map[string]string{}}
		s.benches[k] = b
	}
	b.used = s.cfg.Now()
	return b
}

// find returns the learner's place at a lesson, or nil.
func (s *Service) find(learner, lesson string) *bench {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.benches[key{learner, lesson}]
}

// all returns the benches of everybody.
func (s *Service) all() []*bench {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*bench, 0, len(s.benches))
	for _, b := range s.benches {
		list = append(list, b)
	}
	return list
}

// forgetAfter is how long a lab that is over stays in memory.
const forgetAfter = time.Hour

// forget drops benches that nobody watches and where nothing has run for a while.
func (s *Service) forget(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, b := range s.benches {
		if now.Sub(b.used) > forgetAfter && b.abandoned() {
			delete(s.benches, k)
		}
	}
}
