package check_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"pattarai/sandbox/check"
)

// draw spreads n requests by chance.
func draw(r *rand.Rand, n int, weights []float64) []int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	counts := make([]int, len(weights))
	for range n {
		x, i := r.Float64()*sum, 0
		for ; i < len(weights)-1 && x >= weights[i]; i++ {
			x -= weights[i]
		}
		counts[i]++
	}
	return counts
}

// TestRightAnswersPass draws right answers and gives them to the judge with the
// tightest claim that lint accepts: less than one in ten thousand may fail. The
// bound is on the mean, so the simulation allows four standard deviations more.
func TestRightAnswersPass(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		n       int
		weights []float64
	}{
		{50, []float64{1, 1}}, {200, []float64{2, 1, 3}}, {100, []float64{90, 5, 5}}, {300, []float64{1, 1, 1, 1, 1}},
	} {
		t.Run(fmt.Sprint(test.n, test.weights), func(t *testing.T) {
			t.Parallel()
			claim := check.NewChance(check.NewChance(0.5, test.weights...).EnoughTolerance(test.n), test.weights...)
			const runs = 20_000
			r, failed := rand.New(rand.NewPCG(7, uint64(test.n))), 0
			for range runs {
				if !claim.Judge(draw(r, test.n, test.weights)) {
					failed++
				}
			}
			if most := runs*1e-4 + 4*math.Sqrt(runs*1e-4); float64(failed) > most {
				t.Errorf("%d of %d right answers failed; at most %.0f should", failed, runs, most)
			}
			t.Logf("%d of %d right answers failed; lint says at most %.3g", failed, runs, claim.FalseAlarm(test.n)*runs)
		})
	}
}

// TestWrongAnswersFail gives the same claims answers of other weights.
func TestWrongAnswersFail(t *testing.T) {
	t.Parallel()
	claim := check.NewChance(0.08, 2, 1, 3)
	r, passed := rand.New(rand.NewPCG(1, 1)), 0
	for range 2000 {
		if claim.Judge(draw(r, 600, []float64{1, 1, 1})) {
			passed++
		}
	}
	if passed > 0 {
		t.Errorf("%d of 2000 wrong answers passed", passed)
	}
}

// TestFalseAlarm compares the bound with whole numbers added up without rounding.
func TestFalseAlarm(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 10, 57, 120} {
		for _, within := range []float64{0, 0.01, 0.1, 0.2, 0.9} {
			got := check.NewChance(within, 1, 3).FalseAlarm(n)
			if want := exactly(n, within); math.Abs(got-want) > 1e-9 {
				t.Errorf("n %d, within %g: %g, want %g", n, within, got, want)
			}
		}
	}
}

// exactly is the probability that a count of n draws with probability 1/4 fails,
// and that of the others, which fails with it.
func exactly(n int, within float64) float64 {
	sum := new(big.Int)
	for k := range n + 1 {
		if off := math.Abs(float64(k)/float64(n) - 0.25); within > 0 && off <= within+1e-9 || within == 0 && math.Abs(float64(k)-float64(n)/4) < 1-1e-9 {
			continue
		}
		ways := new(big.Int).Binomial(int64(n), int64(k))
		sum.Add(sum, ways.Mul(ways, new(big.Int).Exp(big.NewInt(3), big.NewInt(int64(n-k)), nil)))
	}
	p, _ := new(big.Rat).SetFrac(sum, new(big.Int).Exp(big.NewInt(4), big.NewInt(int64(n)), nil)).Float64()
	return min(2*p, 1)
}

// TestEnough takes lint at its word: what it recommends is accepted, a little less
// is not.
func TestEnough(t *testing.T) {
	t.Parallel()
	for _, within := range []float64{0.03, 0.05, 0.1} {
		claim := check.NewChance(within, 1, 1, 1)
		n := claim.EnoughRequests()
		if n == 0 || claim.FalseAlarm(n) > 1e-4 || claim.FalseAlarm(n*9/10) <= 1e-4 {
			t.Errorf("within %g: %d requests fail %g, a tenth less %g", within, n, claim.FalseAlarm(n), claim.FalseAlarm(n*9/10))
		}
	}
	if n := check.NewChance(0.01, 1, 1).EnoughRequests(); n != 0 {
		t.Errorf("within 1%%: %d requests", n)
	}
}
