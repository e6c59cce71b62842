package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Bounds of traffic.
const (
	minTrafficRate  = 0.2
	maxTrafficRate  = 200
	trafficTimeout  = 2 * time.Second
	minEvery        = 50 * time.Millisecond
	maxEvery        = 10 * time.Second
	maxPerReport    = 100
	maxInFlight     = 512
	maxTrafficDelay = time.Second // Requests that are later than this are not made up for.
)

func prepareTraffic(raw json.RawMessage) (look, error) {
	var spec TrafficSpec
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
	m, err := compose(to, HTTPSpec{Headers: spec.Headers}, HTTPVariant{})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, progress func(any)) (any, error) {
		run := &trafficRun{spec: spec, to: to, message: m, slots: make(chan struct{}, maxInFlight)}
		return run.run(ctx, progress), nil
	}, nil
}

// complete fills in defaults and checks bounds.
func (s *TrafficSpec) complete() (err error) {
	if !(s.Rate >= minTrafficRate && s.Rate <= maxTrafficRate) {
		return fmt.Errorf("rate %g; choose %g to %d per second", s.Rate, minTrafficRate, maxTrafficRate)
	}
	if s.Every == 0 {
		s.Every = reportEvery
	}
	if s.Every < minEvery || s.Every > maxEvery {
		return fmt.Errorf("report every %s; choose %s to %s", s.Every, minEvery, maxEvery)
	}
	if s.Timeout, err = checkTimeout(s.Timeout, trafficTimeout); err != nil {
		return err
	}
	return checkBy(s.By)
}

// trafficRun sends requests at a steady rate, however long their answers take.
type trafficRun struct {
	spec    TrafficSpec
	to      target
	message message
	slots   chan struct{}

	mu        sync.Mutex
	seen      TrafficSeen
	durations []time.Duration
}

func (r *trafficRun) run(ctx context.Context, progress func(any)) TrafficSeen {
	stopReports := report(r.spec.Every, func() { progress(r.take()) })
	var requests sync.WaitGroup
	for due := time.Now(); sleepUntil(ctx, due); due = r.after(due) {
		select {
		case r.slots <- struct{}{}:
			requests.Go(func() { r.request(ctx) })
		default:
			r.add(outcome{failed: true})
		}
	}
	requests.Wait()
	stopReports()
	return r.take()
}

// after is when the request after the one due then is due.
func (r *trafficRun) after(due time.Time) time.Time {
	due = due.Add(time.Duration(float64(time.Second) / r.spec.Rate))
	if now := time.Now(); now.Sub(due) > maxTrafficDelay {
		return now
	}
	return due
}

func (r *trafficRun) request(ctx context.Context) {
	defer func() { <-r.slots }()
	c := &caller{to: r.to, timeout: r.spec.Timeout, by: r.spec.By}
	out := c.do(ctx, r.message)
	if ctx.Err() == nil {
		r.add(out)
	}
}

func (r *trafficRun) add(out outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen.Sent++
	server := out.answer.Server
	if out.failed {
		r.seen.Failed++
		server = ""
	}
	r.durations = append(r.durations, out.answer.Duration)
	if len(r.seen.Requests) < maxPerReport {
		r.seen.Requests = append(r.seen.Requests, TrafficRequest{Server: server, Status: out.answer.Status, Micros: out.answer.Duration.Microseconds()})
	}
}

// take returns what happened since it was called last.
func (r *trafficRun) take() TrafficSeen {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	slices.Sort(r.durations)
	seen.P50 = quantile(r.durations, 0.50)
	r.seen, r.durations = TrafficSeen{}, r.durations[:0]
	return seen
}
