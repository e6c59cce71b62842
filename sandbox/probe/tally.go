package probe

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// maxServers bounds how many names are told apart; others counts the rest.
const (
	maxServers = 1000
	others     = "(others)"
)

// tally counts answers. It is safe for concurrent use.
type tally struct {
	mu        sync.Mutex
	named     bool // Servers were asked for.
	counted   HTTPSeen
	durations []time.Duration
}

func newTally(total int, spec HTTPSpec) *tally {
	t := &tally{named: spec.By != ""}
	t.counted = HTTPSeen{Statuses: map[int]int{}, Servers: map[string]int{}, Errors: map[string]int{}}
	t.durations = make([]time.Duration, 0, total)
	t.counted.Samples = make([]HTTPAnswer, min(total, spec.Record))
	if t.named {
		t.counted.Order = make([]string, min(total, maxOrder))
	}
	return t
}

// add counts the outcome of the request that was sent as number i.
func (t *tally) add(i int, out outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	seen := &t.counted
	seen.Sent++
	seen.Statuses[out.answer.Status]++
	t.durations = append(t.durations, out.answer.Duration)
	if i < len(seen.Samples) {
		seen.Samples[i] = out.answer
	}
	if out.answer.Error != "" {
		seen.Errors[out.answer.Error]++
	}
	if out.failed {
		seen.Failed++
		return
	}
	if t.named {
		seen.Servers[t.known(out.answer.Server)]++
	}
	if i < len(seen.Order) {
		seen.Order[i] = out.answer.Server
	}
}

// known is the name to count an answer under.
func (t *tally) known(name string) string {
	if _, ok := t.counted.Servers[name]; !ok && len(t.counted.Servers) >= maxServers {
		return others
	}
	return name
}

// seen returns what was counted so far; the order and the samples only when final.
func (t *tally) seen(elapsed time.Duration, final bool) HTTPSeen {
	t.mu.Lock()
	defer t.mu.Unlock()
	seen := t.counted
	seen.Statuses, seen.Servers, seen.Errors = maps.Clone(seen.Statuses), maps.Clone(seen.Servers), maps.Clone(seen.Errors)
	if !final {
		seen.Order, seen.Samples = nil, nil
	}
	sorted := slices.Sorted(slices.Values(t.durations))
	seen.P50, seen.P95, seen.Max = quantile(sorted, 0.50), quantile(sorted, 0.95), quantile(sorted, 1)
	seen.Elapsed = elapsed
	return seen
}

// quantile of sorted durations: the smallest that at least that part does not
// exceed; 0 of none.
func quantile(sorted []time.Duration, part float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(float64(len(sorted))*part+0.999999) - 1
	return sorted[min(max(rank, 0), len(sorted)-1)]
}
