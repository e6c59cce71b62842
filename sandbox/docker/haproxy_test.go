package docker_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/probe"
)

// TestHAProxyLab is a learner's session: requests are shared, edits are refused
// with the line or applied without losing a request, a killed backend comes back.
func TestHAProxyLab(t *testing.T) {
	e := newEngine(t, nil)
	topology, files := haproxyLab()
	s := open(t, e, "haproxylab1", topology, files)
	t.Run("shares", func(t *testing.T) { sharesEvenly(t, s) })
	t.Run("refused", func(t *testing.T) { refusesWithLine(t, s) })
	t.Run("warning", func(t *testing.T) { acceptsWithWarning(t, s) })
	t.Run("reload", func(t *testing.T) { reloadsWithoutLoss(t, s) })
	t.Run("fault", func(t *testing.T) { survivesKill(t, s) })
	t.Run("preview", func(t *testing.T) { previews(t, s) })
	t.Run("runtime", func(t *testing.T) { tellsStatistics(t, s) })
}

func requests(t *testing.T, s *sandbox.Session, spec probe.HTTPSpec) probe.HTTPSeen {
	t.Helper()
	spec.URL, spec.By = "http://haproxy/", "body"
	raw, err := s.Probe(t.Context(), probe.KindHTTP, spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	var seen probe.HTTPSeen
	if err := json.Unmarshal(raw, &seen); err != nil {
		t.Fatal(err)
	}
	return seen
}

func sharesEvenly(t *testing.T, s *sandbox.Session) {
	seen := requests(t, s, probe.HTTPSpec{Requests: 30})
	if diff := cmp.Diff(map[string]int{"app1": 10, "app2": 10, "app3": 10}, seen.Servers); diff != "" {
		t.Errorf("servers (-want +got):\n%s\n%+v", diff, seen)
	}
}

func refusesWithLine(t *testing.T, s *sandbox.Session) {
	got, err := s.Apply(t.Context(), edit("balance roundrobin", "balance nonsense"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Accepted || len(got.Diagnostics) == 0 {
		t.Fatalf("applied: %+v", got)
	}
	d := got.Diagnostics[0]
	if d.File != "haproxy.cfg" || d.Line != 10 || d.Severity != "error" || !strings.Contains(d.Message, "balance") {
		t.Errorf("diagnostic %+v", d)
	}
	sharesEvenly(t, s)
}

func acceptsWithWarning(t *testing.T, s *sandbox.Session) {
	got, err := s.Apply(t.Context(), edit("  timeout server 10s\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	if !got.Accepted || len(got.Diagnostics) == 0 || got.Diagnostics[0].Severity != "warning" || got.Diagnostics[0].Line == 0 {
		t.Errorf("applied: %+v", got)
	}
}

func edit(old, new string) map[string][]byte {
	return map[string][]byte{"haproxy.cfg": []byte(strings.ReplaceAll(haproxyConfig, old, new))}
}

// reloadsWithoutLoss reloads five times under new connections.
func reloadsWithoutLoss(t *testing.T, s *sandbox.Session) {
	done := make(chan probe.HTTPSeen, 1)
	go func() { done <- requests(t, s, probe.HTTPSpec{Requests: 1500, Concurrency: 4, Rate: 500}) }()
	for i := range 5 {
		time.Sleep(300 * time.Millisecond)
		weight := string(rune('1' + i))
		got, err := s.Apply(t.Context(), edit("app1:8000 check", "app1:8000 weight "+weight+" check"))
		if err != nil || !got.Accepted {
			t.Errorf("reload %d: %+v, %v", i, got, err)
		}
		t.Logf("reload %d took %s", i, got.Took.Round(time.Millisecond))
	}
	seen := <-done
	if seen.Sent != 1500 || seen.Failed != 0 {
		t.Errorf("%d of %d requests failed while reloading: %v %v", seen.Failed, seen.Sent, seen.Statuses, seen.Errors)
	}
}

func survivesKill(t *testing.T, s *sandbox.Session) {
	if err := s.Control(t.Context(), "app2", sandbox.Kill); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Agent(t.Context(), "app2"); !errors.Is(err, sandbox.ErrNotRunning) {
		t.Errorf("Agent: %v", err)
	}
	time.Sleep(3 * time.Second) // HAProxy notices.
	seen := requests(t, s, probe.HTTPSpec{Requests: 20})
	if seen.Failed != 0 || seen.Servers["app2"] != 0 {
		t.Errorf("with app2 dead: %+v", seen)
	}
	if err := s.Control(t.Context(), "app2", sandbox.Start); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second)
	if seen := requests(t, s, probe.HTTPSpec{Requests: 30}); seen.Servers["app2"] == 0 || seen.Failed != 0 {
		t.Errorf("with app2 back: %+v", seen)
	}
}

func previews(t *testing.T, s *sandbox.Session) {
	conn, err := s.DialPort(t.Context(), "haproxy", 80)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
	answer, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(answer), "app") {
		t.Errorf("preview answered %q, %v", answer, err)
	}
}

func tellsStatistics(t *testing.T, s *sandbox.Session) {
	res, err := s.Exec(t.Context(), "haproxy", agent.Command{Args: []string{"haproxy-ctl", "show stat"}})
	if err != nil || res.Exit != 0 || !strings.Contains(string(res.Stdout), "apps,app3,") {
		t.Errorf("haproxy-ctl: %+v, %v", res, err)
	}
}
