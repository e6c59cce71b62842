package check_test

import (
	"context"
	"strings"
	"testing"

	"pattarai/sandbox"
	"pattarai/sandbox/check"
	"pattarai/sandbox/probe"
)

const rules = `  - id: rules
    title: t
    http:
      url: "http://haproxy/"
      by: "header:X-App"
      table:
        - {path: /, expect: {status: 200, server: app1}}
        - {path: //admin, expect: {status: 403}}
        - name: a form
          method: POST
          path: /submit
          headers: {Host: shop}
          body: a=it's
          expect: {server: app2, body: {contains: thanks}}
`

// TestTable answers three requests, right and wrong.
func TestTable(t *testing.T) {
	good := []probe.HTTPAnswer{
		{Status: 200, Server: "app1"}, {Status: 403}, {Status: 200, Server: "app2", Body: "many thanks"},
	}
	for _, test := range []struct {
		name   string
		change func([]probe.HTTPAnswer)
		says   string
		try    string
	}{
		{"right", func([]probe.HTTPAnswer) {}, "", "curl -s -i --path-as-is http://haproxy/"},
		{"bypass", func(a []probe.HTTPAnswer) { a[1].Status = 200 }, "//admin: status 200; expected 403", "curl -s -i --path-as-is http://haproxy//admin"},
		{"wrong server", func(a []probe.HTTPAnswer) { a[2].Server = "app1" }, "a form: answered by app1; expected app2", `curl -s -i -X POST -H 'Host: shop' -d 'a=it'\''s' --path-as-is http://haproxy/submit`},
		{"unanswered", func(a []probe.HTTPAnswer) { a[0] = probe.HTTPAnswer{Error: "timed out after 5s"} }, "/: no answer: timed out after 5s", "curl -s -i --path-as-is http://haproxy/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answers := append([]probe.HTTPAnswer(nil), good...)
			test.change(answers)
			l := &lab{http: func(_ context.Context, s probe.HTTPSpec) (probe.HTTPSeen, error) {
				if len(s.Paths) != 3 || s.By != "header:X-App" || s.Paths[1].Path != "//admin" {
					t.Errorf("asked for %+v", s)
				}
				return probe.HTTPSeen{Sent: 3, Samples: answers}, nil
			}}
			r, _ := one(t, l, rules)
			if (r.Status == check.Passed) != (test.says == "") || !strings.Contains(strings.Join(r.Reasons, "\n"), test.says) {
				t.Errorf("%s %q", r.Status, r.Reasons)
			}
			if r.TryIt != test.try {
				t.Errorf("try %q", r.TryIt)
			}
			if len(r.Cases) != 3 {
				t.Errorf("%d cases", len(r.Cases))
			}
		})
	}
}

// TestSpec asks the probe for exactly what the author wrote, and no expectation.
func TestSpec(t *testing.T) {
	l := &lab{http: func(_ context.Context, s probe.HTTPSpec) (probe.HTTPSeen, error) {
		if s.URL != "http://haproxy/a//b?c=%64" || s.Requests != 50 || s.Concurrency != 5 || !s.KeepAlive || s.Rate != 20 || s.By != "body" || s.Record != 50 {
			t.Errorf("asked for %+v", s)
		}
		return stream([]string{"app1"}), nil
	}}
	r, _ := one(t, l, "  - {id: a, title: t, http: {url: \"http://haproxy/a//b?c=%64\", requests: 50, concurrency: 5, keep_alive: true, rate: 20}}\n")
	if r.Status != check.Passed {
		t.Errorf("%s %q", r.Status, r.Reasons)
	}
}

// TestApply brings the handed-in files to their nodes and judges the answer.
func TestApply(t *testing.T) {
	files := map[string][]byte{"haproxy.cfg": []byte("x")}
	warned := sandbox.Applied{Accepted: true, Nodes: []string{"haproxy"}, Diagnostics: []sandbox.Diagnostic{{File: "haproxy.cfg", Line: 3, Severity: "warning", Message: "no timeout"}}}
	refused := sandbox.Applied{Nodes: []string{"haproxy"}, Diagnostics: []sandbox.Diagnostic{{File: "haproxy.cfg", Line: 2, Severity: "error", Message: "unknown keyword"}}}
	for _, test := range []struct {
		name    string
		applied sandbox.Applied
		err     error
		expect  string
		files   map[string][]byte
		status  check.Status
		says    string
	}{
		{"accepted", sandbox.Applied{Accepted: true}, nil, "{warnings: 0}", files, check.Passed, ""},
		{"warned", warned, nil, "{warnings: 0}", files, check.Failed, "haproxy.cfg, line 3: no timeout"},
		{"refused", refused, nil, "{accepted: true}", files, check.Failed, "haproxy.cfg, line 2: unknown keyword"},
		{"refused as it should", refused, nil, "{accepted: false}", files, check.Passed, ""},
		{"not handed in", sandbox.Applied{Accepted: true}, nil, "{warnings: 0}", nil, check.Failed, "haproxy.cfg"},
		{"engine gone", sandbox.Applied{}, sandbox.ErrEngine, "{warnings: 0}", files, check.Broken, "unavailable"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := &lab{files: test.files, applied: test.applied, applyErr: test.err}
			r, _ := one(t, l, "  - {id: a, title: t, apply: {files: [haproxy.cfg]}, expect: "+test.expect+"}\n")
			if r.Status != test.status || !strings.Contains(strings.Join(r.Reasons, "\n"), test.says) {
				t.Errorf("%s %q", r.Status, r.Reasons)
			}
		})
	}
}
