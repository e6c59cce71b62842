package check

import "pattarai/sandbox/probe"

// Keys are all keys an author may write, for the test of the documentation.
func Keys() []string {
	keys := append([]string{"id", "title", "needs", "points", "help", "try", "timeout", "steps"}, stepKeys()...)
	for _, k := range kinds() {
		keys = append(append(keys, k.keys...), k.expect...)
	}
	return append(append(keys, boundKeys()...), textKeys()...)
}

// Describe makes every sentence that a check has before it runs.
func Describe(c Check) {
	a := attempt{check: c, env: &env{shell: "client"}}
	_ = a.expected()
	for _, s := range c.steps {
		if s.probe != nil {
			_ = s.probe.try("client")
		}
	}
}

// Order judges an order.
func Order(names []string, cyclic, longestRun int) []string {
	return order{cyclic: cyclic, longestRun: longestRun}.unmet(names)
}

// Shares judges shares of two servers.
func Shares(seen probe.HTTPSeen) []string {
	s := shares{names: []string{"a", "b"}, weights: []float64{1, 2}, sum: 3}
	o := outcome{status: Passed}
	s.judge(&o, seen)
	return o.reasons
}

// Chance is a claim about requests that are spread by chance.
type Chance struct{ s shares }

// NewChance claims weights within a tolerance.
func NewChance(within float64, weights ...float64) Chance {
	c := Chance{shares{within: within, weights: weights, spread: spreadChance}}
	for i, w := range weights {
		c.s.names, c.s.sum = append(c.s.names, string(rune('a'+i))), c.s.sum+w
	}
	return c
}

// Judge tells whether the counts are as claimed, as a run judges them.
func (c Chance) Judge(counts []int) bool {
	seen := probe.HTTPSeen{Servers: map[string]int{}}
	for i, n := range counts {
		seen.Sent += n
		seen.Servers[c.s.names[i]] = n
	}
	o := outcome{status: Passed}
	c.s.judge(&o, seen)
	return o.status == Passed
}

// FalseAlarm is the bound that lint computes.
func (c Chance) FalseAlarm(n int) float64 { return c.s.falseAlarm(n) }

// EnoughRequests is what lint recommends.
func (c Chance) EnoughRequests() int { return c.s.enoughRequests() }

// EnoughTolerance is what lint recommends.
func (c Chance) EnoughTolerance(n int) float64 { return c.s.enoughTolerance(n) }
