package check

import (
	"context"
	"slices"
	"time"

	"pattarai/sandbox"
)

// undoTimeout bounds how long putting a broken node right may take.
const undoTimeout = 30 * time.Second

// faults are the nodes that a check has broken and must put right.
type faults struct {
	env  *env
	held []fault
}

// cause breaks a node, which must run.
func (f *faults) cause(ctx context.Context, what fault) *outcome {
	if o := f.env.down(what.node); o != nil {
		return o
	}
	f.env.hold(what.node, true)
	f.held = append(f.held, what) // Before the act: a half-done fault is undone too.
	if what.action == "" {
		return f.env.spoil(ctx, what)
	}
	return f.env.control(ctx, what.node, what.action)
}

// restore puts one node right again.
func (f *faults) restore(ctx context.Context, node string) *outcome {
	i := slices.IndexFunc(f.held, func(h fault) bool { return h.node == node })
	if i < 0 {
		return nil
	}
	held := f.held[i]
	f.held = slices.Delete(f.held, i, i+1)
	f.env.hold(node, false)
	if held.action == "" {
		return f.env.mend(ctx, held)
	}
	if held.action == sandbox.Pause {
		if o := f.env.control(ctx, node, sandbox.Unpause); o != nil {
			return o
		}
		return f.settled(ctx, node)
	}
	return f.env.control(ctx, node, sandbox.Start)
}

// settled waits until a thawed node serves again.
func (f *faults) settled(ctx context.Context, node string) *outcome {
	const patience, every = 10 * time.Second, 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for ctx.Err() == nil {
		for _, s := range f.env.target.States() {
			if s.Node == node && s.Phase == sandbox.PhaseHealthy {
				return nil
			}
		}
		pause(ctx, every)
	}
	return &outcome{status: Failed, reasons: []string{say(msgNoRestart, node, say(msgStillFrozen, span(patience)))}}
}

// undo puts everything right, also when ctx has ended.
func (f *faults) undo(ctx context.Context) []outcome {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	var failed []outcome
	for len(f.held) > 0 {
		if o := f.restore(ctx, f.held[len(f.held)-1].node); o != nil {
			failed = append(failed, *o)
		}
	}
	return failed
}
