package agent

import (
	"context"
	"encoding/json"
	"sync"
	"time"
)

// Defaults of a [HealthCheck] and its first pauses.
const (
	defaultInterval = 2 * time.Second
	healthTimeout   = 5 * time.Second
	defaultRetries  = 3
	firstPause      = 50 * time.Millisecond
	minLoadEvery    = 100 * time.Millisecond
)

// The states of health.
const (
	healthStarting  = "starting"
	healthHealthy   = "healthy"
	healthUnhealthy = "unhealthy"
)

// HealthCheck makes the agent run a test again and again while the service runs
// and report changes as events. Zero values mean an interval of two seconds, a
// timeout of five and three retries.
type HealthCheck struct {
	Test        []string      `json:"test"`
	Interval    time.Duration `json:"interval"` // While not yet healthy the agent asks every 50 ms at first, backing off to Interval.
	Timeout     time.Duration `json:"timeout"`
	StartPeriod time.Duration `json:"start_period"` // Failures within it do not count.
	Retries     int           `json:"retries"`      // This many failures in a row make it unhealthy.
}

// Event is news from the agent.
type Event struct {
	Kind    string        `json:"kind"`    // "service", "health" or "load".
	State   string        `json:"state"`   // service: running, exited. health: starting, healthy, unhealthy.
	Exit    int           `json:"exit"`    // With service exited.
	Output  string        `json:"output"`  // Last lines of the log or of the failing test, at most 2 KiB.
	CPU     float64       `json:"cpu"`     // With load: cores in use since the last sample.
	Memory  int64         `json:"memory"`  // With load: bytes in use (cgroup, v1 or v2; 0 when unreadable).
	OOMs    int64         `json:"ooms"`    // With load: processes the kernel killed for memory so far.
	At      time.Time     `json:"at"`      //
	Elapsed time.Duration `json:"elapsed"` // Since the service was started.
}

type watchRequest struct {
	Health    *HealthCheck  `json:"health"`
	LoadEvery time.Duration `json:"load_every"`
}

// Watch subscribes to events: first the service's present state (nothing when it
// was never started), then every change, and a load sample every loadEvery (0 for
// none, 100 ms at least). The channel closes with the connection or ctx. health
// may be nil.
func (c *Client) Watch(ctx context.Context, health *HealthCheck, loadEvery time.Duration) (<-chan Event, error) {
	p, err := c.begin(ctx, opWatch, watchRequest{Health: health, LoadEvery: loadEvery})
	if err != nil {
		return nil, err
	}
	if err := p.answer(nil); err != nil {
		p.finish()
		return nil, err
	}
	events := make(chan Event, eventQueue)
	go func() {
		defer close(events)
		defer p.finish()
		p.copyEvents(events)
	}()
	return events, nil
}

func (p *call) copyEvents(events chan<- Event) {
	for {
		_, payload, err := p.frame()
		if err != nil {
			return
		}
		var e Event
		if err := json.Unmarshal(payload, &e); err != nil {
			return
		}
		select {
		case events <- e:
		case <-p.ctx.Done():
			return
		}
	}
}

// watch answers opWatch.
func (s *server) watch(ctx context.Context, w *wire, body json.RawMessage) error {
	var req watchRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return err
	}
	if err := w.writeLine(response{}); err != nil {
		return err
	}
	ctx, stop := untilHangUp(ctx, w)
	defer stop()
	events, cancel := s.service.subscribe()
	defer cancel()
	load, stopLoad := every(req.LoadEvery)
	defer stopLoad()
	watch := &watcher{server: s, health: req.Health, news: make(chan Event), before: s.load.sample()}
	defer watch.stop()
	for ctx.Err() == nil {
		var news Event
		select {
		case <-ctx.Done():
			continue
		case news = <-events:
			watch.follow(ctx, news)
		case news = <-watch.news:
		case <-load:
			news = watch.load()
		}
		if w.writeJSON(frameNews, news) != nil {
			break
		}
	}
	return nil
}

// every ticks at most each minLoadEvery; never when d is 0.
func every(d time.Duration) (<-chan time.Time, func()) {
	if d <= 0 {
		return nil, func() {}
	}
	ticker := time.NewTicker(max(d, minLoadEvery))
	return ticker.C, ticker.Stop
}

// watcher makes the events of one subscription.
type watcher struct {
	server *server
	health *HealthCheck
	news   chan Event
	before sample
	cancel context.CancelFunc
	tests  sync.WaitGroup
}

// follow begins the health tests with the service and ends them with it.
func (t *watcher) follow(ctx context.Context, service Event) {
	t.stop()
	if t.health == nil || service.State != stateRunning {
		return
	}
	ctx, t.cancel = context.WithCancel(ctx)
	t.tests.Go(func() { t.test(ctx, t.health.withDefaults()) })
}

// stop ends the tests, waiting for the one that runs.
func (t *watcher) stop() {
	if t.cancel != nil {
		t.cancel()
		t.tests.Wait()
		t.cancel = nil
	}
}

func (t *watcher) load() Event {
	now := t.server.load.sample()
	e := Event{Kind: "load", CPU: now.cores(t.before), Memory: now.memory, OOMs: now.ooms, At: now.at, Elapsed: t.server.service.age()}
	t.before = now
	return e
}

// test runs the health test until ctx ends and reports each change of state.
func (t *watcher) test(ctx context.Context, h HealthCheck) {
	health := assessment{check: h, state: healthStarting}
	t.tell(ctx, health.state, "")
	for pause := firstPause; ; {
		res := t.server.run(ctx, Command{Args: h.Test, Timeout: h.Timeout, MaxOutput: eventOutput})
		if ctx.Err() != nil {
			return
		}
		if health.add(res.Exit == 0, t.server.service.age()) {
			t.tell(ctx, health.state, describe(res))
		}
		if health.state != healthStarting {
			pause = h.Interval
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(pause*3/2, h.Interval)
	}
}

func (t *watcher) tell(ctx context.Context, state, output string) {
	e := Event{Kind: "health", State: state, Output: output, At: time.Now(), Elapsed: t.server.service.age()}
	select {
	case t.news <- e:
	case <-ctx.Done():
	}
}

// assessment turns test results into a state of health.
type assessment struct {
	check    HealthCheck
	state    string
	failures int // In a row, those of the start period not counted.
}

// add takes a result at the service's age and tells whether the state changed.
func (a *assessment) add(passed bool, age time.Duration) (changed bool) {
	before := a.state
	switch {
	case passed:
		a.state, a.failures = healthHealthy, 0
	case a.state == healthStarting && age <= a.check.StartPeriod:
	default:
		if a.failures++; a.failures >= a.check.Retries {
			a.state = healthUnhealthy
		}
	}
	return a.state != before
}

func (h HealthCheck) withDefaults() HealthCheck {
	if h.Interval <= 0 {
		h.Interval = defaultInterval
	}
	if h.Timeout <= 0 {
		h.Timeout = healthTimeout
	}
	if h.Retries <= 0 {
		h.Retries = defaultRetries
	}
	return h
}

// describe says why a test failed.
func describe(res Result) string {
	switch {
	case res.Exit == 0:
		return ""
	case res.Failure != "":
		return res.Failure
	}
	out := ring{max: eventOutput}
	out.Write(res.Stdout)
	out.Write(res.Stderr)
	if res.TimedOut {
		out.Write([]byte("the test did not end in time"))
	}
	return string(out.tail(eventOutput))
}
