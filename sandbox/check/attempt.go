package check

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"time"
)

// attempt is one carrying out of a check.
type attempt struct {
	check  Check
	env    *env
	memory map[string]recollection
	seen   []looked
	begun  []*background
	after  []outcome // What went wrong while undoing faults.
	mu     sync.Mutex
}

// looked is the outcome of a step.
type looked struct {
	step int
	outcome
}

// recollection is what was remembered under a name.
type recollection struct {
	re    *regexp.Regexp
	value string
}

// background is a probe that runs on beside the following steps.
type background struct {
	step int
	done chan struct{}
	outcome
}

// run carries out the steps until one does not pass, and then puts right what
// they broke.
func (a *attempt) run(ctx context.Context) {
	a.memory = map[string]recollection{}
	limited, cancel := context.WithTimeoutCause(ctx, a.check.timeout, limitError{a.check.timeout})
	defer cancel()
	a.quietly()
	f := &faults{env: a.env}
	for i, s := range a.check.steps {
		if s.background {
			a.begin(limited, i, s)
			continue
		}
		o := a.step(limited, f, s)
		a.seen = append(a.seen, looked{i, o})
		if o.status != Passed {
			break
		}
	}
	a.finish(cancel)
	a.after = f.undo(ctx)
}

// quietly makes progress safe to report from background probes.
func (a *attempt) quietly() {
	progress := a.env.progress
	a.env.progress = func(s string) {
		a.mu.Lock()
		defer a.mu.Unlock()
		progress(s)
	}
}

// begin starts a background step.
func (a *attempt) begin(ctx context.Context, i int, s step) {
	b := &background{step: i, done: make(chan struct{})}
	a.begun = append(a.begun, b)
	go func() {
		defer close(b.done)
		pause(ctx, s.after)
		b.outcome = s.probe.look(ctx, a.env)
	}()
}

// finish waits for the background probes, or ends them when the check is decided.
func (a *attempt) finish(cancel func()) {
	if !a.passed() {
		cancel()
	}
	for _, b := range a.begun {
		<-b.done
		if a.passed() {
			a.seen = append(a.seen, looked{b.step, b.outcome})
		}
	}
}

func (a *attempt) passed() bool {
	for _, l := range a.seen {
		if l.status != Passed {
			return false
		}
	}
	return true
}

// step carries out one step.
func (a *attempt) step(ctx context.Context, f *faults, s step) outcome {
	if s.fault != nil {
		if o := f.cause(ctx, *s.fault); o != nil {
			return *o
		}
	}
	if s.restore != "" {
		if o := f.restore(ctx, s.restore); o != nil {
			return *o
		}
	}
	if s.until != nil {
		if o := a.wait(ctx, *s.until); o != nil {
			return *o
		}
	}
	pause(ctx, s.after)
	if o, ended := endedBy(ctx); ended {
		return o
	}
	if s.probe == nil {
		return outcome{status: Passed}
	}
	return a.look(ctx, s)
}

const untilEvery = 200 * time.Millisecond

// wait looks until what is waited for is there; nil then.
func (a *attempt) wait(ctx context.Context, u until) *outcome {
	over := time.NewTimer(u.within)
	defer over.Stop()
	for {
		o := u.probe.look(ctx, a.env)
		if o.status == Passed {
			return nil
		}
		if o.status == Broken || ctx.Err() != nil {
			return &o
		}
		select {
		case <-over.C:
			o.status, o.bars, o.cases = Failed, nil, nil
			o.reasons = []string{say(msgWaited, span(u.within), u.probe.expected(), strings.Join(o.reasons, "; "))}
			return &o
		default:
			pause(ctx, untilEvery)
		}
	}
}

// look looks, again and again when the author said so, and then compares with
// what was remembered.
func (a *attempt) look(ctx context.Context, s step) outcome {
	o := s.probe.look(ctx, a.env)
	for n := 1; n < s.retry.times && o.status != Passed && o.status != Broken && ctx.Err() == nil; n++ {
		pause(ctx, s.retry.every)
		o = s.probe.look(ctx, a.env)
	}
	if o.status == Passed {
		a.recall(&o, s)
	}
	return o
}

// recall remembers, and compares with what was remembered.
func (a *attempt) recall(o *outcome, s step) {
	for _, name := range s.unchanged {
		was := a.memory[name]
		if is, ok := a.find(o, name, was.re); ok && is != was.value {
			o.fail(say(msgUnchangedOff, name, was.value, is))
		}
	}
	for _, name := range s.changed {
		was := a.memory[name]
		if is, ok := a.find(o, name, was.re); ok && is == was.value {
			o.fail(say(msgChangedOff, name, is))
		}
	}
	for _, m := range s.remember {
		if value, ok := a.find(o, m.name, m.re); ok {
			a.memory[m.name] = recollection{m.re, value}
		}
	}
}

// find takes a named piece out of what a probe read.
func (a *attempt) find(o *outcome, name string, re *regexp.Regexp) (string, bool) {
	m := re.FindStringSubmatch(o.text)
	if m == nil {
		o.fail(say(msgNotFound, name, re, quote(o.text)))
		return "", false
	}
	return m[1], true
}
