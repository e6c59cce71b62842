package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of an HTTP probe.
const (
	maxRequests    = 20000
	maxConcurrency = 200
	maxRecord      = 100
	maxPaths       = 100
	maxOrder       = 2000
	maxRate        = 20000
	reportEvery    = 200 * time.Millisecond
)

// prepareHTTP checks the spec and writes its requests.
func prepareHTTP(raw json.RawMessage) (look, error) {
	var spec HTTPSpec
	if err := decode(raw, &spec); err != nil {
		return nil, err
	}
	if err := spec.complete(); err != nil {
		return nil, err
	}
	to, err := parseTarget(spec.URL)
	if err != nil {
		return nil, err
	}
	variants := spec.Paths
	if len(variants) == 0 {
		variants = []HTTPVariant{{}}
	}
	to.name = headerValue(spec.Headers, "Host", to.authority)
	tls, err := newHandshake(spec.TLS)
	if err != nil {
		return nil, err
	}
	run := &httpRun{spec: spec, to: to, total: spec.Requests, tls: tls, clients: newClients(spec), sources: newSources()}
	for _, v := range variants {
		m, err := compose(to, spec, v)
		if err != nil {
			return nil, err
		}
		run.messages, run.variants = append(run.messages, m), append(run.variants, v)
	}
	return func(ctx context.Context, progress func(any)) (any, error) { return run.run(ctx, progress) }, nil
}

// complete fills in defaults and checks bounds.
func (s *HTTPSpec) complete() (err error) {
	if s.Timeout, err = checkTimeout(s.Timeout, defaultTimeout); err != nil {
		return err
	}
	s.Requests, s.Concurrency = max(s.Requests, 0), max(s.Concurrency, 1)
	if s.Requests == 0 {
		s.Requests = 1
	}
	if len(s.Paths) > 0 {
		s.Requests, s.Record = len(s.Paths), len(s.Paths)
	}
	switch {
	case len(s.Paths) > maxPaths:
		return fmt.Errorf("%d paths; at most %d are allowed", len(s.Paths), maxPaths)
	case s.Requests > maxRequests:
		return fmt.Errorf("%d requests; at most %d are allowed", s.Requests, maxRequests)
	case s.Concurrency > maxConcurrency:
		return fmt.Errorf("concurrency %d; at most %d is allowed", s.Concurrency, maxConcurrency)
	case s.Record < 0 || s.Record > maxRecord:
		return fmt.Errorf("record %d; choose 0 to %d", s.Record, maxRecord)
	case s.Follow < 0 || s.Follow > maxHops:
		return fmt.Errorf("follow %d; choose 0 to %d", s.Follow, maxHops)
	case s.Clients < 0 || s.Clients > maxClients || len(s.Sources) > maxClients:
		return fmt.Errorf("%d clients, %d sources; at most %d are allowed", s.Clients, len(s.Sources), maxClients)
	case s.KeepAlive && (s.Clients > 0 || len(s.Sources) > 0):
		return errors.New("one connection cannot serve several clients; leave keep_alive out")
	case math.IsNaN(s.Rate) || s.Rate < 0 || s.Rate > maxRate:
		return fmt.Errorf("rate %g; choose 0 (no limit) to %d per second", s.Rate, maxRate)
	}
	if err := checkClientBy(*s); err != nil {
		return err
	}
	return checkBy(s.By)
}

// httpRun is one HTTP probe.
type httpRun struct {
	spec     HTTPSpec
	to       target
	messages []message // One, or one per request.
	variants []HTTPVariant
	tls      *handshake
	clients  []*visitor // Empty when all requests are alike.
	sources  sources
	total    int
	next     atomic.Int64
	began    time.Time
	tally    *tally
}

func (r *httpRun) run(ctx context.Context, progress func(any)) (any, error) {
	r.began = time.Now()
	r.tally = newTally(r.total, r.spec)
	stopReports := report(reportEvery, func() { progress(r.tally.seen(time.Since(r.began), false)) })
	var workers sync.WaitGroup
	for range min(r.spec.Concurrency, r.total) {
		workers.Go(func() { r.work(ctx) })
	}
	workers.Wait()
	stopReports()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	seen := r.tally.seen(time.Since(r.began), true)
	seen.TLS, seen.Sources = r.tls.seen(), r.sources.list()
	return seen, nil
}

// work takes the next request again and again.
func (r *httpRun) work(ctx context.Context) {
	c := &caller{to: r.to, timeout: r.spec.Timeout, keepAlive: r.spec.KeepAlive, by: r.spec.By, tls: r.tls, follow: r.spec.Follow}
	c.connected = r.sources.add
	defer c.close()
	for {
		i := int(r.next.Add(1)) - 1
		if i >= r.total || !r.await(ctx, i) {
			return
		}
		out := r.send(ctx, c, i)
		if ctx.Err() != nil {
			return
		}
		r.tally.add(i, out)
	}
}

// send sends request i as the client whose turn it is.
func (r *httpRun) send(ctx context.Context, c *caller, i int) outcome {
	m := r.messages[i%len(r.messages)]
	if len(r.clients) == 0 {
		return c.do(ctx, m)
	}
	v := r.clients[i%len(r.clients)]
	v.mu.Lock() // A client has one request under way.
	defer v.mu.Unlock()
	c.from = v.source
	m, err := compose(r.to, r.spec, v.dress(r.variants[i%len(r.variants)], r.spec.Headers))
	if err != nil { // The answer's cookies made it too large.
		return outcome{answer: HTTPAnswer{Error: err.Error()}, failed: true}
	}
	out := c.do(ctx, m)
	v.keep(out.answer.Headers)
	return out
}

// await waits until request i is due; false when ctx ended first.
func (r *httpRun) await(ctx context.Context, i int) bool {
	if r.spec.Rate == 0 {
		return ctx.Err() == nil
	}
	return sleepUntil(ctx, r.began.Add(time.Duration(float64(i)/r.spec.Rate*float64(time.Second))))
}

// sleepUntil waits for a moment; false when ctx ended first.
func sleepUntil(ctx context.Context, due time.Time) bool {
	wait := time.Until(due)
	if wait <= 0 {
		return ctx.Err() == nil
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(wait):
		return true
	}
}

// report calls f regularly until stop is called; stop waits for a call in progress.
func report(every time.Duration, f func()) (stop func()) {
	done := make(chan struct{})
	var reporting sync.WaitGroup
	reporting.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				f()
			}
		}
	})
	return func() {
		close(done)
		reporting.Wait()
	}
}
