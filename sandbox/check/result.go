package check

import (
	"math"
	"strings"
)

// fill makes the result of an attempt: the last step that has something to show,
// or the one that did not pass.
func (a *attempt) fill(r *Result) {
	r.Status = Passed
	r.Expected = a.expected()
	for _, l := range a.seen {
		r.take(l.outcome)
		for _, reason := range l.reasons {
			r.Reasons = append(r.Reasons, a.named(l.step, reason))
		}
		if l.status != Passed {
			r.Status = l.status
			break
		}
	}
	a.afterwards(r)
	r.TryIt = a.try()
	if r.Status == Passed {
		r.Points, r.Help = r.MaxPoints, ""
	} else if a.check.partial && (r.Status == Failed || r.Status == TimedOut || r.Status == LimitExceeded) {
		r.Points = a.earned(*r)
	}
}

// earned is the part of the points for what was right, in hundredths: as the look
// itself scored it, or by its cases. Where all of these are right, something that is
// none was wrong, and counts like one.
func (a *attempt) earned(r Result) float64 {
	good := 0
	for _, c := range r.Cases {
		if c.OK {
			good++
		}
	}
	all := len(r.Cases)
	if good == all {
		all++
	}
	part := float64(good) / float64(all)
	if last := a.seen[len(a.seen)-1]; last.scored {
		part = min(last.score, 0.99)
	}
	return math.Floor(part*r.MaxPoints*100) / 100
}

// take keeps what an outcome has to show.
func (r *Result) take(o outcome) {
	if o.observed != "" || o.status != Passed {
		r.Observed = o.observed
	}
	if o.output != "" || o.status != Passed {
		r.Output, r.Truncated = o.output, o.truncated
	}
	if len(o.bars) > 0 {
		r.Bars = o.bars
	}
	if len(o.cases) > 0 {
		r.Cases = o.cases
	}
	if r.Observed == "" && len(o.reasons) > 0 {
		r.Observed = o.reasons[0]
	}
}

// afterwards adds what went wrong while faults were undone.
func (a *attempt) afterwards(r *Result) {
	for _, o := range a.after {
		if r.Status == Passed || o.status == Broken {
			r.Status = o.status
		}
		r.Reasons = append(r.Reasons, o.reasons...)
		if r.Output == "" {
			r.Output = o.output
		}
	}
}

// expected is the claim of the whole check.
func (a *attempt) expected() string {
	var claims []string
	for i, s := range a.check.steps {
		claims = append(claims, stepClaims(a, i, s)...)
	}
	return strings.Join(claims, "; ")
}

// stepClaims are the claims of one step; a step that only acts has none.
func stepClaims(a *attempt, i int, s step) []string {
	var claims []string
	if s.until != nil && s.probe == nil {
		claims = append(claims, a.named(i, s.until.probe.expected()))
	}
	if s.probe != nil {
		claims = append(claims, a.named(i, s.probe.expected()))
	}
	for _, name := range s.unchanged {
		claims = append(claims, say(msgUnchanged, name))
	}
	for _, name := range s.changed {
		claims = append(claims, say(msgChanged, name))
	}
	return claims
}

// named says which step a sentence is about, where there are several.
func (a *attempt) named(i int, sentence string) string {
	switch s := a.check.steps[i]; {
	case len(a.check.steps) == 1:
		return sentence
	case s.title != "":
		return say(msgStepTitled, i+1, s.title, sentence)
	default:
		return say(msgStep, i+1, sentence)
	}
}

// try is the author's command, or that of the step that did not pass, or of the
// last one that has one.
func (a *attempt) try() string {
	if a.check.try != "" {
		return a.check.try
	}
	command := ""
	for _, l := range a.seen {
		s := a.check.steps[l.step]
		if s.probe == nil {
			continue
		}
		if own := s.probe.try(a.env.shell); own != "" {
			command = own
		}
		if l.try != "" {
			command = l.try
		}
	}
	return command
}
