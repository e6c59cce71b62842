package labs

import (
	"fmt"
	"slices"
	"time"
)

// warnBefore is how long before a lab's end its learner is warned.
var warnBefore = [...]time.Duration{5 * time.Minute, time.Minute}

// endOverdue ends labs whose time is over or that nobody uses, and warns before.
func (s *Service) endOverdue() {
	now := s.cfg.Now()
	for _, b := range s.all() {
		rec := b.record()
		if rec.State != Running {
			continue
		}
		if at, _ := s.endOf(rec); now.Before(at) {
			s.warn(b, now)
			continue
		}
		s.endIfOverdue(b, now)
	}
}

// endOf says when a lab ends, and whether for want of activity.
func (s *Service) endOf(rec Record) (at time.Time, idle bool) {
	if quiet := rec.Active.Add(s.cfg.Idle); quiet.Before(rec.Expires) {
		return quiet, true
	}
	return rec.Expires, false
}

func (s *Service) endIfOverdue(b *bench, now time.Time) {
	b.op.Lock()
	defer b.op.Unlock()
	rec := b.record()
	at, idle := s.endOf(rec)
	if rec.State != Running || now.Before(at) {
		return
	}
	reason := "Its time was over. Your files are saved."
	if idle {
		reason = fmt.Sprintf("Nothing happened in it for %s, so it ended to make room. Your files are saved.", minutes(s.cfg.Idle))
	}
	if err := s.end(s.ctx, b, reason); err != nil {
		s.cfg.Logger.Warn("overdue lab not ended yet", "lab", rec.ID, "error", err)
	}
}

// warn says that the end is near, once per step.
func (s *Service) warn(b *bench, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at, idle := s.endOf(b.rec)
	left := at.Sub(now)
	if at != b.warnedFor {
		b.warned, b.warnedFor = 0, at
	}
	due := len(slices.DeleteFunc(slices.Clone(warnBefore[:]), func(d time.Duration) bool { return left > d }))
	if due <= b.warned {
		return
	}
	b.warned = due
	w := Warning{Message: fmt.Sprintf("This lab ends in %s.", minutes(left))}
	switch {
	case idle:
		w.Message = fmt.Sprintf("Nothing happened here for a while; this lab ends in %s.", minutes(left))
		w.Fix = "Type or click anything in the lab to keep it. Your files are saved in any case."
	case s.canExtend(b.rec):
		w.Fix = "extend"
	default:
		w.Fix = "Your files are saved; you can start a new lab afterwards."
	}
	b.publishLocked(Event{Warning: &w})
}

// minutes words a duration in whole minutes, rounded up.
func minutes(d time.Duration) string {
	n := int((d + time.Minute - 1) / time.Minute)
	if n == 1 {
		return "1 minute"
	}
	return fmt.Sprintf("%d minutes", n)
}

// quantile is the q-th part of durations, 0 of none.
func quantile(durations []time.Duration, q float64) time.Duration {
	if len(durations) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(durations))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
