package submit

import (
	"context"
	"sync"
)

// backlog is how many updates a slow reader may be behind.
const backlog = 64

// news carries updates to those who listen.
type news struct {
	mu      sync.Mutex // Held while sending, so that nothing is sent to a closed channel.
	readers map[string]map[chan Update]struct{}
}

func newNews() *news { return &news{readers: map[string]map[chan Update]struct{}{}} }

func (n *news) subscribe(ctx context.Context, learner string) <-chan Update {
	updates := make(chan Update, backlog)
	n.mu.Lock()
	if n.readers[learner] == nil {
		n.readers[learner] = map[chan Update]struct{}{}
	}
	n.readers[learner][updates] = struct{}{}
	n.mu.Unlock()
	context.AfterFunc(ctx, func() { n.drop(learner, updates) })
	return updates
}

func (n *news) drop(learner string, updates chan Update) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.readers[learner], updates)
	if len(n.readers[learner]) == 0 {
		delete(n.readers, learner)
	}
	close(updates)
}

// publish never waits: a reader with a full backlog loses its oldest update, so the
// end of a grade always arrives.
func (n *news) publish(learner string, u Update) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for updates := range n.readers[learner] {
		select {
		case updates <- u:
			continue
		default:
		}
		select {
		case <-updates:
		default: // Its reader made room meanwhile.
		}
		updates <- u // There is room: only we send, and we hold the lock.
	}
}

// silent tells whether nobody listens at all.
func (n *news) silent() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.readers) == 0
}
