package web_test

import (
	"net/http"
	"strings"
	"testing"

	"pattarai/server/web"
)

// filled puts values of the fixture into a route's pattern.
func filled(path string) string {
	return strings.NewReplacer(":course", "demo", ":lesson", "first", ":node", "haproxy", ":item", "demo-q1", ":step", "balance",
		":id", "sub1", ":hash", "x", "*", "haproxy.cfg").Replace(path)
}

// bodyFor is a body that a route would take.
func bodyFor(r web.Route) string {
	switch path := r.Path; {
	case r.Method == http.MethodGet || r.Method == http.MethodDelete:
		return ""
	case strings.HasSuffix(path, "/lab"):
		return `{"action":"start"}`
	case strings.HasSuffix(path, "/control"):
		return `{"action":"kill"}`
	case strings.HasSuffix(path, "/traffic"):
		return `{"on":false,"rate":1}`
	case strings.HasSuffix(path, "/preview"):
		return `{"node":"haproxy","port":80}`
	case strings.HasSuffix(path, "/terminals"):
		return `{"id":"t1"}`
	case strings.HasSuffix(path, "/check"):
		return `{"only":[]}`
	case strings.Contains(path, "/quiz/"):
		return `{"values":["b"]}`
	case strings.Contains(path, "/files/"):
		return `{"content":"mine","version":0}`
	default:
		return `{}`
	}
}

// TestNobodySeesAnother goes over all routes as somebody else than the owner of
// everything there is.
func TestNobodySeesAnother(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	owner, other := s.learner(t), s.learner(t)
	const secret = "belongs-to-the-owner"
	s.do(t, owner, "POST", "/api/lessons/demo/first/lab", `{"action":"start"}`)
	s.do(t, owner, "PUT", "/api/lessons/demo/first/files/haproxy.cfg", `{"content":"`+secret+`","version":0}`)
	s.do(t, owner, "POST", "/api/lessons/demo/first/terminals", `{"node":"client"}`)
	if got := s.do(t, owner, "POST", "/api/lessons/demo/first/check", `{"only":[]}`); !strings.Contains(got.body, "sub1") {
		t.Fatalf("the owner could not hand in: %s", got.body)
	}
	if got := s.do(t, owner, "GET", "/api/reports/sub1", ""); !strings.Contains(got.body, secret) {
		t.Fatalf("the owner does not see the own file: %s", got.body)
	}
	private := map[string]int{ // What belongs to one person by its address: another gets this status.
		"GET /reports/:id": 404, "GET /api/reports/:id": 404, "GET /api/reports/:id/events": 404,
		"DELETE /api/lessons/:course/:lesson/terminals/:id": 404, "POST /api/lessons/:course/:lesson/terminals": 404,
		"POST /api/lessons/:course/:lesson/nodes/:node/control": 503, "POST /api/lessons/:course/:lesson/preview": 503,
		"POST /api/lessons/:course/:lesson/solution/:step": 403, "GET /ws/terminals": 403,
	}
	for _, r := range web.Routes() {
		if r.Public || strings.HasSuffix(r.Path, ":lesson/events") || strings.HasSuffix(r.Path, "/lab") {
			continue // Streams of one's own have no one else's address; starting a lab would make one.
		}
		got := s.do(t, other, r.Method, filled(r.Path), bodyFor(r))
		name := r.Method + " " + r.Path
		if strings.Contains(got.body, secret) || strings.Contains(got.body, labID) {
			t.Errorf("%s shows another's: %s", name, got.body)
		}
		if want, ok := private[name]; ok && got.status != want {
			t.Errorf("%s: %d, want %d: %s", name, got.status, want, got.body)
		}
		stranger := s.browser(t)
		if got := s.do(t, stranger, r.Method, filled(r.Path), bodyFor(r)); strings.Contains(got.body, secret) || strings.Contains(got.body, labID) {
			t.Errorf("%s shows a stranger: %s", name, got.body)
		}
	}
}

// TestCrossSite sends every request that changes something from everywhere.
func TestCrossSite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := s.learner(t)
	cases := []struct {
		name    string
		headers []string
		refused bool
	}{
		{"cross-site", []string{"Sec-Fetch-Site", "cross-site"}, true},
		{"same-site", []string{"Sec-Fetch-Site", "same-site"}, true},
		{"foreign origin, old browser", []string{"Origin", "http://evil.example"}, true},
		{"null origin", []string{"Origin", "null"}, true},
		{"preview's origin", []string{"Origin", "http://p-80-haproxy-" + labID + ".localhost"}, true},
		{"same-origin", []string{"Sec-Fetch-Site", "same-origin"}, false},
		{"typed by a person", []string{"Sec-Fetch-Site", "none"}, false},
		{"a program", nil, false},
	}
	for _, r := range web.Routes() {
		if r.Method == http.MethodGet {
			continue
		}
		for _, c := range cases {
			got := s.do(t, client, r.Method, filled(r.Path), bodyFor(r), c.headers...)
			if refused := strings.Contains(got.body, "cross_site") || strings.Contains(got.body, "came from another site"); refused != c.refused || refused && got.status != http.StatusForbidden {
				t.Errorf("%s %s, %s: %d %s", r.Method, r.Path, c.name, got.status, got.body)
			}
		}
	}
	for _, call := range s.labs.called() {
		if strings.HasPrefix(call, "start") {
			return
		}
	}
	t.Error("not even the requests of our own pages were carried out")
}

// TestHeadersEverywhere looks at every answer of the app, errors included.
func TestHeadersEverywhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := s.learner(t)
	for _, r := range web.Routes() {
		if strings.HasSuffix(r.Path, "/events") {
			continue
		}
		got := s.do(t, client, r.Method, filled(r.Path), bodyFor(r))
		for _, key := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Request-Id", "Cross-Origin-Opener-Policy"} {
			if got.header.Get(key) == "" {
				t.Errorf("%s %s has no %s", r.Method, r.Path, key)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := s.learner(t)
	t.Run("body", func(t *testing.T) {
		got := s.do(t, client, "PUT", "/api/lessons/demo/first/files/haproxy.cfg", `{"content":"`+strings.Repeat("x", 2<<20)+`","version":0}`)
		if got.status != http.StatusRequestEntityTooLarge || !strings.Contains(got.body, "1024 KiB") {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("address", func(t *testing.T) {
		if got := s.do(t, client, "GET", "/?x="+strings.Repeat("y", 10<<10), ""); got.status != http.StatusRequestURITooLong {
			t.Errorf("%d", got.status)
		}
	})
	t.Run("often", func(t *testing.T) {
		for range 20 {
			if got := s.do(t, client, "POST", "/api/lessons/demo/first/check", `{"only":[]}`); got.status == http.StatusTooManyRequests {
				if got.header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
				return
			}
		}
		t.Error("twenty graded runs in a moment were taken")
	})
	t.Run("others are not slowed down", func(t *testing.T) {
		if got := s.do(t, s.learner(t), "POST", "/api/lessons/demo/first/check", `{"only":[]}`); got.status != http.StatusAccepted {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("log names no learner", func(t *testing.T) {
		s.accounts.mu.Lock()
		defer s.accounts.mu.Unlock()
		for token, who := range s.accounts.by {
			if log := s.log.String(); strings.Contains(log, who.ID) || strings.Contains(log, token) || !strings.Contains(log, `"learner":"`) {
				t.Error("the log names a learner, or none at all")
			}
		}
	})
}

func TestInternalErrorsTellNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := s.learner(t)
	s.labs.shell = nil
	s.labs.files["x"] = s.labs.files["y"]
	got := s.do(t, client, "GET", "/api/lessons/demo/second/state", "")
	if got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	broken := newSite(t, func(o *web.Options) { o.Submissions = nil })
	got = broken.do(t, broken.browser(t), "GET", "/api/lessons/demo/first/state", "")
	if got.status != http.StatusInternalServerError || !strings.Contains(got.body, `"code":"internal"`) || strings.Contains(got.body, "nil pointer") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if !strings.Contains(broken.log.String(), "nil pointer") {
		t.Error("the log does not say what happened")
	}
}
