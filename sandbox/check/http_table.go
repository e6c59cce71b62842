package check

import (
	"fmt"
	"strings"

	"pattarai/sandbox/internal/yamldoc"
	"pattarai/sandbox/probe"
)

// row is one request of a table with its own expectations.
type row struct {
	name    string
	variant probe.HTTPVariant
	want    httpWant
}

// table reads the rows.
func (p *parser) table(v yamldoc.Value) []row {
	items, ok := v.List()
	if !ok {
		return nil
	}
	counted(v, len(items), maxSamples, "rows", "split the table")
	var rows []row
	for _, item := range items {
		if m, ok := item.Map("name", "method", "path", "headers", "body", "expect"); ok {
			rows = append(rows, readRow(m))
		}
	}
	return rows
}

func readRow(m yamldoc.Map) row {
	var r row
	optional(m, "method", func(v yamldoc.Value) { r.variant.Method = method(v) })
	optional(m, "path", func(v yamldoc.Value) {
		if path, ok := v.Text(); ok && !strings.HasPrefix(path, "/") {
			v.Problem("path", fmt.Sprintf("the path %q", yamldoc.Shorten(path)), "a path beginning with / is allowed; it is sent exactly as written", "write it like //admin")
		} else {
			r.variant.Path = path
		}
	})
	optional(m, "headers", func(v yamldoc.Value) { r.variant.Headers = words(v) })
	optional(m, "body", func(v yamldoc.Value) { r.variant.Body, _ = v.Scalar() })
	r.name = strings.TrimSpace(r.variant.Method + " " + firstOf(r.variant.Path, "/"))
	optional(m, "name", func(v yamldoc.Value) { r.name = limited(v, maxTitle) })
	v, ok := m.Require("expect", "add \"expect: {status: 200}\"")
	if !ok {
		return r
	}
	expect, ok := v.Map("status", "server", "body", "headers")
	if !ok {
		return r
	}
	if len(expect.Entries) == 0 {
		expect.Problem("empty", "an empty map", "at least one of status, server, body, headers", "add one of them")
	}
	var h httpProbe
	r.want = h.expectations(expect)
	return r
}

// judgeTable compares every row with its answer.
func (h httpProbe) judgeTable(o *outcome, seen probe.HTTPSeen) {
	good := 0
	for i, r := range h.table {
		answer := probe.HTTPAnswer{Error: "it was not sent"}
		if i < len(seen.Samples) {
			answer = seen.Samples[i]
		}
		unmet := r.unmet(answer)
		o.cases = append(o.cases, Case{
			Name: r.name, OK: len(unmet) == 0, Input: curl(h.spec, r.variant, "-i"),
			Expected: strings.Join(r.want.words(1), "; "), Observed: observedAnswer(answer),
		})
		if len(unmet) == 0 {
			good++
			continue
		}
		o.fail(say(msgTableOff, r.name, strings.Join(unmet, "; ")))
		if o.try == "" {
			o.try = curl(h.spec, r.variant, "-i")
		}
	}
	o.observed = say(msgTableSeen, good, len(h.table))
}

// unmet is what an answer lacks.
func (r row) unmet(a probe.HTTPAnswer) []string {
	if a.Status == 0 {
		return []string{say(msgUnanswered, a.Error)}
	}
	o := outcome{status: Passed}
	seen := probe.HTTPSeen{
		Sent: 1, Statuses: map[int]int{a.Status: 1}, Servers: map[string]int{a.Server: 1},
		Samples: []probe.HTTPAnswer{a},
	}
	r.want.failed = nil // A status of 500 is an answer like any other here.
	r.want.judge(&o, seen)
	return o.reasons
}
