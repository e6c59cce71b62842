package labs_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox"
	"pattarai/server/labs"
)

func TestTrafficRunsWhileSomebodyWatches(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.start("kavi", "c/one")
		after(2 * time.Second)
		lab := w.engine.session()
		set := func(traffic labs.Traffic) {
			t.Helper()
			if _, err := w.SetTraffic(t.Context(), "kavi", "c/one", traffic); err != nil {
				t.Fatal(err)
			}
			after(time.Second)
		}
		set(labs.Traffic{On: true})
		if sending, _ := lab.traffic(); sending != 0 {
			t.Error("traffic although nobody watches")
		}
		ctx, leave := context.WithCancel(t.Context())
		events := w.Subscribe(ctx, "kavi", "c/one")
		after(time.Second)
		news := 0
		for _, e := range drain(events) {
			if e.Traffic != nil && e.Traffic.Sent == 1 && e.Traffic.Requests[0].Server == "web" {
				news++
			}
		}
		if news < 4 || news > 6 {
			t.Errorf("%d news in a second, want about 5", news)
		}
		set(labs.Traffic{On: true, Rate: 20})
		if sending, rates := lab.traffic(); sending != 1 || !cmp.Equal(rates, []float64{5, 20}) {
			t.Errorf("%d senders, rates %v; want one, restarted at 20", sending, rates)
		}
		release := w.Quiet(t.Context(), "kavi", "c/one")
		if sending, _ := lab.traffic(); sending != 0 {
			t.Error("traffic goes on while a check wants quiet")
		}
		release()
		after(time.Second)
		if sending, _ := lab.traffic(); sending != 1 {
			t.Error("traffic does not come back after the check")
		}
		leave()
		after(time.Second)
		if sending, _ := lab.traffic(); sending != 0 {
			t.Error("traffic goes on after everybody left")
		}
	})
}

func TestTrafficRates(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		for _, rate := range []float64{0.4, 50.1, -1} {
			_, err := w.SetTraffic(t.Context(), "kavi", "c/one", labs.Traffic{On: true, Rate: rate})
			wantFault(t, err, "bad_rate")
		}
	})
}

func TestEntry(t *testing.T) {
	http := func(number int, path string) []sandbox.Port {
		return []sandbox.Port{{Number: number, Path: path, Scheme: "http"}}
	}
	tests := []struct {
		name  string
		nodes []sandbox.Node
		want  string
	}{
		{"nothing", []sandbox.Node{{Name: "db", Ports: []sandbox.Port{{Number: 5432, Scheme: "tcp"}}}}, ""},
		{"first web port", []sandbox.Node{{Name: "a", Ports: http(8000, "")}, {Name: "b", Ports: http(80, "/")}}, "http://a:8000/"},
		{"the balancer before others", []sandbox.Node{{Name: "a", Ports: http(8000, "")}, {Name: "lb", Role: sandbox.RoleBalancer, Ports: http(80, "/shop")}}, "http://lb/shop"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got, _ := labs.Entry(sandbox.Topology{Nodes: test.nodes}); got != test.want {
				t.Errorf("entry = %q, want %q", got, test.want)
			}
		})
	}
}

func TestTerminals(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.start("kavi", "c/one")
		after(2 * time.Second)
		ctx := t.Context()
		_, err := w.NewTerminal(ctx, "kavi", "c/one", "web")
		wantFault(t, err, "node_without_terminal")
		_, err = w.NewTerminal(ctx, "kavi", "c/one", "probe")
		wantFault(t, err, "no_node")
		for range 5 {
			if _, err := w.NewTerminal(ctx, "kavi", "c/one", ""); err != nil {
				t.Fatal(err)
			}
		}
		_, err = w.NewTerminal(ctx, "kavi", "c/one", "box")
		wantFault(t, err, "too_many_terminals")

		shell, err := w.AttachTerminal(ctx, "kavi", "c/one", "t3", 80, 24)
		if err != nil {
			t.Fatal(err)
		}
		after(10 * time.Minute)
		if _, err := shell.Write([]byte("ls\n")); err != nil {
			t.Fatal(err)
		}
		if idle := time.Since(w.view("kavi", "c/one").Active); idle != 0 {
			t.Errorf("typing is no activity: idle for %v", idle)
		}
		if err := w.EndTerminal(ctx, "kavi", "c/one", "t1"); err != nil {
			t.Fatal(err)
		}
		got, err := w.Terminals(ctx, "kavi", "c/one")
		if err != nil {
			t.Fatal(err)
		}
		want := []labs.Terminal{{ID: "t2", Node: "box"}, {ID: "t3", Node: "box", Running: true}, {ID: "t4", Node: "box"}, {ID: "t5", Node: "box"}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("terminals (-want +got):\n%s", diff)
		}
		_, err = w.AttachTerminal(ctx, "kavi", "c/one", "t1", 80, 24)
		wantFault(t, err, "no_terminal")
	})
}
