package check

import (
	"fmt"
	"math"
	"sort"

	"pattarai/sandbox/internal/yamldoc"
)

// maxFalseAlarm is how often at most a right answer may fail by chance.
const maxFalseAlarm = 1e-4

// How the requests of a shares claim are spread.
const (
	spreadTurns  = "turns"  // By a rule: the same requests give the same counts.
	spreadChance = "chance" // Each request draws its server.
)

// falseAlarm bounds the probability that a right answer fails: that any server's
// count of n independent draws is further off than the tolerance. It adds up the
// exact binomial tails of all servers.
func (s *shares) falseAlarm(n int) float64 {
	var sum float64
	for _, w := range s.weights {
		sum += tails(n, w/s.sum, func(k int) bool { return s.fits(k, n, w/s.sum) })
	}
	return min(sum, 1)
}

// tails is the probability that a binomial count of n draws with probability p is
// none that fits; what fits must lie together.
func tails(n int, p float64, fits func(k int) bool) float64 {
	if p <= 0 || p >= 1 {
		return 0 // Nothing is left to chance.
	}
	mode := int(float64(n+1) * p)
	return tail(n, p, mode, -1, fits) + tail(n, p, mode+1, +1, fits)
}

// negligible is where the terms of a tail stop to matter.
const negligible = 1e-18

// tail adds up the terms that do not fit from a count on in one direction, away
// from the most probable one.
func tail(n int, p float64, from, step int, fits func(k int) bool) float64 {
	var sum float64
	for k := from; k >= 0 && k <= n; k += step {
		term := binomial(n, k, p)
		if term < negligible {
			break
		}
		if !fits(k) {
			sum += term
		}
	}
	return sum
}

// binomial is the probability of exactly k hits in n draws.
func binomial(n, k int, p float64) float64 {
	all, _ := math.Lgamma(float64(n + 1))
	hits, _ := math.Lgamma(float64(k + 1))
	misses, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(all - hits - misses + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}

// honest reports a claim about chance that a right answer would fail too often.
func (s *shares) honest(at yamldoc.Value, requests int) {
	if s.spread != spreadChance {
		return
	}
	alarm := s.falseAlarm(requests)
	if alarm <= maxFalseAlarm {
		return
	}
	at.Problem("chance", fmt.Sprintf("of %d requests spread by chance, within %s %%: a right answer fails %s", requests, points(s.within), oftenness(alarm)),
		"less than once in 10000 runs is allowed", s.remedy(requests))
}

// oftenness is a probability in words.
func oftenness(p float64) string {
	if p > 0.95 {
		return "nearly always"
	}
	if p > 0.1 {
		return fmt.Sprintf("%.0f times in 10", p*10)
	}
	return fmt.Sprintf("once in %.0f runs", 1/p)
}

// points is a fraction as percentage points, with the tenths it may have.
func points(f float64) string { return number(math.Round(f*1000) / 10) }

// remedy names what would do: more requests, a wider tolerance, or no chance.
func (s *shares) remedy(requests int) string {
	turns := "; if the servers take turns by a rule, add \"spread: turns\""
	wide := fmt.Sprintf("write \"within: %s%%\"", points(s.enoughTolerance(requests)))
	if n := s.enoughRequests(); n > 0 {
		return fmt.Sprintf("write \"requests: %d\", or %s", n, wide) + turns
	}
	return wide + turns
}

// enoughRequests is a number of requests that does, and from which on every number
// that it tries does; 0 when none that is allowed does.
func (s *shares) enoughRequests() int {
	if s.falseAlarm(maxRequests) > maxFalseAlarm {
		return 0
	}
	low, high := 1, maxRequests
	for low < high {
		if mid := (low + high) / 2; s.falseAlarm(mid) <= maxFalseAlarm {
			high = mid
		} else {
			low = mid + 1
		}
	}
	for round := 10; ; { // Whole tens are enough; the tails do not fall evenly.
		low = (low + round - 1) / round * round
		if s.falseAlarm(low) <= maxFalseAlarm {
			return low
		}
		low++
	}
}

// enoughTolerance is the least tolerance in half points that does.
func (s *shares) enoughTolerance(requests int) float64 {
	const halves = 200
	wider := *s
	points := 1 + sort.Search(halves-1, func(i int) bool {
		wider.within = float64(i+1) / halves
		return wider.falseAlarm(requests) <= maxFalseAlarm
	})
	return float64(points) / halves
}
