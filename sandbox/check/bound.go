package check

import (
	"math"
	"time"

	"pattarai/sandbox/internal/yamldoc"
)

// bound is what a number is expected to be; nil parts claim nothing.
type bound struct {
	equals, atLeast, atMost, below, above *float64
	word                                  func(float64) string // How a number is written in a sentence.
}

func boundKeys() []string { return []string{"equals", "at_least", "at_most", "below", "above"} }

// exactly is the bound of one number.
func exactly(n float64) bound { return bound{equals: &n, word: number} }

// atMost is the bound of a count that may be smaller.
func atMost(n float64) bound { return bound{atMost: &n, word: number} }

// numberBound reads a number, meaning exactly that, or a map of bounds.
func numberBound(v yamldoc.Value) (bound, bool) {
	read := func(v yamldoc.Value) (float64, bool) { return v.Number(math.Inf(-1), math.Inf(1)) }
	if !v.IsMap() {
		n, ok := read(v)
		return exactly(n), ok
	}
	m, ok := v.Map(boundKeys()...)
	if !ok {
		return bound{}, false
	}
	return bounds(m, number, read)
}

// durationBound reads a duration, meaning below it, or a map of bounds.
func durationBound(v yamldoc.Value) (bound, bool) {
	read := func(v yamldoc.Value) (float64, bool) {
		d, ok := v.Duration(0, maxTimeout)
		return float64(d), ok
	}
	word := func(f float64) string { return span(time.Duration(f)) }
	if !v.IsMap() {
		d, ok := read(v)
		return bound{below: &d, word: word}, ok
	}
	m, ok := v.Map("below", "above")
	if !ok {
		return bound{}, false
	}
	return bounds(m, word, read)
}

// bounds reads the bounds of a map that may hold other keys too.
func bounds(m yamldoc.Map, word func(float64) string, read func(yamldoc.Value) (float64, bool)) (bound, bool) {
	b, good, some := bound{word: word}, true, false
	for key, to := range map[string]**float64{
		"equals": &b.equals, "at_least": &b.atLeast, "at_most": &b.atMost, "below": &b.below, "above": &b.above,
	} {
		optional(m, key, func(v yamldoc.Value) {
			n, ok := read(v)
			good, some = good && ok, true
			*to = &n
		})
	}
	if !some {
		m.Problem("no-bound", "no bound", "at least one of equals, at_least, at_most, below, above", "add one of them")
	}
	return b, good && some
}

// holds tells whether n is as expected.
func (b bound) holds(n float64) bool {
	switch {
	case b.equals != nil && n != *b.equals,
		b.atLeast != nil && n < *b.atLeast,
		b.atMost != nil && n > *b.atMost,
		b.below != nil && n >= *b.below,
		b.above != nil && n <= *b.above:
		return false
	}
	return true
}

// String is the bound in words.
func (b bound) String() string {
	if b.atMost != nil && *b.atMost == 0 && b.atLeast == nil && b.above == nil {
		return string(msgNone)
	}
	var words []string
	for _, part := range []struct {
		n *float64
		m message
	}{{b.equals, "%s"}, {b.atLeast, msgAtLeast}, {b.atMost, msgAtMost}, {b.above, msgAbove}, {b.below, msgBelow}} {
		if part.n != nil {
			words = append(words, say(part.m, b.word(*part.n)))
		}
	}
	return list(words)
}
