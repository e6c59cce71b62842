package submit

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"pattarai/server/fault"
)

const (
	maxWaiting    = 4096 // Of everybody.
	maxPerLearner = 8    // Waiting or being graded.
)

// lab is whose lab of which lesson: at most one grade at a time runs on it.
type lab struct{ learner, lesson string }

// entry is a submission in line.
type entry struct {
	id string
	lab
}

func entryOf(s Submission) entry { return entry{s.ID, lab{s.Learner, s.Lesson}} }

// line decides who is graded next: learners take turns, each with their oldest
// submission whose lab is free, and nobody has all the workers.
type line struct {
	share    int // How many of one learner's submissions are graded at once.
	mu       sync.Mutex
	changed  *sync.Cond // Something was added, or a lab came free.
	turns    []string   // Learners with something waiting, the next one first.
	waiting  map[string][]entry
	running  map[lab]string // Submission by lab.
	reserved map[string]int // By learner, for submissions that are being stored.
	total    int            // Waiting, of all learners.
}

// newLine returns a line for so many workers. One of them is always left to others.
func newLine(workers int) *line {
	l := &line{share: max(1, workers-1), waiting: map[string][]entry{}, running: map[lab]string{}, reserved: map[string]int{}}
	l.changed = sync.NewCond(&l.mu)
	return l
}

// reserve makes sure there is room for one more before it is stored. release gives
// the reservation back once the submission is in line or did not come about.
func (l *line) reserve(learner string) (release func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= maxWaiting {
		return nil, fault.New(fault.Full, "line_full", fmt.Sprintf("%d submissions wait to be graded, and no more fit.", l.total), "Try again in a minute; your files are saved.")
	}
	if n := l.of(learner) + l.reserved[learner]; n >= maxPerLearner {
		return nil, fault.New(fault.TooMany, "too_many_waiting", fmt.Sprintf("%d of your submissions wait to be graded already.", n), "Wait until one of them is done.")
	}
	l.reserved[learner]++
	return func() { l.unreserve(learner) }, nil
}

func (l *line) unreserve(learner string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reserved[learner]--; l.reserved[learner] == 0 {
		delete(l.reserved, learner)
	}
}

// of counts a learner's submissions, waiting or running.
func (l *line) of(learner string) int { return len(l.waiting[learner]) + l.runningOf(learner) }

func (l *line) runningOf(learner string) int {
	n := 0
	for lab := range l.running {
		if lab.learner == learner {
			n++
		}
	}
	return n
}

// add puts e at the end of its learner's submissions. Adding what is in line or
// running already changes nothing.
func (l *line) add(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running[e.lab] == e.id || slices.Contains(l.waiting[e.learner], e) {
		return
	}
	if len(l.waiting[e.learner]) == 0 {
		l.turns = append(l.turns, e.learner)
	}
	l.waiting[e.learner] = append(l.waiting[e.learner], e)
	l.total++
	l.changed.Broadcast()
}

// next waits for a submission that may be graded now and marks its lab as busy
// until [line.finish]. ok is false when ctx ended first.
func (l *line) next(ctx context.Context) (e entry, ok bool) {
	defer l.wakeAt(ctx)()
	l.mu.Lock()
	defer l.mu.Unlock()
	for ctx.Err() == nil {
		if e, ok := l.take(); ok {
			l.running[e.lab] = e.id
			return e, true
		}
		l.changed.Wait()
	}
	return entry{}, false
}

// take removes the next entry whose lab is free; its learner goes to the end of the turns.
func (l *line) take() (entry, bool) {
	for turn, learner := range l.turns {
		if l.runningOf(learner) >= l.share {
			continue
		}
		for i, e := range l.waiting[learner] {
			if _, busy := l.running[e.lab]; busy {
				continue
			}
			l.turns = slices.Delete(l.turns, turn, turn+1)
			l.waiting[learner] = slices.Delete(l.waiting[learner], i, i+1)
			if l.total--; l.total == 0 {
				l.changed.Broadcast() // For those who wait until nobody does.
			}
			if len(l.waiting[learner]) > 0 {
				l.turns = append(l.turns, learner)
			} else {
				delete(l.waiting, learner)
			}
			return e, true
		}
	}
	return entry{}, false
}

// idle waits until nobody waits. Its error is that of ctx.
func (l *line) idle(ctx context.Context) error {
	defer l.wakeAt(ctx)()
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.total > 0 && ctx.Err() == nil {
		l.changed.Wait()
	}
	return ctx.Err()
}

// wakeAt wakes those who wait when ctx ends, unless stop was called before.
func (l *line) wakeAt(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.changed.Broadcast()
	})
}

// finish frees the lab of an entry that was taken.
func (l *line) finish(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, e.lab)
	l.changed.Broadcast()
}

// places lists everything that waits in the order in which it will be graded, as
// far as that can be foreseen: learners take turns.
func (l *line) places() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	order := make([]entry, 0, l.total)
	for round := 0; len(order) < l.total; round++ {
		for _, learner := range l.turns {
			if mine := l.waiting[learner]; round < len(mine) {
				order = append(order, mine[round])
			}
		}
	}
	return order
}

func (l *line) position(id string) int {
	return 1 + slices.IndexFunc(l.places(), func(e entry) bool { return e.id == id })
}

func (l *line) active(learner, lesson string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if id, ok := l.running[lab{learner, lesson}]; ok {
		return id
	}
	for _, e := range l.waiting[learner] {
		if e.lesson == lesson {
			return e.id
		}
	}
	return ""
}
