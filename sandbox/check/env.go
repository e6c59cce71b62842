package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
)

// env is what a probe has while it looks.
type env struct {
	target   Target
	shell    string
	progress func(string) // Tells how far a look has come; never nil.

	mu     sync.Mutex
	broken map[string]bool // Nodes this check holds broken itself.
}

// exec runs a command in a node. The outcome is nil when the command ran.
func (e *env) exec(ctx context.Context, node string, c agent.Command) (agent.Result, *outcome) {
	if o := e.down(node); o != nil {
		return agent.Result{}, o
	}
	r, err := e.target.Exec(ctx, node, c)
	if err != nil {
		o := e.blame(ctx, node, err)
		return agent.Result{}, &o
	}
	return r, nil
}

// probe looks from the probe node. The outcome is nil when seen was filled.
func (e *env) probe(ctx context.Context, kind string, spec any, progress func(json.RawMessage), seen any) *outcome {
	raw, err := e.target.Probe(ctx, kind, spec, progress)
	if err != nil {
		o := e.blame(ctx, sandbox.ProbeNode, err)
		return &o
	}
	if err := json.Unmarshal(raw, seen); err != nil {
		return &outcome{status: Broken, reasons: []string{say(msgUnreadable, err)}}
	}
	return nil
}

// down is a failed outcome when node does not run, for which the learner is
// responsible: the engine itself restarts and ends nothing.
func (e *env) down(node string) *outcome {
	for _, s := range e.target.States() {
		if s.Node != node {
			continue
		}
		if why := whyDown(s); why != "" {
			return &outcome{status: Failed, observed: why, reasons: []string{why}}
		}
	}
	return nil
}

// whyDown says why a node does not run; "" when it does.
func whyDown(s sandbox.NodeState) string {
	since := ago(time.Since(s.Since))
	switch s.Phase {
	case sandbox.PhaseStopped:
		return say(msgStopped, s.Node, since)
	case sandbox.PhaseExited:
		detail := ""
		if s.Detail != "" {
			detail = ": " + s.Detail
		}
		return say(msgExited, s.Node, since, detail)
	case sandbox.PhasePaused:
		return say(msgFrozen, s.Node, since)
	case sandbox.PhaseCreating, sandbox.PhaseWaiting:
		return say(msgNotYet, s.Node)
	case sandbox.PhaseStarting, sandbox.PhaseHealthy, sandbox.PhaseUnhealthy:
	}
	return ""
}

// hold notes that this check breaks a node, or no longer does.
func (e *env) hold(node string, broken bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.broken[node] = broken
}

// othersDown are sentences about nodes that do not run, other than by this check.
func (e *env) othersDown() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []string
	for _, s := range e.target.States() {
		if why := whyDown(s); why != "" && !e.broken[s.Node] {
			out = append(out, why)
		}
	}
	return out
}

// limitError is the cause of a context that ended because a check took too long.
type limitError struct{ limit time.Duration }

func (l limitError) Error() string { return say(msgCheckTimedOut, span(l.limit)) }

// newsDelay is how long news of a node's end may take to reach us.
const newsDelay = 500 * time.Millisecond

// blame tells whose failure err was: the check's time limit, the learner's, who
// stopped or crashed a node, or ours.
func (e *env) blame(ctx context.Context, node string, err error) outcome {
	if o, ended := endedBy(ctx); ended {
		return o
	}
	if !errors.Is(err, sandbox.ErrEngine) && node != sandbox.ProbeNode {
		pause(ctx, newsDelay)
		if o := e.down(node); o != nil {
			return *o
		}
		if errors.Is(err, sandbox.ErrNotRunning) {
			return outcome{status: Failed, reasons: []string{say(msgNotRunning, node)}}
		}
	}
	return outcome{status: Broken, reasons: []string{say(msgOurs, node, err)}}
}

// endedBy is the outcome of a context that has ended.
func endedBy(ctx context.Context) (outcome, bool) {
	if ctx.Err() == nil {
		return outcome{}, false
	}
	if limit, ok := errors.AsType[limitError](context.Cause(ctx)); ok {
		return outcome{status: TimedOut, observed: limit.Error(), reasons: []string{limit.Error()}}, true
	}
	return outcome{status: Broken, reasons: []string{string(msgRunEnded)}}, true
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// control changes a node and tells what went wrong.
func (e *env) control(ctx context.Context, node string, action sandbox.Action) *outcome {
	err := e.target.Control(ctx, node, action)
	if err == nil {
		return nil
	}
	if start, ok := errors.AsType[*sandbox.StartError](err); ok {
		return &outcome{status: Failed, reasons: []string{say(msgNoRestart, node, start.Reason)}, output: start.Log}
	}
	o := e.blame(ctx, node, fmt.Errorf("%s: %w", action, err))
	return &o
}

// spoil makes a node suffer.
func (e *env) spoil(ctx context.Context, what fault) *outcome {
	err := e.target.Break(ctx, what.node, what.suffers)
	if err == nil {
		return nil
	}
	o := e.blame(ctx, what.node, fmt.Errorf("%s: %w", what.suffers, err))
	return &o
}

// mend ends what a node was made to suffer.
func (e *env) mend(ctx context.Context, what fault) *outcome {
	err := e.target.Mend(ctx, what.node, what.suffers.Kind)
	if err == nil {
		return nil
	}
	o := e.blame(ctx, what.node, fmt.Errorf("ending %s: %w", what.suffers, err))
	return &o
}
