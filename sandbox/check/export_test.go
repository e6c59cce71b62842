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
