package hostile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"pattarai/sandbox"
)

// Finding is an attempt and what came of it.
type Finding struct {
	Attempt Attempt
	Seen    string
	Held    bool // What came of it is what must.
	Took    time.Duration
}

// abreast is how many attempts are made at once where they do not disturb each other.
const abreast = 6

// Run makes the attempts and tells each finding to observe, in the attempts' order.
// The error is ours: the lab was lost.
func (l *Lab) Run(ctx context.Context, attempts []Attempt, observe func(Finding)) error {
	for len(attempts) > 0 {
		n := together(attempts)
		findings, err := l.make(ctx, attempts[:n])
		for _, f := range findings {
			observe(f)
		}
		if err != nil {
			return err
		}
		if err := l.mend(ctx, findings[len(findings)-1]); err != nil {
			return fmt.Errorf("after %s: %w", attempts[0].ID, err)
		}
		attempts = attempts[n:]
	}
	return nil
}

// together counts the attempts at the front that may be made at the same time.
func together(attempts []Attempt) int {
	n := slices.IndexFunc(attempts, func(a Attempt) bool { return a.apart })
	if n < 0 {
		n = len(attempts)
	}
	return max(1, min(n, abreast))
}

func (l *Lab) make(ctx context.Context, attempts []Attempt) ([]Finding, error) {
	findings, errs := make([]Finding, len(attempts)), make([]error, len(attempts))
	var wg sync.WaitGroup
	for i, a := range attempts {
		wg.Go(func() {
			began := time.Now() //nolint:forbidigo // A stopwatch, only ever subtracted.
			seen, err := a.do(ctx, l)
			if err != nil {
				errs[i] = fmt.Errorf("%s: %w", a.ID, err)
			}
			findings[i] = Finding{Attempt: a, Seen: seen, Held: seen == a.Want.On(l.tier), Took: time.Since(began)}
		})
	}
	wg.Wait()
	return findings, errors.Join(errs...)
}

// mend gives a node that an attempt was rough to, or ended, a new life.
func (l *Lab) mend(ctx context.Context, f Finding) error {
	switch {
	case f.Attempt.Rough:
		return l.restart(ctx, hog)
	case strings.Contains(f.Seen, ended):
		return l.restart(ctx, attacker)
	}
	return nil
}

func (l *Lab) restart(ctx context.Context, node string) error {
	if err := l.session.Control(ctx, node, sandbox.Kill); err != nil {
		return err
	}
	return l.session.Control(ctx, node, sandbox.Start)
}
