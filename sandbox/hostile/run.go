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

// Finding is an abuse and what came of it.
type Finding struct {
	Abuse Abuse
	Seen  string
	Held  bool // What came of it is what must.
	Took  time.Duration
}

// abreast is how many abuses are made at once where they do not disturb each other.
const abreast = 6

// Run makes the abuses and tells each finding to observe, in the abuses' order.
// The error is ours: the lab was lost.
func (l *Lab) Run(ctx context.Context, abuses []Abuse, observe func(Finding)) error {
	for len(abuses) > 0 {
		n := together(abuses)
		findings, err := l.make(ctx, abuses[:n])
		for _, f := range findings {
			observe(f)
		}
		if err != nil {
			return err
		}
		if err := l.mend(ctx, findings[len(findings)-1]); err != nil {
			return fmt.Errorf("after %s: %w", abuses[0].ID, err)
		}
		abuses = abuses[n:]
	}
	return nil
}

// together counts the abuses at the front that may be made at the same time.
func together(abuses []Abuse) int {
	n := slices.IndexFunc(abuses, func(a Abuse) bool { return a.apart })
	if n < 0 {
		n = len(abuses)
	}
	return max(1, min(n, abreast))
}

func (l *Lab) make(ctx context.Context, abuses []Abuse) ([]Finding, error) {
	findings, errs := make([]Finding, len(abuses)), make([]error, len(abuses))
	var wg sync.WaitGroup
	for i, a := range abuses {
		wg.Go(func() {
			began := time.Now() //nolint:forbidigo // A stopwatch, only ever subtracted.
			seen, err := a.do(ctx, l)
			if err != nil {
				errs[i] = fmt.Errorf("%s: %w", a.ID, err)
			}
			findings[i] = Finding{Abuse: a, Seen: seen, Held: seen == a.Want.On(l.tier), Took: time.Since(began)}
		})
	}
	wg.Wait()
	return findings, errors.Join(errs...)
}

// mend gives a node that an abuse was rough to, or ended, a new life.
func (l *Lab) mend(ctx context.Context, f Finding) error {
	switch {
	case f.Abuse.Rough:
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
