package hostile

import (
	"context"
	"fmt"
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

// Run makes attempts one after the other and tells each finding to observe. The
// error is ours: the lab was lost.
func (l *Lab) Run(ctx context.Context, attempts []Attempt, observe func(Finding)) error {
	for _, a := range attempts {
		began := time.Now()
		seen, err := a.do(ctx, l)
		if err != nil {
			return fmt.Errorf("%s: %w", a.ID, err)
		}
		observe(Finding{Attempt: a, Seen: seen, Held: seen == a.Want.On(l.tier), Took: time.Since(began)})
		if a.Rough {
			if err := l.restart(ctx); err != nil {
				return fmt.Errorf("after %s: %w", a.ID, err)
			}
		}
	}
	return nil
}

// restart gives the rough attempts' node a new life.
func (l *Lab) restart(ctx context.Context) error {
	if err := l.session.Control(ctx, hog, sandbox.Kill); err != nil {
		return err
	}
	return l.session.Control(ctx, hog, sandbox.Start)
}
