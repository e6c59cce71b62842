package agent_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"pattarai/sandbox/probe"
)

func TestProbe(t *testing.T) {
	n := startNode(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "app1\n") }))
	defer s.Close()
	raw, err := n.Probe(t.Context(), probe.KindHTTP, probe.HTTPSpec{URL: s.URL, Requests: 20, By: "body"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var seen probe.HTTPSeen
	if err := json.Unmarshal(raw, &seen); err != nil || seen.Servers["app1"] != 20 {
		t.Errorf("got %s, %v", raw, err)
	}
	_, err = n.Probe(t.Context(), probe.KindHTTP, probe.HTTPSpec{URL: "ftp://x"}, nil)
	refused(t, err, "only http://")

	ctx, cancel := context.WithCancel(t.Context())
	reports := 0
	_, err = n.Probe(ctx, probe.KindTraffic, probe.TrafficSpec{URL: s.URL, Rate: 100}, func(json.RawMessage) {
		if reports++; reports == 2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || reports < 2 {
		t.Errorf("%d reports, error %v", reports, err)
	}
}
