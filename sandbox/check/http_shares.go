package check

import (
	"fmt"
	"math"
	"strings"

	"pattarai/sandbox/internal/yamldoc"
	"pattarai/sandbox/probe"
)

const maxShares = 100 // Servers of one claim.

// shares is how requests are expected to be spread.
type shares struct {
	names   []string // In the author's order.
	weights []float64
	sum     float64
	within  float64 // Fraction of all answers; 0 means exact counts.
	spread  string  // spreadTurns or spreadChance.
}

// shares reads the weights and how servers are named.
func (h *httpProbe) shares(v yamldoc.Value) *shares {
	m, ok := v.Map("by", "of", "within", "spread")
	if !ok {
		return nil
	}
	optional(m, "by", func(v yamldoc.Value) { h.spec.By = by(v) })
	s := &shares{spread: spreadTurns}
	optional(m, "within", func(v yamldoc.Value) { s.within, _ = v.Percent() })
	if s.within > 0 {
		s.spread = spreadChance
	}
	optional(m, "spread", func(v yamldoc.Value) { s.spread, _ = v.Choice(spreadTurns, spreadChance) })
	of, ok := m.Require("of", "add \"of: {app1: 2, app2: 1}\"")
	if !ok {
		return nil
	}
	weights, ok := of.AnyMap()
	if !ok {
		return nil
	}
	counted(of, len(weights.Entries), maxShares, "servers", "name the telling ones")
	for _, e := range weights.Entries[:min(len(weights.Entries), maxShares)] {
		w, _ := e.Value.Number(0, 1e6)
		s.names, s.weights, s.sum = append(s.names, e.Name()), append(s.weights, w), s.sum+w
	}
	if s.sum == 0 {
		of.Problem("out-of-range", "no weight above 0", "at least one server gets requests", "write the weights like {app1: 2, app2: 1}")
		return nil
	}
	s.honest(v, h.spec.Requests)
	return s
}

// words is the claim about n requests.
func (s *shares) words(n int) string {
	weights := make([]string, len(s.weights))
	for i, w := range s.weights {
		weights[i] = number(w)
	}
	names, parts := strings.Join(s.names, " : "), strings.Join(weights, " : ")
	switch {
	case s.within == 0:
		return say(msgShareExact, names, parts, n)
	case s.spread == spreadChance:
		return say(msgShareChance, names, parts, number(s.within*100), n)
	}
	return say(msgShareWithin, names, parts, number(s.within*100), n)
}

// judge compares the counts and draws the bars. Shares are of the requests that
// were answered: those that failed are another claim.
func (s *shares) judge(o *outcome, seen probe.HTTPSeen) {
	total := 0
	for _, n := range seen.Servers {
		total += n
	}
	if total == 0 {
		o.fail(say(msgNoAnswers, seen.Sent))
		return
	}
	known := map[string]bool{}
	for i, name := range s.names {
		known[name] = true
		s.judgeServer(o, i, seen.Servers[name], total)
	}
	for _, name := range sortedKeys(seen.Servers) {
		if known[name] {
			continue
		}
		n := seen.Servers[name]
		o.bars = append(o.bars, Bar{Label: named(name), Count: n, Observed: float64(n) / float64(total), Expected: -1})
		if name == "" {
			o.fail(say(msgShareNameless, n, total))
		} else {
			o.fail(say(msgShareStranger, named(name), n, total))
		}
	}
}

// judgeServer compares one count.
func (s *shares) judgeServer(o *outcome, i, count, total int) {
	expected := s.weights[i] / s.sum
	observed := float64(count) / float64(total)
	ok := s.fits(count, total, expected)
	o.bars = append(o.bars, Bar{Label: s.names[i], Count: count, Observed: observed, Expected: expected, OK: ok})
	switch {
	case ok:
	case s.within == 0:
		o.fail(say(msgShareOffExact, s.names[i], count, total, exactCount(expected*float64(total))))
	default:
		o.fail(say(msgShareOff, s.names[i], count, total, percent(observed), percent(expected), percent(s.within)))
	}
}

// fits tells whether a count is as expected. Without a tolerance it must be the
// exact number, or one of its neighbours where that is no whole number.
func (s *shares) fits(count, total int, expected float64) bool {
	const rounding = 1e-9
	if s.within > 0 {
		return math.Abs(float64(count)/float64(total)-expected) <= s.within+rounding
	}
	return math.Abs(float64(count)-expected*float64(total)) < 1-rounding ||
		float64(count) == math.Round(expected*float64(total))
}

// exactCount is a count that may lie between two whole numbers.
func exactCount(f float64) string {
	if low := math.Floor(f + 1e-9); f-low > 1e-6 {
		return fmt.Sprintf("%.0f/%.0f", low, low+1)
	}
	return fmt.Sprintf("%.0f", f)
}
