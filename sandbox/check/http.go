package check

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/internal/yamldoc"
	"pattarai/sandbox/probe"
)

// The bounds of requests.
const (
	maxRequests           = 20_000
	maxOrder              = 2000 // So many names the probe keeps in order.
	maxSamples            = 100  // So many whole answers it keeps.
	maxConcurrency        = 200
	defaultRequestTimeout = 5 * time.Second
	methodGet             = "GET"
	maxFollow             = 10 // Redirects.
)

// httpProbe sends one or many requests, or a table of different ones.
type httpProbe struct {
	spec  probe.HTTPSpec
	table []row
	want  httpWant
	ca    *source // Where the certificates to trust are read; nil for those in spec.
	from  int     // Addresses to send from; 0 for the probe's own.
}

func httpKind() kind {
	return kind{
		name: "http",
		keys: []string{
			"url", "method", "headers", "body", "requests", "concurrency", "keep_alive",
			"timeout", "rate", "by", "table", "tls", "follow", "sources",
		},
		expect: []string{
			"shares", "failed", "status", "statuses", "order", "servers", "server",
			"body", "headers", "p95", "elapsed", "rate", "redirects", "sticky", "tls",
		},
		parse: parseHTTP,
	}
}

func parseHTTP(p *parser, m, expect yamldoc.Map) prober {
	h := httpProbe{spec: probe.HTTPSpec{Method: methodGet, Requests: 1, Concurrency: 1, Timeout: defaultRequestTimeout}}
	if v, ok := m.Require("url", "add \"url: http://NODE/\""); ok {
		h.spec.URL = p.url(v)
	}
	optional(m, "method", func(v yamldoc.Value) { h.spec.Method = method(v) })
	optional(m, "headers", func(v yamldoc.Value) { h.spec.Headers = words(v) })
	optional(m, "body", func(v yamldoc.Value) { h.spec.Body, _ = v.Scalar() })
	optional(m, "requests", func(v yamldoc.Value) { h.spec.Requests, _ = v.Int(1, maxRequests) })
	optional(m, "concurrency", func(v yamldoc.Value) { h.spec.Concurrency, _ = v.Int(1, maxConcurrency) })
	optional(m, "keep_alive", func(v yamldoc.Value) { h.spec.KeepAlive, _ = v.Bool() })
	optional(m, "timeout", func(v yamldoc.Value) { h.spec.Timeout, _ = v.Duration(50*time.Millisecond, time.Minute) })
	optional(m, "rate", func(v yamldoc.Value) { h.spec.Rate, _ = v.Number(0.1, 5000) })
	optional(m, "by", func(v yamldoc.Value) { h.spec.By = by(v) })
	optional(m, "table", func(v yamldoc.Value) { h.table = p.table(v) })
	optional(m, "follow", func(v yamldoc.Value) { h.spec.Follow, _ = v.Int(0, maxFollow) })
	optional(m, "sources", func(v yamldoc.Value) { h.from = p.sources(v) })
	h.tls(p, m, expect)
	h.want = h.expectations(expect)
	if h.want.sticky != nil {
		h.sticky(p, m, expect)
	}
	h.combinations(m, expect)
	h.prepare()
	return h
}

// combinations reports keys that mean nothing together.
func (h httpProbe) combinations(m, expect yamldoc.Map) {
	if m.Has("table") {
		for _, key := range []string{"requests", "concurrency", "rate"} {
			if m.Has(key) {
				m.Key(key).Problem("forbidden-pair", fmt.Sprintf("%q beside \"table\"", key), "a table sends each of its requests once", "remove one of the two")
			}
		}
		for _, e := range expect.Entries {
			e.Key.Problem("forbidden-pair", fmt.Sprintf("%q beside \"table\"", e.Name()), "each row of a table has its own expect", "move it into the rows")
		}
	}
	if h.spec.KeepAlive && (m.Has("sources") || expect.Has("sticky") || m.Has("follow")) {
		m.Key("keep_alive").Problem("forbidden-pair", "\"keep_alive\" beside several clients or redirects", "one connection is one client and leads to one place", "remove keep_alive")
	}
	if expect.Has("redirects") && !m.Has("follow") {
		expect.Key("redirects").Problem("no-follow", "\"redirects\" without \"follow\"", "redirects are seen where they are followed", "add \"follow: 5\" to http, or expect a status and the header Location")
	}
	if expect.Has("order") && (h.spec.Concurrency > 1 || h.spec.Requests > maxOrder) {
		expect.Key("order").Problem("forbidden-pair", fmt.Sprintf("\"order\" of %d requests, %d at once", h.spec.Requests, h.spec.Concurrency),
			fmt.Sprintf("at most %d requests, one after the other", maxOrder), "remove concurrency, or lower requests")
	}
}

// sources reads how many addresses requests come from.
func (p *parser) sources(v yamldoc.Value) int {
	n, _ := v.Int(2, max(sandbox.MaxNodes+1-len(p.topology.Nodes), 2))
	return n
}

// prepare completes what the agent is asked for.
func (h *httpProbe) prepare() {
	if h.spec.By == "" {
		h.spec.By = "body"
	}
	h.spec.Record = min(h.spec.Requests, maxSamples)
	for _, r := range h.table {
		h.spec.Paths = append(h.spec.Paths, r.variant)
		h.spec.Record = min(len(h.table), maxSamples)
	}
}

// url reads the address of a node's HTTP port.
func (p *parser) url(v yamldoc.Value) string {
	text, ok := v.Text()
	if !ok {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		v.Problem("url", "the URL "+v.Words(), "http://NODE/path or http://NODE:port/path, or the same with https", "write it like http://haproxy/")
		return ""
	}
	p.known(v, u.Hostname())
	return text
}

func method(v yamldoc.Value) string {
	word, _ := v.Choice(methodGet, "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
	return word
}

// by reads how an answering server is named.
func by(v yamldoc.Value) string {
	text, ok := v.Text()
	if name, isHeader := strings.CutPrefix(text, "header:"); ok && text != "body" && (!isHeader || strings.TrimSpace(name) == "") {
		v.Problem("not-allowed", v.Words(), "allowed: body, header:NAME", "write body, or a header like header:X-Served-By")
	}
	return text
}

func (h httpProbe) expected() string {
	if len(h.table) > 0 {
		return say(msgTableWant, len(h.table))
	}
	claims := h.want.words(h.spec.Requests)
	if h.from > 0 && h.want.sticky == nil {
		claims = append(claims, say(msgSources, h.from))
	}
	if len(claims) == 0 {
		return string(msgHTTPDefault)
	}
	return strings.Join(claims, "; ")
}

// triesShown is how many requests a loop to try sends.
const triesShown = 12

func (h httpProbe) try(shell string) string {
	if shell == "" {
		return ""
	}
	if len(h.table) > 0 {
		return curl(h.spec, h.table[0].variant, "-i")
	}
	if h.spec.Requests == 1 {
		return curl(h.spec, probe.HTTPVariant{}, "-i")
	}
	one := curl(h.spec, probe.HTTPVariant{}, "")
	if name, ok := strings.CutPrefix(h.spec.By, "header:"); ok {
		one = curl(h.spec, probe.HTTPVariant{}, "-o /dev/null -D -") + " | grep -i " + quoteWord("^"+name+":")
	}
	if len(h.want.statuses) > 0 || h.want.status != nil {
		one = curl(h.spec, probe.HTTPVariant{}, "-o /dev/null -w '%{http_code}\\n'")
	}
	return fmt.Sprintf("for i in $(seq %d); do %s; done | sort | uniq -c", min(h.spec.Requests, triesShown), one)
}

// curl is a request as one would type it; empty fields of v are the spec's.
func curl(s probe.HTTPSpec, v probe.HTTPVariant, options string) string {
	parts := []string{"curl -s"}
	if s.Follow > 0 {
		parts = append(parts, "-L")
	}
	parts = append(parts, curlTLS(s)...)
	if options != "" {
		parts = append(parts, options)
	}
	if m := firstOf(v.Method, s.Method); m != methodGet {
		parts = append(parts, "-X "+m)
	}
	headers := s.Headers
	if v.Headers != nil {
		headers = v.Headers
	}
	for _, name := range sortedKeys(headers) {
		parts = append(parts, "-H "+quoteWord(name+": "+headers[name]))
	}
	if body := firstOf(v.Body, s.Body); body != "" {
		parts = append(parts, "-d "+quoteWord(body))
	}
	address := s.URL
	if v.Path != "" {
		parts = append(parts, "--path-as-is")
		address = origin(s.URL) + v.Path
	}
	return strings.Join(append(parts, quoteWord(address)), " ")
}

// origin is the part of a URL before its path.
func origin(address string) string {
	scheme, rest, _ := strings.Cut(address, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest = rest[:i]
	}
	return scheme + "://" + rest
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (h httpProbe) look(ctx context.Context, e *env) outcome {
	var seen probe.HTTPSeen
	spec, failed := h.complete(ctx, e)
	if failed != nil {
		return *failed
	}
	if failed := e.probe(ctx, probe.KindHTTP, spec, h.progress(e), &seen); failed != nil {
		return *failed
	}
	o := outcome{status: Passed}
	if len(seen.Samples) > 0 {
		o.text = seen.Samples[0].Body
	}
	if len(h.table) > 0 {
		h.judgeTable(&o, seen)
	} else {
		h.want.judge(&o, seen)
	}
	if o.status == Failed {
		o.reasons = append(o.reasons, e.othersDown()...)
	}
	return o
}

// complete adds to the spec what is only known now.
func (h httpProbe) complete(ctx context.Context, e *env) (probe.HTTPSpec, *outcome) {
	spec := h.spec
	if h.ca != nil {
		pem, failed := h.ca.read(ctx, e)
		if failed != nil {
			return spec, failed
		}
		trust := *spec.TLS
		trust.CA = pem
		spec.TLS = &trust
	}
	if h.from > 0 {
		all, err := e.target.Sources(ctx, h.from)
		if err != nil {
			if o, ended := endedBy(ctx); ended {
				return spec, &o
			}
			return spec, &outcome{status: Broken, reasons: []string{say(msgSourcesNone, h.from, err)}}
		}
		spec.Sources = all
	}
	return spec, nil
}

// progress tells how many requests have been sent.
func (h httpProbe) progress(e *env) func(json.RawMessage) {
	total := h.spec.Requests
	if len(h.table) > 0 {
		total = len(h.table)
	}
	return func(raw json.RawMessage) {
		var seen probe.HTTPSeen
		if json.Unmarshal(raw, &seen) == nil {
			e.progress(say(msgProgress, seen.Sent, total))
		}
	}
}
