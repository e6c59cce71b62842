package labs

import "context"

// subscriberBuffer is how many events wait for a slow reader.
const subscriberBuffer = 64

// subscriber is somebody who watches a lab.
type subscriber struct {
	events chan Event
	lagged bool // It lost events and is owed the present state.
}

// Subscribe sends the lab's events until ctx ends or the service closes, then
// closes the channel: first the lab and its nodes as they are. Up to 64 events
// wait for a slow reader; beyond that it loses the newest, and gets the whole
// present state as soon as it has read on. The live view and the traffic only run
// while somebody reads.
func (s *Service) Subscribe(ctx context.Context, learner, lesson string) <-chan Event {
	b := s.bench(learner, lesson)
	sub := &subscriber{events: make(chan Event, subscriberBuffer)}
	s.mu.Lock()
	closed := s.closed
	if !closed {
		b.join(sub)
	}
	s.mu.Unlock()
	if closed {
		close(sub.events)
		return sub.events
	}
	context.AfterFunc(ctx, func() { b.part(sub) })
	b.nudge()
	return sub.events
}

func (b *bench) join(sub *subscriber) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subscribers == nil {
		b.subscribers = map[*subscriber]struct{}{}
	}
	b.subscribers[sub] = struct{}{}
	b.catchUp(sub)
}

// part ends a subscription; parting twice changes nothing.
func (b *bench) part(sub *subscriber) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.subscribers[sub]; ok {
		delete(b.subscribers, sub)
		close(sub.events)
		b.nudge()
	}
}

// dismiss ends all subscriptions.
func (b *bench) dismiss() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for sub := range b.subscribers {
		close(sub.events)
	}
	clear(b.subscribers)
}

func (b *bench) publish(e Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.publishLocked(e)
}

func (b *bench) publishLocked(e Event) {
	for sub := range b.subscribers {
		if sub.lagged && cap(sub.events)-len(sub.events) > len(b.nodes)+2 {
			b.catchUp(sub)
		}
		sub.send(e)
	}
}

// catchUp sends the present state, when there is any.
func (b *bench) catchUp(sub *subscriber) {
	sub.lagged = false
	if b.rec.ID == "" {
		return
	}
	sub.send(b.labEvent())
	for _, n := range b.nodes {
		sub.send(Event{Node: &n})
	}
}

func (sub *subscriber) send(e Event) {
	select {
	case sub.events <- e:
	default:
		sub.lagged = true
	}
}

func (b *bench) labEvent() Event {
	v := b.viewLocked()
	return Event{Lab: &v}
}
