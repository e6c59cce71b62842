package check_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/check"
	"pattarai/sandbox/probe"
)

// answers is a lab whose services say what seen says, each service once or the
// last one again and again.
func answers(t *testing.T, seen ...any) *lab {
	next := 0
	take := func() any {
		one := seen[min(next, len(seen)-1)]
		next++
		return one
	}
	l := &lab{files: map[string][]byte{"main.py": nil, "stats.py": nil}}
	l.exec = func(_ context.Context, node string, _ agent.Command) (agent.Result, error) {
		switch one := take().(type) {
		case agent.Result:
			return one, nil
		case error:
			return agent.Result{}, one
		case string:
			return agent.Result{Stdout: []byte(one)}, nil
		default:
			raw, err := json.Marshal(one)
			if err != nil || node != sandbox.ProbeNode {
				t.Errorf("%v in %s", err, node)
			}
			return agent.Result{Stdout: raw}, nil
		}
	}
	l.http = func(context.Context, probe.HTTPSpec) (probe.HTTPSeen, error) { return take().(probe.HTTPSeen), nil }
	return l
}

func text(s string) *string { return &s }

// rows are rows of text; "~" is NULL.
func rows(lines ...string) [][]*string {
	var out [][]*string
	for _, l := range lines {
		var row []*string
		for cell := range strings.SplitSeq(l, "|") {
			if cell == "~" {
				row = append(row, nil)
			} else {
				row = append(row, text(cell))
			}
		}
		out = append(out, row)
	}
	return out
}

const (
	totals   = `sql: {address: app1, user: shop, query: "SELECT customer, total FROM totals"}, expect: {rows: [{customer: Kavi, total: 120.00}, {customer: Nila, total: ~}]%s}`
	visits   = `redis: {address: app2, commands: ["INCR visits", "GET name", "LRANGE q 0 -1"]}, expect: {replies: [1, ~, [a, any]], ttl: {visits: {at_least: 50s, at_most: 60s}}}`
	orders   = `partial: true, points: 4, amqp: {address: app3, do: [{publish: {exchange: orders, key: eu}}, {get: {queue: eu, settle: reject}, expect: {body: hello, properties: {content_type: text/plain}}}, {get: parked, expect: {dead: {queue: eu, reason: rejected}}}, {queue: eu, expect: {messages: 0}}]}`
	mean     = `partial: true, points: 4, calls: {in: runner, file: stats.py, function: mean, cases: [{args: [[1, 3]], result: 2}, {args: [[]], raises: ValueError}, {args: [[0.1]], result: 0.1, within: 0.01}, {args: [[7]], result: 7, hidden: true}]}`
	contract = `partial: true, points: 10, script: {in: runner, run: "python3 contract.py", files: [tests/contract.py], reads: prairielearn}`
	secure   = `http: {url: "https://haproxy/", tls: {insecure: true}}, expect: {status: 200, tls: {alpn: h2, version: "1.3", names: [shop.example], issuer: {contains: Workshop}, days: {at_least: 30}, trusted: true}}`
	stays    = `partial: true, points: 6, http: {url: "http://haproxy/", requests: 9}, expect: {sticky: {by: cookie, clients: 3, servers: {at_least: 2}}}`
	sentOn   = `http: {url: "http://haproxy/a", follow: 3}, expect: {redirects: ["https://shop/a"], status: 200}`
	speed    = `http: {url: "http://haproxy/", requests: 40, rate: 20}, expect: {rate: {below: 12}, statuses: {429: {at_least: 1}}}`
)

// sent is what an HTTP probe sees when servers answer in this order.
func sent(order ...string) probe.HTTPSeen { return stream(order) }

func certificate(names ...string) *probe.TLSSeen {
	return &probe.TLSSeen{
		Version: "1.2", ALPN: "http/1.1", Subject: "CN=shop", Issuer: "CN=Somebody", Names: names,
		Ends: time.Now().Add(49 * time.Hour), Why: "nobody that is trusted has signed it",
	}
}

func answered(a probe.HTTPAnswer, tls *probe.TLSSeen) probe.HTTPSeen {
	return probe.HTTPSeen{Sent: 1, Statuses: map[int]int{a.Status: 1}, Samples: []probe.HTTPAnswer{a}, TLS: tls, Elapsed: time.Second}
}

func called(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

func evidenceCases() []struct {
	name, check string
	seen        []any
} {
	const two, empty, tenth, seven = `{"value": 2.0, "shown": "2.0"}`, `{"raises": "EmptyError", "kinds": ["EmptyError", "ValueError"], "message": "empty"}`, `{"value": 0.1004, "shown": "0.1004"}`, `{"value": 7, "shown": "7"}`
	good := probe.AMQPMessage{Body: "hello", Key: "eu", Properties: map[string]string{"content_type": "text/plain"}}
	dead := probe.AMQPMessage{Body: "hello", Deaths: []probe.AMQPDeath{{Queue: "eu", Reason: "rejected", Count: 1}}}
	late := probe.AMQPMessage{Body: "hullo", Properties: map[string]string{}, Deaths: []probe.AMQPDeath{{Queue: "eu", Reason: "expired", Count: 2}}}
	return []struct {
		name, check string
		seen        []any
	}{
		{"sql right, in another order", fmt.Sprintf(totals, ""), []any{probe.SQLSeen{Connected: true, Columns: []string{"customer", "n", "total"}, Rows: rows("Nila|0|~", "Kavi|2|120"), Count: 2, Tag: "SELECT 2"}}},
		{"sql in another order than claimed", fmt.Sprintf(totals, ", ordered: true"), []any{probe.SQLSeen{Connected: true, Columns: []string{"customer", "total"}, Rows: rows("Nila|~", "Kavi|120"), Count: 2, Tag: "SELECT 2"}}},
		{"sql wrong rows", fmt.Sprintf(totals, ""), []any{probe.SQLSeen{Connected: true, Columns: []string{"customer", "total"}, Rows: rows("Kavi|100", "Nila|~", "Arul|a very long name that does not fit the table"), Count: 3, Tag: "SELECT 3"}}},
		{"sql wrong column", fmt.Sprintf(totals, ""), []any{probe.SQLSeen{Connected: true, Columns: []string{"customer", "sum"}, Count: 0, Tag: "SELECT 0"}}},
		{"sql too many rows", fmt.Sprintf(totals, ""), []any{probe.SQLSeen{Connected: true, Columns: []string{"customer", "total"}, Rows: rows("Kavi|120"), Count: 5000, Truncated: true, Tag: "SELECT 5000"}}},
		{"sql refused", fmt.Sprintf(totals, ""), []any{probe.SQLSeen{Connected: true, Code: "42P01", Message: `relation "totals" does not exist`}}},
		{"sql must be refused, is not", `sql: {address: app1, query: "INSERT INTO t VALUES (1)"}, expect: {error: "23505"}`, []any{probe.SQLSeen{Connected: true, Tag: "INSERT 0 1", Affected: 1}}},
		{"sql refused otherwise", `sql: {address: app1, query: "INSERT INTO t VALUES (1)"}, expect: {error: {code: "23505", message: {contains: email}}}`, []any{probe.SQLSeen{Connected: true, Code: "23503", Message: "no such customer"}}},
		{"sql plan", `sql: {address: app1, query: "SELECT 1 FROM t WHERE a = 1"}, expect: {plan: {contains: Index Scan}, elapsed: 1s}`, []any{probe.SQLSeen{Connected: true, Tag: "SELECT 1", Count: 1, Plan: "Seq Scan on t\n  Filter: (a = 1)\n", Elapsed: 2 * time.Second}}},
		{"sql counts", `sql: {address: app1, query: "UPDATE t SET a = 1"}, expect: {count: 0, affected: {at_least: 3}, columns: [a]}`, []any{probe.SQLSeen{Connected: true, Tag: "UPDATE 2", Affected: 2, Count: 1, Columns: []string{"b"}}}},
		{"sql refused connection", fmt.Sprintf(totals, ""), []any{probe.SQLSeen{Error: "connection refused"}}},
		{"sql too slow", fmt.Sprintf(totals, ""), []any{probe.SQLSeen{Connected: true, Error: "timed out after 10s"}}},
		{"sql hostile", fmt.Sprintf(totals, ""), []any{agent.Result{Exit: 2, Stderr: []byte("panic: runtime error")}}},
		{"sql no client", fmt.Sprintf(totals, ""), []any{agent.Result{Exit: -1, Failure: "no such program: /pattarai-agent"}}},
		{"sql probe died", fmt.Sprintf(totals, ""), []any{fmt.Errorf("%w: probe", sandbox.ErrNotRunning)}},
		{"sql no engine", fmt.Sprintf(totals, ""), []any{sandbox.ErrEngine}},

		{"redis right", visits, []any{probe.RedisSeen{Connected: true, Replies: []probe.RedisReply{{Type: "integer", Text: "1"}, {Type: "null"}, {Type: "array", Items: []probe.RedisReply{{Type: "bulk", Text: "a"}, {Type: "bulk", Text: "b"}}}}, TTL: map[string]time.Duration{"visits": 55 * time.Second}}}},
		{"redis wrong", visits, []any{probe.RedisSeen{Connected: true, Replies: []probe.RedisReply{{Type: "integer", Text: "2"}, {Type: "bulk", Text: "Nila"}, {Type: "error", Text: "WRONGTYPE no list"}}, TTL: map[string]time.Duration{"visits": -1}}}},
		{"redis gone key", visits, []any{probe.RedisSeen{Connected: true, Replies: []probe.RedisReply{{Type: "integer", Text: "1"}, {Type: "null"}, {Type: "array", Items: []probe.RedisReply{{Type: "bulk", Text: "b"}}}}, TTL: map[string]time.Duration{"visits": -2}}}},
		{"redis claims", `redis: {address: "app2:6380", db: 2, commands: [STRLEN a]}, expect: {reply: {at_least: 5, matches: '^\d$'}}`, []any{probe.RedisSeen{Connected: true, Replies: []probe.RedisReply{{Type: "integer", Text: "12"}}}}},
		{"redis error expected", `redis: {address: app2, commands: [GET a]}, expect: {reply: {error: {contains: NOAUTH}}}`, []any{probe.RedisSeen{Connected: true, Replies: []probe.RedisReply{{Type: "bulk", Text: "secret"}}}}},
		{"redis silent", visits, []any{probe.RedisSeen{Connected: true, Error: "the answer is not what Redis says"}}},

		{"amqp right", orders, []any{probe.AMQPSeen{Connected: true, Acts: []probe.AMQPResult{{}, {Message: &good}, {Message: &dead}, {}}}}},
		{"amqp wrong", orders, []any{probe.AMQPSeen{Connected: true, Acts: []probe.AMQPResult{{Returned: 1}, {}, {Message: &late}, {Messages: 3, Consumers: 1}}}}},
		{"amqp refused", orders, []any{probe.AMQPSeen{Connected: true, Acts: []probe.AMQPResult{{Code: 404, Reason: "NOT_FOUND - no exchange 'orders' in vhost '/'"}, {Message: &late}, {Message: &good}, {Code: 404, Reason: "NOT_FOUND"}}}}},
		{"amqp broken off", orders, []any{probe.AMQPSeen{Connected: true, Acts: []probe.AMQPResult{{}}, Error: "connection reset"}}},
		{"amqp refusals", `amqp: {address: app3, do: [{declare: {queue: q, durable: true}, expect: {error: 406}}, {queue: r, expect: {exists: false}}, {publish: {key: q}, expect: {routed: false}}, {get: q, expect: {empty: true}}, {exchange: x}]}`, []any{probe.AMQPSeen{Connected: true, Acts: []probe.AMQPResult{{}, {Messages: 1}, {}, {Message: &good}, {Code: 403, Reason: "ACCESS_REFUSED"}}}}},
		{"amqp password", orders, []any{probe.AMQPSeen{Error: "the broker refused user and password"}}},

		{"calls right", mean, []any{called(two, empty, tenth, seven)}},
		{"calls wrong", mean, []any{called(`{"value": 1.5, "shown": "1.5"}`, `{"value": null, "shown": "None"}`, `{"raises": "TypeError", "message": "no", "line": 4, "kinds": ["TypeError"]}`, `{"value": 1, "shown": "1"}`)}},
		{"calls loop", mean, []any{called(two, `{"timeout": true}`, tenth, seven)}},
		{"calls do not load", mean, []any{called(`{"load": "SyntaxError", "message": "invalid syntax", "line": 2}`, `{"died": 3}`, `{"large": true}`, seven)}},
		{"calls forged", mean, []any{agent.Result{Stdout: []byte(two + "\nnonsense\n"), Stderr: []byte("Traceback\nKeyError: 1"), Exit: 1}}},
		{"calls no Python", mean, []any{agent.Result{Exit: -1, Failure: "no such program: python3"}}},

		{"script right", contract, []any{`{"score": 1, "tests": [{"name": "a", "points": 1, "max_points": 1}]}`}},
		{"script wrong", contract, []any{agent.Result{Stdout: []byte(`{"score": 0.25, "tests": [{"name": "a", "points": 1, "max_points": 1}, {"name": "b", "points": 0, "max_points": 3, "message": "no answer"}]}`), Stderr: []byte("trying b\n"), Exit: 1}}},
		{"script says nothing", contract, []any{agent.Result{Stderr: []byte("ModuleNotFoundError: shop"), Exit: 1}}},
		{"script too long", contract, []any{agent.Result{TimedOut: true}}},
		{"script by name", `script: {in: haproxy, run: ./selftest, reads: exercism}, expect: {passed: {at_least: 2}, failed: 0, tests: [x, y]}`, []any{`{"version": 3, "status": "fail", "tests": [{"name": "x", "status": "fail", "message": "no"}]}`}},

		{"tls right", secure, []any{answered(probe.HTTPAnswer{Status: 200}, &probe.TLSSeen{Version: "1.3", ALPN: "h2", Subject: "CN=s", Issuer: "CN=Workshop", Names: []string{"shop.example"}, Ends: time.Now().Add(1000*time.Hour + time.Minute), Trusted: true})}},
		{"tls wrong", secure, []any{answered(probe.HTTPAnswer{Status: 200}, certificate("other.example"))}},
		{"tls refused", secure, []any{answered(probe.HTTPAnswer{Error: "the answer is not TLS"}, nil)}},
		{"sticky right", stays, []any{sent("app1", "app2", "app1", "app1", "app2", "app1", "app1", "app2", "app1")}},
		{"sticky wrong", stays, []any{sent("app1", "app2", "app1", "app2", "app2", "", "app1", "app2", "app1")}},
		{"sticky, one server", stays, []any{sent("app1", "app1", "app1", "app1", "app1", "app1", "app1", "app1", "app1")}},
		{"redirects right", sentOn, []any{answered(probe.HTTPAnswer{Status: 200, Hops: []probe.Hop{{URL: "http://haproxy/a", Status: 301, Location: "https://shop/a"}}}, nil)}},
		{"redirects wrong", sentOn, []any{answered(probe.HTTPAnswer{Status: 200, Hops: []probe.Hop{{URL: "http://haproxy/a", Status: 302, Location: "/b"}}}, nil)}},
		{"no redirect", sentOn, []any{answered(probe.HTTPAnswer{Status: 200}, nil)}},
		{"rate", speed, []any{probe.HTTPSeen{Sent: 40, Statuses: map[int]int{200: 40}, Elapsed: 2 * time.Second}}},
	}
}

// TestEvidence compares everything that a person is told with
// testdata/evidence.golden.
func TestEvidence(t *testing.T) {
	const golden = "testdata/evidence.golden"
	var out strings.Builder
	for _, c := range evidenceCases() {
		synctest.Test(t, func(t *testing.T) {
			l := answers(t, evidence(c.name)...)
			r, report := one(t, l, "  - {id: a, title: t, help: look again, "+c.check+"}\n")
			if report.Gradable == (r.Status == check.Broken) {
				t.Errorf("%s: gradable %v, status %s", c.name, report.Gradable, r.Status)
			}
			if r.Status == check.Failed && (r.Expected == "" || r.Observed == "" || len(r.Reasons) == 0 || r.Help == "") {
				t.Errorf("%s: without evidence: %+v", c.name, r)
			}
			tell(&out, c.name, r)
		})
	}
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != out.String() {
		t.Errorf("%v; the evidence differs from %s; look at what -update makes of it", err, golden)
	}
}

// evidence is what the services of a case say, by the clock of now.
func evidence(name string) []any {
	for _, c := range evidenceCases() {
		if c.name == name {
			return c.seen
		}
	}
	return nil
}

// tell writes a result as a person would read it.
func tell(out *strings.Builder, name string, r check.Result) {
	fmt.Fprintf(out, "=== %s\n%s, %g of %g points\nclaimed:  %s\nobserved: %s\n", name, r.Status, r.Points, r.MaxPoints, r.Expected, r.Observed)
	for _, reason := range r.Reasons {
		fmt.Fprintf(out, "  * %s\n", reason)
	}
	for _, c := range r.Cases {
		fmt.Fprintf(out, "  [%s] %s: %q, expected %q\n", map[bool]string{true: "x", false: " "}[c.OK], c.Name, c.Observed, c.Expected)
		for line := range strings.Lines(c.Diff) {
			fmt.Fprintf(out, "      %s", line)
		}
	}
	if r.Output != "" {
		fmt.Fprintf(out, "printed: %q (truncated: %v)\n", r.Output, r.Truncated)
	}
	if r.TryIt != "" {
		fmt.Fprintf(out, "try:  %s\n", r.TryIt)
	}
}
