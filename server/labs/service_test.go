package labs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox"
	"pattarai/server/labs"
)

func TestStartRunsAndIsIdempotent(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		var mu sync.Mutex
		ids := map[string]int{}
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				v, err := w.Start(t.Context(), "kavi", "c/one")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				ids[v.ID]++
			})
		}
		all.Wait()
		if diff := cmp.Diff(map[string]int{"lab00001": 50}, ids); diff != "" {
			t.Errorf("labs (-want +got):\n%s", diff)
		}
		if v := w.view("kavi", "c/one"); v.Estimate != 3*time.Second || v.P95 != 4*time.Second {
			t.Errorf("estimate %v, p95 %v; want 3s, 4s as measured", v.Estimate, v.P95)
		}
		after(time.Second)
		v := w.wantState("kavi", "c/one", labs.Running)
		if v.Took != time.Second || v.Expires.Sub(v.Started) != time.Hour || !v.CanExtend {
			t.Errorf("took %v, lives %v, can extend %v", v.Took, v.Expires.Sub(v.Started), v.CanExtend)
		}
		if w.engine.opens != 1 {
			t.Errorf("%d sessions were opened, want 1", w.engine.opens)
		}
		want := []labs.State{labs.Queued, labs.Creating, labs.Running}
		if diff := cmp.Diff(want, w.store.states); diff != "" {
			t.Errorf("stored states (-want +got):\n%s", diff)
		}
	})
}

func TestALookAtALabThatDoesNotRunPreparesIt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		look := func(lesson string, want int) {
			t.Helper()
			if _, _, err := w.View(t.Context(), "kavi", lesson); err != nil {
				t.Error(err)
			}
			if got := len(w.engine.prepared); got != want {
				t.Errorf("%d labs prepared, want %d", got, want)
			}
		}
		look("c/none", 0)
		look("c/one", 1)
		w.start("kavi", "c/one")
		after(2 * time.Second)
		look("c/one", 1)
		if _, err := w.End(t.Context(), "kavi", "c/one"); err != nil {
			t.Fatal(err)
		}
		after(2 * time.Second)
		look("c/one", 2)
	})
}

func TestFullHostMakesWaitInLine(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{labs: 1})
		w.start("first", "c/one")
		after(2 * time.Second)
		w.start("second", "c/one")
		synctest.Wait()
		w.start("third", "c/one")
		synctest.Wait()
		if v := w.wantState("third", "c/one", labs.Queued); v.Position != 2 {
			t.Errorf("position = %d, want 2", v.Position)
		}
		if _, err := w.End(t.Context(), "first", "c/one"); err != nil {
			t.Fatal(err)
		}
		after(2 * time.Second)
		if v := w.wantState("second", "c/one", labs.Running); v.Position != 0 {
			t.Errorf("a running lab has position %d", v.Position)
		}
		if v := w.wantState("third", "c/one", labs.Queued); v.Position != 1 {
			t.Errorf("position = %d, want 1", v.Position)
		}
		// Whoever gives up leaves the line.
		if _, err := w.End(t.Context(), "third", "c/one"); err != nil {
			t.Fatal(err)
		}
		after(time.Second)
		w.wantState("third", "c/one", labs.Ended)
		if got := w.engine.through.Stats().Waiting; got != 0 {
			t.Errorf("%d still wait", got)
		}
	})
}

func warnings(events []labs.Event) []string {
	var list []string
	for _, e := range events {
		if e.Warning != nil {
			list = append(list, e.Warning.Message+" | "+e.Warning.Fix)
		}
	}
	return list
}

func TestIdleLabEndsAfterWarnings(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.start("kavi", "c/one")
		events := w.Subscribe(t.Context(), "kavi", "c/one")
		var got []string
		for range 25 * 6 {
			after(10 * time.Second)
			got = append(got, warnings(drain(events))...)
		}
		const fix = "Type or click anything in the lab to keep it. Your files are saved in any case."
		want := []string{
			"Nothing happened here for a while; this lab ends in 5 minutes. | " + fix,
			"Nothing happened here for a while; this lab ends in 1 minute. | " + fix,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("warnings (-want +got):\n%s", diff)
		}
		v := w.wantState("kavi", "c/one", labs.Ended)
		if !strings.Contains(v.Reason, "20 minutes") || len(w.engine.held()) != 0 {
			t.Errorf("reason %q, engine holds %v", v.Reason, w.engine.held())
		}
	})
}

func TestActivityKeepsALabUntilItsTimeIsOver(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.start("kavi", "c/one")
		events := w.Subscribe(t.Context(), "kavi", "c/one")
		var got []string
		for range 59 {
			after(time.Minute)
			if _, err := w.NewTerminal(t.Context(), "kavi", "c/one", "nowhere"); err == nil {
				t.Fatal("a terminal on a node that is not there")
			}
			got = append(got, warnings(drain(events))...)
		}
		w.wantState("kavi", "c/one", labs.Running)
		for range 3 {
			if _, err := w.Extend(t.Context(), "kavi", "c/one"); err != nil {
				t.Fatal(err)
			}
		}
		_, err := w.Extend(t.Context(), "kavi", "c/one")
		wantFault(t, err, "lab_not_extendable")
		if diff := cmp.Diff([]string{"This lab ends in 5 minutes. | extend"}, got); diff != "" {
			t.Errorf("warnings (-want +got):\n%s", diff)
		}
		if v := w.view("kavi", "c/one"); v.Expires.Sub(v.Started) != 150*time.Minute || v.CanExtend {
			t.Errorf("lives %v, can extend %v", v.Expires.Sub(v.Started), v.CanExtend)
		}
	})
}

func TestRestartOfTheServerKeepsLabs(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		first := serve(t, setup{})
		first.start("kavi", "c/one")
		after(2 * time.Second)
		events := first.Subscribe(t.Context(), "kavi", "c/one")
		first.stop()
		for range events { // Ends, because the server says good-bye.
		}
		if first.engine.detached != 1 || len(first.engine.held()) != 1 {
			t.Fatalf("detached %d, engine holds %v", first.engine.detached, first.engine.held())
		}
		if _, err := first.Start(t.Context(), "mani", "c/one"); err == nil {
			t.Error("a closed service starts labs")
		}

		second := serve(t, setup{store: first.store, eng: first.engine})
		after(time.Second)
		v := second.wantState("kavi", "c/one", labs.Running)
		if v.ID != "lab00001" || second.engine.opens != 1 {
			t.Errorf("lab %s, opened %d times; want lab00001 adopted", v.ID, second.engine.opens)
		}
		if got := string(second.engine.session().files["app.py"]); got != "print(1)\n" {
			t.Errorf("adopted with app.py %q", got)
		}
		terminals, err := second.Terminals(t.Context(), "kavi", "c/one")
		want := []labs.Terminal{{ID: "t2", Node: "box", Running: true}}
		if diff := cmp.Diff(want, terminals); err != nil || diff != "" {
			t.Errorf("terminals (-want +got), %v:\n%s", err, diff)
		}
		if got := second.engine.through.Stats().Labs; got != 1 {
			t.Errorf("the pool counts %d labs, want 1", got)
		}
	})
}

func TestAStartGoesOnAfterARestartOfTheServer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		first := serve(t, setup{})
		first.start("kavi", "c/one")
		after(500 * time.Millisecond)
		first.stop()
		second := serve(t, setup{store: first.store, eng: first.engine})
		after(3 * time.Second)
		second.wantState("kavi", "c/one", labs.Running)
	})
}

func TestSweepTakesOrphansAndLeavesTheYoung(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.start("kavi", "c/one")
		after(time.Second)
		w.engine.do(func() {
			w.engine.put("orphan01", "x", time.Now().Add(-time.Hour))
			w.engine.put("newcomer", "x", time.Now())
		})
		after(time.Minute)
		if diff := cmp.Diff([]string{"lab00001", "newcomer"}, w.engine.held()); diff != "" {
			t.Errorf("after a minute (-want +got):\n%s", diff)
		}
		after(2 * time.Minute)
		if diff := cmp.Diff([]string{"lab00001"}, w.engine.held()); diff != "" {
			t.Errorf("after three (-want +got):\n%s", diff)
		}
	})
}

func TestLostLabsFailInPlainWords(t *testing.T) {
	tests := []struct {
		name   string
		lose   func(e *engine)
		reason string
	}{
		{"vanished", func(e *engine) { clear(e.labs) }, "containers are gone"},
		{"all containers stopped", func(e *engine) {
			e.labs["lab00001"] = sandbox.Lab{ID: "lab00001", Nodes: []sandbox.LabNode{{Name: "web"}, {Name: "probe"}}}
		}, "The container engine stopped"},
		{"engine down", func(e *engine) { e.down = sandbox.ErrEngine }, "The container engine stopped"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := serve(t, setup{})
				w.start("kavi", "c/one")
				after(2 * time.Second)
				w.engine.do(func() { test.lose(w.engine) })
				after(time.Minute)
				v := w.wantState("kavi", "c/one", labs.Failed)
				if !strings.Contains(v.Reason, test.reason) || !strings.Contains(v.Fix, "files are safe") {
					t.Errorf("reason %q, fix %q", v.Reason, v.Fix)
				}
				w.engine.do(func() { w.engine.down = nil })
				w.start("kavi", "c/one")
				after(2 * time.Second)
				if v := w.wantState("kavi", "c/one", labs.Running); v.ID != "lab00002" {
					t.Errorf("started again as %s", v.ID)
				}
				after(5 * time.Minute)
				if diff := cmp.Diff([]string{"lab00002"}, w.engine.held()); diff != "" {
					t.Errorf("what the engine holds (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestAnEngineThatPausesBrieflyCostsNoLab(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.start("kavi", "c/one")
		after(29 * time.Second)
		w.engine.do(func() { w.engine.down = sandbox.ErrEngine })
		after(2 * time.Second) // One look falls into it.
		w.engine.do(func() { w.engine.down = nil })
		after(time.Minute)
		w.wantState("kavi", "c/one", labs.Running)
	})
}

func TestEngineDownThenUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.engine.do(func() {
			w.engine.down = fmt.Errorf("%w: the Docker service is not running; start it with: systemctl start docker", sandbox.ErrEngine)
		})
		wantFault(t, w.Available(t.Context()), "labs_unavailable")
		w.start("kavi", "c/one")
		after(time.Second)
		v := w.wantState("kavi", "c/one", labs.Failed)
		if !strings.Contains(v.Reason, "systemctl start docker") || v.Fix == "" {
			t.Errorf("reason %q, fix %q", v.Reason, v.Fix)
		}
		w.engine.do(func() { w.engine.down = nil })
		if err := w.Available(t.Context()); err != nil {
			t.Errorf("available: %v", err)
		}
		w.start("kavi", "c/one")
		after(2 * time.Second)
		w.wantState("kavi", "c/one", labs.Running)
	})
}

func TestEndingAtAnyMomentEnds(t *testing.T) {
	for _, moment := range []time.Duration{0, time.Millisecond, time.Second - 1, time.Second, time.Second + 1, time.Minute} {
		t.Run(moment.String(), func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				w := serve(t, setup{})
				w.start("kavi", "c/one")
				time.Sleep(moment)
				if _, err := w.End(t.Context(), "kavi", "c/one"); err != nil {
					t.Fatal(err)
				}
				after(time.Minute)
				v := w.wantState("kavi", "c/one", labs.Ended)
				if v.Reason != "You ended it." || len(w.engine.held()) != 0 || w.engine.through.Stats().Labs != 0 {
					t.Errorf("reason %q, engine holds %v, pool counts %d", v.Reason, w.engine.held(), w.engine.through.Stats().Labs)
				}
			})
		})
	}
}

func TestNobodyReachesSomebodyElsesLab(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.start("kavi", "c/one")
		after(2 * time.Second)
		ctx := t.Context()
		calls := map[string]func() error{
			"extend":   func() error { _, err := w.Extend(ctx, "mani", "c/one"); return err },
			"control":  func() error { return w.Control(ctx, "mani", "c/one", "web", sandbox.Kill) },
			"session":  func() error { _, err := w.Session(ctx, "mani", "c/one"); return err },
			"terminal": func() error { _, err := w.NewTerminal(ctx, "mani", "c/one", "box"); return err },
			"attach":   func() error { _, err := w.AttachTerminal(ctx, "mani", "c/one", "t1", 80, 24); return err },
			"hang up":  func() error { return w.EndTerminal(ctx, "mani", "c/one", "t1") },
		}
		for name, call := range calls {
			t.Log(name)
			wantFault(t, call(), "lab_not_running")
		}
		_, err := w.ByID(ctx, "mani", "lab00001")
		wantFault(t, err, "lab_not_found")
		if _, ok, _ := w.View(ctx, "mani", "c/one"); ok {
			t.Error("somebody else's lab is shown")
		}
		if _, err := w.End(ctx, "mani", "c/one"); err != nil {
			t.Error(err)
		}
		after(time.Second)
		w.wantState("kavi", "c/one", labs.Running)
	})
}

func TestOnlySoManyLabsPerLearner(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		var all sync.WaitGroup
		refused := make(chan error, 3)
		for _, lesson := range []string{"c/one", "c/two", "c/three"} {
			all.Go(func() {
				if _, err := w.Start(t.Context(), "kavi", lesson); err != nil {
					refused <- err
				}
			})
		}
		all.Wait()
		close(refused)
		var errs []error
		for err := range refused {
			errs = append(errs, err)
		}
		if len(errs) != 1 {
			t.Fatalf("%d of 3 refused, want 1: %v", len(errs), errs)
		}
		wantFault(t, errs[0], "too_many_labs")
		if !strings.Contains(errs[0].Error(), "“Lesson ") {
			t.Errorf("%q names no lesson", errs[0])
		}
	})
}

func TestFaultsOfLessons(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		_, err := w.Start(t.Context(), "kavi", "c/read")
		wantFault(t, err, "no_lab")
		_, err = w.Start(t.Context(), "kavi", "c/none")
		wantFault(t, err, "no_lesson")
		w.start("kavi", "c/one")
		after(2 * time.Second)
		err = w.Control(t.Context(), "kavi", "c/one", "db", sandbox.Kill)
		wantFault(t, err, "no_node")
		w.engine.session().fail = sandbox.ErrNotRunning
		wantFault(t, w.Control(t.Context(), "kavi", "c/one", "web", sandbox.Pause), "node_not_running")
	})
}

func TestForgetsWhatNobodyUses(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.start("kavi", "c/one")
		ctx, cancel := context.WithCancel(t.Context())
		w.Subscribe(ctx, "mani", "c/two")
		after(2 * time.Second)
		later := func() time.Time { return time.Now().Add(2 * time.Hour) }
		if got := labs.Benches(w.Service, later()); got != 2 {
			t.Errorf("%d places, want both that are in use", got)
		}
		cancel()
		synctest.Wait()
		if got := labs.Benches(w.Service, later()); got != 1 {
			t.Errorf("%d places, want 1", got)
		}
	})
}

func TestSlowReaderCatchesUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		w := serve(t, setup{})
		w.start("kavi", "c/one")
		after(2 * time.Second)
		events := w.Subscribe(t.Context(), "kavi", "c/one")
		for i := range 100 { // More than may wait.
			if _, err := w.SetTraffic(t.Context(), "kavi", "c/one", labs.Traffic{Rate: 1 + float64(i)/10}); err != nil {
				t.Fatal(err)
			}
		}
		first := drain(events)
		if len(first) != 64 || first[0].Lab == nil {
			t.Fatalf("%d events, want the 64 that may wait", len(first))
		}
		if _, err := w.Extend(t.Context(), "kavi", "c/one"); err != nil {
			t.Fatal(err)
		}
		rest := drain(events)
		i := slices.IndexFunc(rest, func(e labs.Event) bool { return e.Lab != nil })
		if i != 0 || rest[0].Lab.Traffic.Rate != 10.9 {
			t.Errorf("the present state does not come first: %d of %d events", i, len(rest))
		}
	})
}
