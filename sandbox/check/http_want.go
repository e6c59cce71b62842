package check

import (
	"strconv"

	"pattarai/sandbox/internal/yamldoc"
)

// httpWant is what is expected of requests. Nil and empty parts claim nothing.
type httpWant struct {
	shares    *shares
	failed    *bound
	implied   bool // failed was not written down.
	status    []int
	statuses  []statusCount
	order     *order
	servers   []string
	server    string
	body      *textWant
	headers   []headerWant
	p95       *bound
	elapsed   *bound
	rate      *bound // Answers below 400 per second.
	redirects []string
	led       bool // redirects was written, be it empty.
	sticky    *sticky
	tls       *tlsWant
}

// statusCount is how many answers of a status are expected.
type statusCount struct {
	status int
	count  bound
}

// headerWant is what a header is expected to be.
type headerWant struct {
	name   string
	absent bool
	text   textWant
}

// expectations reads what is expected; shares may say how servers are named.
func (h *httpProbe) expectations(m yamldoc.Map) httpWant {
	var w httpWant
	optional(m, "shares", func(v yamldoc.Value) { w.shares = h.shares(v) })
	optional(m, "failed", func(v yamldoc.Value) { w.failed = failures(v) })
	optional(m, "status", func(v yamldoc.Value) { w.status = statusList(v) })
	optional(m, "statuses", func(v yamldoc.Value) { w.statuses = statusCounts(v) })
	optional(m, "order", func(v yamldoc.Value) { w.order = readOrder(v) })
	optional(m, "servers", func(v yamldoc.Value) { w.servers, _ = v.Texts() })
	optional(m, "server", func(v yamldoc.Value) { w.server, _ = v.Scalar() })
	optional(m, "body", func(v yamldoc.Value) {
		body := textExpectation(v, "body")
		w.body = &body
	})
	optional(m, "headers", func(v yamldoc.Value) { w.headers = headerExpectations(v) })
	optional(m, "p95", func(v yamldoc.Value) { w.p95 = optionalDuration(v) })
	optional(m, "elapsed", func(v yamldoc.Value) { w.elapsed = optionalDuration(v) })
	optional(m, "rate", func(v yamldoc.Value) {
		if b, ok := numberBound(v); ok {
			w.rate = &b
		}
	})
	optional(m, "redirects", func(v yamldoc.Value) { w.led, w.redirects = true, texts(v) })
	optional(m, "sticky", func(v yamldoc.Value) { w.sticky = readSticky(v) })
	optional(m, "tls", func(v yamldoc.Value) { w.tls = readTLSWant(v) })
	w.defaults()
	return w
}

// defaults claims that nothing fails where the other claims take that for granted.
func (w *httpWant) defaults() {
	if w.failed != nil || w.status != nil || w.statuses != nil {
		return
	}
	only := w.body != nil || w.headers != nil || w.rate != nil // The answers themselves are judged.
	if !only || w.shares != nil || w.order != nil || w.servers != nil || w.sticky != nil {
		none := atMost(0)
		w.failed, w.implied = &none, true
	}
}

// failures reads how many requests may fail: a number, meaning at most it.
func failures(v yamldoc.Value) *bound {
	b := atMost(0)
	if v.IsMap() {
		b, _ = numberBound(v)
		return &b
	}
	n, _ := v.Int(0, maxRequests)
	b = atMost(float64(n))
	return &b
}

func optionalDuration(v yamldoc.Value) *bound {
	b, ok := durationBound(v)
	if !ok {
		return nil
	}
	return &b
}

// statusList reads a status or a list of allowed ones.
func statusList(v yamldoc.Value) []int {
	if v.IsMap() {
		v.Problem("wrong-type", "a map found", "a status or a list of statuses is expected", "use \"statuses:\" to say how many of each")
		return nil
	}
	var out []int
	for _, item := range v.OneOrMore() {
		if n, ok := item.Int(100, 599); ok {
			out = append(out, n)
		}
	}
	return out
}

func statusCounts(v yamldoc.Value) []statusCount {
	m, ok := v.AnyMap()
	if !ok {
		return nil
	}
	var out []statusCount
	for _, e := range m.Entries {
		n, ok := e.Key.Int(100, 599)
		b, fine := numberBound(e.Value)
		if ok && fine {
			out = append(out, statusCount{n, b})
		}
	}
	return out
}

func headerExpectations(v yamldoc.Value) []headerWant {
	m, ok := v.AnyMap()
	if !ok {
		return nil
	}
	var out []headerWant
	for _, e := range m.Entries {
		w := headerWant{name: e.Name(), text: textWant{name: say(msgHeader, e.Name())}}
		if !e.Value.IsMap() || !w.readAbsent(e.Value) {
			w.text = textExpectation(e.Value, w.text.name)
		}
		out = append(out, w)
	}
	return out
}

// readAbsent reads {absent: true} and tells whether that is what v is.
func (h *headerWant) readAbsent(v yamldoc.Value) bool {
	m, ok := v.AnyMap()
	if !ok || !m.Has("absent") {
		return false
	}
	h.absent, _ = m.Get("absent").Bool()
	v.Map("absent")
	return true
}

// words are the claims about n requests, each as a sentence.
func (w httpWant) words(n int) []string {
	var out []string
	if w.shares != nil {
		out = append(out, w.shares.words(n))
	}
	if w.failed != nil && !w.implied {
		out = append(out, say(msgFailedMost, *w.failed, n))
	}
	if len(w.status) > 0 {
		out = append(out, say(msgStatusAll, ints(w.status)))
	}
	for _, s := range w.statuses {
		out = append(out, say(msgStatusCount, strconv.Itoa(s.status), s.count))
	}
	if w.order != nil {
		out = append(out, w.order.words()...)
	}
	if len(w.servers) > 0 {
		out = append(out, say(msgServersWant, list(w.servers)))
	}
	if w.server != "" {
		out = append(out, say(msgServerIs, w.server))
	}
	if w.body != nil {
		out = append(out, w.body.words()...)
	}
	for _, h := range w.headers {
		out = append(out, h.words()...)
	}
	if w.led {
		out = append(out, w.redirectWords())
	}
	if w.sticky != nil {
		out = append(out, w.sticky.words()...)
	}
	if w.tls != nil {
		out = append(out, w.tls.words()...)
	}
	return append(out, w.timing()...)
}

func (w httpWant) timing() []string {
	var out []string
	if w.p95 != nil {
		out = append(out, say(msgDuration, "p95", *w.p95))
	}
	if w.elapsed != nil {
		out = append(out, say(msgDuration, "elapsed", *w.elapsed))
	}
	if w.rate != nil {
		out = append(out, say(msgRate, *w.rate))
	}
	return out
}

func (h headerWant) words() []string {
	switch {
	case h.absent:
		return []string{say(msgAbsent, h.text.name)}
	case !h.text.claims():
		return []string{say(msgPresent, h.text.name)}
	}
	return h.text.words()
}
