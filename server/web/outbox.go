package web

import (
	"context"
	"sync"
)

// maxOutbox is how much output waits for a slow browser. Older output is lost first.
const maxOutbox = 256 << 10

// outbox stands between a terminal that may print without end and a browser that
// may be slow. Writing never blocks.
type outbox struct {
	mu      sync.Mutex
	ring    []byte // Grows up to maxOutbox.
	start   int
	length  int
	lost    bool
	notices []any // To be sent after the output; few.
	final   any   // The last message, once everything else is sent.
	closed  bool
	news    chan struct{}
}

func newOutbox() *outbox { return &outbox{news: make(chan struct{}, 1)} }

func (o *outbox) tell() {
	select {
	case o.news <- struct{}{}:
	default:
	}
}

// write adds output, dropping the oldest when there is no room.
func (o *outbox) write(p []byte) {
	if len(p) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.grow(o.length + len(p))
	if over := o.length + len(p) - len(o.ring); over > 0 {
		o.start = (o.start + over) % len(o.ring)
		o.length -= over
		o.lost = true
	}
	end := (o.start + o.length) % len(o.ring)
	n := copy(o.ring[end:], p)
	copy(o.ring, p[n:])
	o.length += len(p)
	o.tell()
}

// grow makes the ring big enough for n bytes, as far as it may.
func (o *outbox) grow(n int) {
	if n <= len(o.ring) || len(o.ring) == maxOutbox {
		return
	}
	size := max(len(o.ring), maxMessage)
	for size < n && size < maxOutbox {
		size *= 2
	}
	ring := make([]byte, size)
	o.take(ring[:o.length])
	o.ring, o.start = ring, 0
}

// take copies the oldest len(p) bytes, which must be there, without removing them.
func (o *outbox) take(p []byte) {
	n := copy(p, o.ring[o.start:min(o.start+len(p), len(o.ring))])
	copy(p[n:], o.ring)
}

// notice adds a sentence for the person.
func (o *outbox) notice(text string) {
	const maxNotices = 8
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.notices) < maxNotices {
		o.notices = append(o.notices, map[string]string{"notice": text})
	}
	o.tell()
}

// finish sets the message after which the connection ends.
func (o *outbox) finish(message any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.final = message
	o.tell()
}

// close ends next.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.tell()
}

// next waits for something to send: output appended to buf up to its capacity, a
// message, or both. last says that nothing comes after it.
func (o *outbox) next(ctx context.Context, buf []byte) (chunk []byte, message any, last bool) {
	for {
		if chunk, message, last = o.ready(buf); len(chunk) > 0 || message != nil || last {
			return chunk, message, last
		}
		select {
		case <-o.news:
		case <-ctx.Done():
			return nil, nil, true
		}
	}
}

func (o *outbox) ready(buf []byte) (chunk []byte, message any, last bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lost {
		o.lost = false
		return nil, map[string]string{"notice": "This connection was too slow; the oldest output was left out."}, false
	}
	if n := min(o.length, cap(buf)); n > 0 {
		chunk = buf[:n]
		o.take(chunk)
		o.start, o.length = (o.start+n)%len(o.ring), o.length-n
		return chunk, nil, false
	}
	if len(o.notices) > 0 {
		message, o.notices = o.notices[0], o.notices[1:]
		return nil, message, false
	}
	return nil, o.final, o.final != nil || o.closed
}
