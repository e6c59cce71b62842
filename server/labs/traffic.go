package labs

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/probe"
	"pattarai/server/fault"
)

// Bounds of the traffic, in requests per second.
const (
	minRate     = 0.5
	maxRate     = 50
	defaultRate = 5
)

// newsEvery is how often at most traffic and live views report.
const newsEvery = 200 * time.Millisecond

// SetTraffic turns the traffic on, off or to another rate. A rate of 0 keeps the
// one before. Faults: Invalid for a rate that is not allowed, NotFound when the
// lesson has nothing to send requests to.
func (s *Service) SetTraffic(ctx context.Context, learner, lesson string, t Traffic) (Traffic, error) {
	l, err := s.lesson(lesson)
	if err != nil {
		return Traffic{}, err
	}
	if _, ok := entry(l.Topology); !ok && t.On {
		return Traffic{}, fault.New(fault.NotFound, "no_traffic", "This lab has no web port that traffic could be sent to.", "Use its terminal instead.")
	}
	if t.Rate != 0 && !(t.Rate >= minRate && t.Rate <= maxRate) {
		return Traffic{}, fault.New(fault.Invalid, "bad_rate", fmt.Sprintf("A rate of %v requests per second is not possible.", t.Rate),
			fmt.Sprintf("Choose one from %v to %v.", minRate, float64(maxRate)))
	}
	b := s.bench(learner, lesson)
	b.touch(s.cfg.Now())
	return b.setTraffic(t), nil
}

func (b *bench) setTraffic(t Traffic) Traffic {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.Rate == 0 {
		t.Rate = b.traffic.Rate
	}
	b.traffic = t
	b.publishLocked(Event{Traffic: &TrafficNews{Traffic: t}})
	b.nudge()
	return t
}

// entry is where requests from outside arrive: the first balancer with an http
// port, or else the first node with one.
func entry(t sandbox.Topology) (url string, ok bool) {
	for _, n := range t.Nodes {
		for _, p := range n.Ports {
			if p.Scheme != "http" || (ok && n.Role != sandbox.RoleBalancer) {
				continue
			}
			found := portURL(n.Name, p)
			if n.Role == sandbox.RoleBalancer {
				return found, true
			}
			url, ok = found, true
		}
	}
	return url, ok
}

func portURL(node string, p sandbox.Port) string {
	path := p.Path
	if path == "" {
		path = "/"
	}
	if p.Number == 80 {
		return "http://" + node + path
	}
	return fmt.Sprintf("http://%s:%d%s", node, p.Number, path)
}

// pump is something that runs only while somebody watches.
type pump struct {
	stop context.CancelFunc
	done chan struct{}
}

func startPump(ctx context.Context, work func(ctx context.Context)) *pump {
	ctx, stop := context.WithCancel(ctx)
	p := &pump{stop: stop, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		work(ctx)
	}()
	return p
}

// end stops the pump and waits for it; a nil pump is no pump.
func (p *pump) end() {
	if p != nil {
		p.stop()
		<-p.done
	}
}

// wanted is what the pumps should do now.
type wanted struct {
	live    bool
	traffic Traffic
}

func (b *bench) wanted() wanted {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.subscribers) == 0 {
		return wanted{}
	}
	w := wanted{live: true}
	if b.traffic.On && b.quiet == 0 {
		w.traffic = b.traffic
		b.sending = true // Before anybody can ask whether it is.
	}
	return w
}

// Quiet holds the traffic back until release is called, so that a check counts its
// own requests only. It returns once no more traffic is sent, or ctx ends. The
// learner's switch stays as it is.
func (s *Service) Quiet(ctx context.Context, learner, lesson string) (release func()) {
	b := s.bench(learner, lesson)
	b.hold(1)
	for b.isSending() && ctx.Err() == nil {
		sleep(ctx, 5*time.Millisecond)
	}
	return sync.OnceFunc(func() { b.hold(-1) })
}

func (b *bench) hold(change int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.quiet += change
	b.nudge()
}

func (b *bench) isSending() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sending
}

func (b *bench) setSending(yes bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sending = yes
}

// startPumps runs traffic and live views as wanted until ctx ends; the channel is
// closed when all of them have ended.
func (s *Service) startPumps(ctx context.Context, b *bench, running session) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		var live, traffic *pump
		var now wanted
		for ctx.Err() == nil {
			next := b.wanted()
			if next.live != now.live {
				live.end()
				live = pumpIf(ctx, next.live, func(ctx context.Context) { s.watchLive(ctx, b, running) })
			}
			if next.traffic != now.traffic {
				traffic.end()
				b.setSending(next.traffic.On)
				traffic = pumpIf(ctx, next.traffic.On, func(ctx context.Context) { s.sendTraffic(ctx, b, running, next.traffic) })
			}
			now = next
			select {
			case <-b.kick:
			case <-ctx.Done():
			}
		}
		live.end()
		traffic.end()
		b.setSending(false)
	}()
	return done
}

func pumpIf(ctx context.Context, want bool, work func(ctx context.Context)) *pump {
	if !want {
		return nil
	}
	return startPump(ctx, work)
}

// sendTraffic sends requests from the probe node until ctx ends. A probe that
// fails is started again after a while.
func (s *Service) sendTraffic(ctx context.Context, b *bench, running session, t Traffic) {
	url, ok := entry(b.topology())
	if !ok {
		return
	}
	spec := probe.TrafficSpec{URL: url, By: "body", Rate: t.Rate, Timeout: 2 * time.Second, Every: newsEvery}
	for ctx.Err() == nil {
		_, err := running.Probe(ctx, probe.KindTraffic, spec, func(seen json.RawMessage) {
			news := TrafficNews{Traffic: t}
			if json.Unmarshal(seen, &news.TrafficSeen) == nil && ctx.Err() == nil {
				b.publish(Event{Traffic: &news})
			}
		})
		if ctx.Err() == nil {
			s.cfg.Logger.Debug("traffic interrupted", "lab", b.record().ID, "error", err)
		}
		sleep(ctx, 2*time.Second)
	}
}
