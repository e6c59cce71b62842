package web_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/check"
	"pattarai/server/labs"
	"pattarai/server/web"
)

// events opens a stream and returns a function that waits for an event by name.
func events(t *testing.T, s *site, client *http.Client, path string) func(name string) string {
	t.Helper()
	client.Timeout = 0
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	if got := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || got != "text/event-stream" {
		t.Fatalf("%d %s", response.StatusCode, got)
	}
	lines := bufio.NewScanner(response.Body)
	return func(name string) string {
		t.Helper()
		for found := false; lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && found {
				return data
			}
			found = lines.Text() == "event: "+name
		}
		t.Fatalf("the stream ended before %q: %v", name, lines.Err())
		return ""
	}
}

func TestLessonEvents(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := s.learner(t)
	s.do(t, client, "POST", "/api/lessons/demo/first/lab", `{"action":"start"}`)
	next := events(t, s, client, "/api/lessons/demo/first/events")
	contains := func(name string, parts ...string) {
		t.Helper()
		got := next(name)
		for _, part := range parts {
			if !strings.Contains(got, part) {
				t.Errorf("%s has no %s: %s", name, part, got)
			}
		}
	}
	if got := next("lab"); strings.Contains(got, `"nodes"`) || !strings.Contains(got, labID) {
		t.Errorf("lab: %s", got)
	}
	s.labs.tell(labs.Event{Node: &sandbox.NodeState{Node: "haproxy", Phase: sandbox.PhaseHealthy}})
	contains("node", `"node":"haproxy"`, `"phase":"healthy"`)
	s.labs.tell(labs.Event{Traffic: &labs.TrafficNews{Traffic: labs.Traffic{On: true, Rate: 5}}})
	contains("traffic", `"on":true`, `"rate":5`, `"p50_ms":0`, `"requests":[]`)
	s.labs.tell(labs.Event{Live: &labs.Live{Node: "haproxy", Kind: "haproxy", PID: 12, Backends: []labs.Backend{{Name: "shop", Servers: []labs.Server{{Name: "app1", Status: "UP", Millis: 1.5}}}}}})
	contains("live", `"node":"haproxy"`, `"pid":12`, `"backends":[{"name":"shop","servers":[{"name":"app1","status":"UP"`, `"sessions_ms":1.5`)
	s.labs.tell(labs.Event{File: &labs.FileNews{Path: "haproxy.cfg", Version: 2, Tab: "b"}})
	contains("file", `"tab":"b"`)
	s.labs.tell(labs.Event{Warning: &labs.Warning{Message: "Soon over.", Fix: "extend"}})
	contains("warning", `"fix":"extend"`)
	s.do(t, client, "POST", "/api/lessons/demo/first/check", `{"only":[]}`)
	s.work.finish(check.VerdictPassed)
	contains("check", `"id":"answers"`)
	contains("report", `"verdict":"passed"`, `"url":"/reports/sub1"`)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	go s.web.Close(ctx)
	contains("bye", `"reconnect_ms":`)
}

func TestReportEvents(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := s.learner(t)
	s.do(t, client, "POST", "/api/lessons/demo/first/check", `{"only":[]}`)
	next := events(t, s, client, "/api/reports/sub1/events")
	if got := next("place"); got != `{"id":"sub1","position":1}` {
		t.Errorf("the place in line: %s", got)
	}
	s.work.finish(check.VerdictFailed)
	if got := next("check"); !strings.Contains(got, `"status":"failed"`) {
		t.Error(got)
	}
	if got := next("report"); !strings.Contains(got, `"verdict":"failed"`) {
		t.Error(got)
	}
	if got := events(t, s, client, "/api/reports/sub1/events")("report"); !strings.Contains(got, "sub1") {
		t.Errorf("a report that is done is not said at once: %s", got)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	client := s.learner(t)
	for range 24 {
		events(t, s, client, "/api/lessons/demo/first/events")
	}
	if got := s.do(t, client, http.MethodGet, "/api/lessons/demo/first/events", ""); got.status != http.StatusTooManyRequests {
		t.Errorf("the 25th stream: %d", got.status)
	}
}

func TestAuthorEvents(t *testing.T) {
	t.Parallel()
	if got := newSite(t).do(t, http.DefaultClient, http.MethodGet, "http://"+newSite(t).Listener.Addr().String()+"/api/preview/events", ""); got.status != http.StatusNotFound {
		t.Errorf("without live preview: %d", got.status)
	}
	s := newSite(t, func(o *web.Options) { o.Author = true })
	next := events(t, s, s.browser(t), "/api/preview/events")
	time.Sleep(50 * time.Millisecond) // The stream notes what it begins with.
	if err := s.catalog.Reload(); err != nil {
		t.Fatal(err)
	}
	if got := next("reload"); !strings.Contains(got, "version") {
		t.Error(got)
	}
	// This page was made before a change that came while it was on its way.
	next = events(t, s, s.browser(t), "/api/preview/events?lesson=demo/first&seen=0123456789abcdef")
	if got := next("reload"); !strings.Contains(got, "demo/first") {
		t.Error(got)
	}
}
