package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pattarai/sandbox/probe"
)

// judge compares what came back with every claim.
func (w httpWant) judge(o *outcome, seen probe.HTTPSeen) {
	o.observed = w.observed(seen)
	if w.failed != nil && !w.failed.holds(float64(seen.Failed)) {
		o.fail(failedSentence(seen, *w.failed))
	}
	w.judgeStatuses(o, seen)
	if w.shares != nil {
		w.shares.judge(o, seen)
	}
	if w.order != nil {
		o.fail(w.order.unmet(seen.Order)...)
	}
	w.judgeServers(o, seen)
	for _, t := range []struct {
		name string
		want *bound
		got  time.Duration
	}{{"p95", w.p95, seen.P95}, {"elapsed", w.elapsed, seen.Elapsed}} {
		if t.want != nil && !t.want.holds(float64(t.got)) {
			o.fail(say(msgDurationOff, t.name, span(t.got), *t.want))
		}
	}
	w.judgeRate(o, seen)
	if w.sticky != nil {
		w.sticky.judge(o, seen)
	}
	if w.tls != nil {
		o.fail(w.tls.unmet(seen.TLS)...)
	}
	if w.led && len(seen.Samples) > 0 {
		o.fail(w.redirectsUnmet(seen.Samples[0])...)
	}
	for _, a := range seen.Samples {
		if unmet := w.answer(a); len(unmet) > 0 {
			o.fail(unmet...)
			break // The first answer that is wrong says enough.
		}
	}
}

// failedSentence says how many requests failed and why.
func failedSentence(seen probe.HTTPSeen, want bound) string {
	var why []string
	for _, text := range sortedKeys(seen.Errors) {
		why = append(why, fmt.Sprintf("%s: %d", text, seen.Errors[text]))
	}
	if len(why) == 0 {
		for _, status := range sortedStatuses(seen.Statuses) {
			if status >= 500 {
				why = append(why, fmt.Sprintf("%s: %d", say(msgAnswered, status), seen.Statuses[status]))
			}
		}
	}
	if len(why) == 0 {
		return say(msgFailedCount, seen.Failed, seen.Sent, want)
	}
	return say(msgFailedWhy, seen.Failed, seen.Sent, want, strings.Join(why, ", "))
}

func (w httpWant) judgeStatuses(o *outcome, seen probe.HTTPSeen) {
	for _, status := range sortedStatuses(seen.Statuses) {
		n := seen.Statuses[status]
		switch {
		case len(w.status) == 0 || slices.Contains(w.status, status):
		case status == 0:
			o.fail(say(msgNoStatus, n, errorsOf(seen)))
		case seen.Sent == 1:
			o.fail(say(msgStatusOne, status, ints(w.status)))
		default:
			o.fail(say(msgStatusEach, status, n, seen.Sent, ints(w.status)))
		}
	}
	for _, s := range w.statuses {
		if n := seen.Statuses[s.status]; !s.count.holds(float64(n)) {
			o.fail(say(msgStatusCountOff, strconv.Itoa(s.status), n, s.count))
		}
	}
}

// errorsOf lists why requests got no answer.
func errorsOf(seen probe.HTTPSeen) string {
	if len(seen.Errors) == 0 {
		return ""
	}
	return ": " + strings.Join(sortedKeys(seen.Errors), ", ")
}

func (w httpWant) judgeServers(o *outcome, seen probe.HTTPSeen) {
	for _, name := range w.servers {
		if seen.Servers[name] == 0 {
			o.fail(say(msgServerMissing, name))
		}
	}
	for _, name := range sortedKeys(seen.Servers) {
		n := seen.Servers[name]
		if len(w.servers) > 0 && !slices.Contains(w.servers, name) {
			o.fail(say(msgServerExtra, named(name), n, list(w.servers)))
		}
		if w.server != "" && name != w.server {
			o.fail(say(msgServerOff, named(name), w.server))
		}
	}
	if w.server != "" && len(seen.Servers) == 0 {
		o.fail(say(msgServerMissing, w.server))
	}
}

// answer is what a single answer lacks.
func (w httpWant) answer(a probe.HTTPAnswer) []string {
	if w.body == nil && w.headers == nil {
		return nil
	}
	if a.Status == 0 {
		return []string{say(msgUnanswered, a.Error)}
	}
	var out []string
	if w.body != nil {
		out = append(out, w.body.unmet(a.Body)...)
	}
	for _, h := range w.headers {
		out = append(out, h.unmet(a)...)
	}
	return out
}

func (h headerWant) unmet(a probe.HTTPAnswer) []string {
	values, there := header(a, h.name)
	switch {
	case h.absent && there:
		return []string{say(msgAbsentNot, h.text.name)}
	case h.absent:
		return nil
	case !there:
		return []string{say(msgMissing, h.text.name)}
	}
	return h.text.unmet(values)
}

// header is a header's values, whatever the case of its name.
func header(a probe.HTTPAnswer, name string) (string, bool) {
	for k, values := range a.Headers {
		if strings.EqualFold(k, name) {
			return strings.Join(values, ", "), true
		}
	}
	return "", false
}

// observed sums up what came back.
func (w httpWant) observed(seen probe.HTTPSeen) string {
	if seen.Sent == 1 && len(seen.Samples) == 1 && w.shares == nil {
		return w.observedOne(seen)
	}
	var parts []string
	if w.shares != nil || w.order != nil || w.servers != nil {
		parts = append(parts, serverCounts(seen))
	} else {
		parts = append(parts, statusSummary(seen))
	}
	if w.p95 != nil {
		parts = append(parts, say(msgDuration, "p95", span(seen.P95)))
	}
	if w.elapsed != nil {
		parts = append(parts, say(msgDuration, "elapsed", span(seen.Elapsed)))
	}
	if w.rate != nil {
		parts = append(parts, say(msgRateSeen, rounded(answersPerSecond(seen))))
	}
	if w.tls != nil && seen.TLS != nil {
		parts = append(parts, observedTLS(*seen.TLS))
	}
	return strings.Join(parts, "; ")
}

// observedOne sums up the only answer and the way to it.
func (w httpWant) observedOne(seen probe.HTTPSeen) string {
	text := observedAnswer(seen.Samples[0])
	if hops := seen.Samples[0].Hops; len(hops) > 0 {
		text += "; " + chain(hops)
	}
	if seen.TLS != nil {
		text += "; " + observedTLS(*seen.TLS)
	}
	return text
}

// judgeRate compares how many answers below 400 came in a second.
func (w httpWant) judgeRate(o *outcome, seen probe.HTTPSeen) {
	if w.rate == nil {
		return
	}
	if got := answersPerSecond(seen); !w.rate.holds(got) {
		o.fail(say(msgRateOff, rounded(got), *w.rate))
	}
}

func answersPerSecond(seen probe.HTTPSeen) float64 {
	good := 0
	for status, n := range seen.Statuses {
		if status > 0 && status < 400 {
			good += n
		}
	}
	if seen.Elapsed <= 0 {
		return 0
	}
	return float64(good) / seen.Elapsed.Seconds()
}

func rounded(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }

func observedAnswer(a probe.HTTPAnswer) string {
	if a.Status == 0 {
		return say(msgUnanswered, a.Error)
	}
	text := say(msgAnswered, a.Status)
	if a.Server != "" {
		text += ", " + quote(a.Server)
	}
	return text + ", " + span(a.Duration)
}

// statusSummary counts the statuses: "status 200: 598, no answer: 2 of 600".
func statusSummary(seen probe.HTTPSeen) string {
	var parts []string
	for _, status := range sortedStatuses(seen.Statuses) {
		name := say(msgAnswered, status)
		if status == 0 {
			name = strings.TrimSuffix(say(msgUnanswered, strings.TrimPrefix(errorsOf(seen), ": ")), ": ")
		}
		parts = append(parts, fmt.Sprintf("%s: %d", name, seen.Statuses[status]))
	}
	return say(msgOfRequests, strings.Join(parts, ", "), seen.Sent)
}

// serverCounts counts the servers: "app1 198, app2 205, app3 197 of 600 requests".
func serverCounts(seen probe.HTTPSeen) string {
	var parts []string
	for _, name := range sortedKeys(seen.Servers) {
		parts = append(parts, fmt.Sprintf("%s %d", named(name), seen.Servers[name]))
	}
	if len(parts) == 0 {
		return say(msgNoAnswers, seen.Sent)
	}
	return say(msgOfRequests, strings.Join(parts, ", "), seen.Sent)
}

// named is a server's name, also when it has none.
func named(server string) string {
	if server == "" {
		return string(msgNoServer)
	}
	if r := []rune(server); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return server
}

func ints(numbers []int) string {
	var out []string
	for _, n := range numbers {
		out = append(out, strconv.Itoa(n))
	}
	return strings.Join(out, ", ")
}

func sortedStatuses(m map[int]int) []int {
	var out []int
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
