package check

import (
	"strings"

	"pattarai/sandbox/internal/yamldoc"
)

// order is the order in which servers are expected to answer requests sent one
// after the other. Zero parts claim nothing.
type order struct {
	cyclic     int // So many servers, each once in a round, always in the same order.
	period     int // The order repeats after so many answers.
	longestRun int // No server answers more often in a row.
}

func readOrder(v yamldoc.Value) *order {
	m, ok := v.Map("cyclic", "period", "longest_run")
	if !ok {
		return nil
	}
	if len(m.Entries) == 0 {
		m.Problem("empty", "an empty map", "at least one of cyclic, period, longest_run", "add one of them")
	}
	var o order
	optional(m, "cyclic", func(v yamldoc.Value) { o.cyclic, _ = v.Int(2, 100) })
	optional(m, "period", func(v yamldoc.Value) { o.period, _ = v.Int(2, 500) })
	optional(m, "longest_run", func(v yamldoc.Value) { o.longestRun, _ = v.Int(1, 1000) })
	return &o
}

func (o order) words() []string {
	var out []string
	if o.cyclic > 0 {
		out = append(out, say(msgCyclic, o.cyclic))
	}
	if o.period > 0 {
		out = append(out, say(msgPeriod, o.period))
	}
	if o.longestRun > 0 {
		out = append(out, say(msgRun, o.longestRun))
	}
	return out
}

// unmet compares the names in the order of sending.
func (o order) unmet(names []string) []string {
	if need := 2 * max(o.cyclic, o.period); len(names) < need || len(names) == 0 {
		return []string{say(msgTooFew, len(names))}
	}
	var out []string
	if o.cyclic > 0 {
		out = append(out, turns(names, o.cyclic)...)
	}
	if o.period > 0 {
		if at := irregular(names, o.period); at >= 0 {
			out = append(out, say(msgPeriodBroken, at+1, named(names[at]), o.period, named(names[at-o.period]), around(names, at)))
		}
	}
	if o.longestRun > 0 {
		if at, length := longestRun(names); length > o.longestRun {
			out = append(out, say(msgRunLong, named(names[at]), length, at+1, o.longestRun))
		}
	}
	return out
}

// turns compares with servers that take turns, n in a round.
func turns(names []string, n int) []string {
	distinct := map[string]bool{}
	for _, name := range names {
		distinct[name] = true
	}
	if len(distinct) != n {
		return []string{say(msgCyclicCount, len(distinct), strings.Join(sortedKeys(distinct), ", "), n)}
	}
	first := map[string]bool{}
	for _, name := range names[:n] {
		first[name] = true
	}
	if len(first) != n {
		return []string{say(msgCyclicCount, len(first), strings.Join(names[:n], ", "), n)}
	}
	if at := irregular(names, n); at >= 0 {
		return []string{say(msgCyclicBroken, at+1, named(names[at]), named(names[at-n]), around(names, at))}
	}
	return nil
}

// irregular is the first position that differs from the one n before it, or -1.
func irregular(names []string, n int) int {
	for i := n; i < len(names); i++ {
		if names[i] != names[i-n] {
			return i
		}
	}
	return -1
}

// longestRun is where the longest run of one name begins, and its length.
func longestRun(names []string) (at, length int) {
	for start := 0; start < len(names); {
		end := start
		for end < len(names) && names[end] == names[start] {
			end++
		}
		if end-start > length {
			at, length = start, end-start
		}
		start = end
	}
	return at, length
}

// around shows the names next to a position.
func around(names []string, at int) string {
	var out []string
	for _, name := range names[max(0, at-4):min(len(names), at+3)] {
		out = append(out, named(name))
	}
	return strings.Join(out, " ")
}
