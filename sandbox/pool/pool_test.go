package pool_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox"
	"pattarai/sandbox/pool"
)

const mib = 1 << 20

// engine holds labs in memory; a launch takes a second.
type engine struct {
	sandbox.Engine // Nothing else may be called.

	mu      sync.Mutex
	labs    map[string]sandbox.Spec
	running int
	most    int
	fail    error
}

func (e *engine) Launch(ctx context.Context, spec sandbox.Spec) error {
	e.mu.Lock()
	e.running++
	e.most = max(e.most, e.running)
	e.mu.Unlock()
	time.Sleep(time.Second)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running--
	if e.fail != nil {
		return e.fail
	}
	e.labs[spec.ID] = spec
	return nil
}

func (e *engine) Remove(ctx context.Context, lab string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fail != nil {
		return e.fail
	}
	delete(e.labs, lab)
	return nil
}

func (e *engine) List(ctx context.Context) ([]sandbox.Lab, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var labs []sandbox.Lab
	for id, spec := range e.labs {
		labs = append(labs, sandbox.Lab{ID: id, Owner: spec.Owner, Nodes: make([]sandbox.LabNode, len(spec.Topology.Nodes)+1)})
	}
	return labs, nil
}

func (e *engine) set(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.fail = err
}

func newPool(t *testing.T, cfg pool.Config) (*pool.Pool, *engine) {
	t.Helper()
	e := &engine{labs: map[string]sandbox.Spec{}}
	if cfg.Memory == 0 {
		cfg.Memory = 1 << 40
	}
	cfg.Overcommit = 1
	p, err := pool.New(e, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p, e
}

// spec is a lab of one node of 84 MiB: 100 MiB with its probe.
func spec(id string) sandbox.Spec {
	return sandbox.Spec{ID: id, Owner: "owner-of-" + id, Topology: sandbox.Topology{
		Nodes: []sandbox.Node{{Name: "a", Limits: sandbox.Limits{Memory: 84 * mib}}}}}
}

func launch(t *testing.T, p *pool.Pool, s sandbox.Spec) {
	t.Helper()
	if err := p.Launch(t.Context(), s); err != nil {
		t.Fatalf("launch %s: %v", s.ID, err)
	}
}

func TestWaitsInOrderAndTellsThePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, pool.Config{Memory: 100 * mib})
		launch(t, p, spec("first"))

		var mu sync.Mutex
		places := map[string][]int{}
		var order []string
		for _, id := range []string{"second", "third"} {
			go func() {
				err := p.Wait(t.Context(), spec(id), func(pos int) {
					mu.Lock()
					defer mu.Unlock()
					places[id] = append(places[id], pos)
				})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, id)
			}()
			synctest.Wait()
		}
		if got := p.Stats().Waiting; got != 2 {
			t.Errorf("waiting = %d, want 2", got)
		}
		for _, id := range []string{"first", "second"} {
			if err := p.Remove(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if diff := cmp.Diff([]string{"second", "third"}, order); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string][]int{"second": {1}, "third": {2, 1}}, places); diff != "" {
			t.Errorf("places (-want +got):\n%s", diff)
		}
	})
}

func TestStartsOnlySoManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, e := newPool(t, pool.Config{Starts: 2})
		began := time.Now()
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() { launch(t, p, spec(fmt.Sprint("lab", i))) })
		}
		all.Wait()
		if e.most != 2 || time.Since(began) != 3*time.Second {
			t.Errorf("%d at once, all after %v; want 2, 3s", e.most, time.Since(began))
		}
		want := pool.Stats{Labs: 6, Used: 600 * mib, Memory: 1 << 40, Launched: 6, Median: time.Second}
		if diff := cmp.Diff(want, p.Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
	})
}

func TestLimits(t *testing.T) {
	tests := []struct {
		name string
		cfg  pool.Config
		held []sandbox.Spec
		ask  sandbox.Spec
		wait bool
	}{
		{"room", pool.Config{Memory: 200 * mib}, []sandbox.Spec{spec("a")}, spec("b"), false},
		{"no memory", pool.Config{Memory: 199 * mib}, []sandbox.Spec{spec("a")}, spec("b"), true},
		{"number of labs", pool.Config{Labs: 1}, []sandbox.Spec{spec("a")}, spec("b"), true},
		{"own limit", pool.Config{PerOwner: 1}, []sandbox.Spec{{ID: "a", Owner: "kavi"}}, sandbox.Spec{ID: "b", Owner: "kavi"}, true},
		{"somebody else's limit", pool.Config{PerOwner: 1}, []sandbox.Spec{{ID: "a", Owner: "kavi"}}, sandbox.Spec{ID: "b", Owner: "mani"}, false},
		{"held already", pool.Config{Labs: 1}, []sandbox.Spec{spec("a")}, spec("a"), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, _ := newPool(t, test.cfg)
				for _, s := range test.held {
					p.Hold(s)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				began := time.Now()
				err := p.Wait(ctx, test.ask, nil)
				if waited := time.Since(began) > 0; waited != test.wait {
					t.Errorf("waited %v, want %v (err %v)", waited, test.wait, err)
				}
			})
		})
	}
}

func TestAnOwnLimitHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, pool.Config{PerOwner: 1})
		p.Hold(sandbox.Spec{ID: "a", Owner: "kavi"})
		ctx, cancel := context.WithCancel(t.Context())
		go p.Wait(ctx, sandbox.Spec{ID: "b", Owner: "kavi"}, nil)
		synctest.Wait()
		launch(t, p, sandbox.Spec{ID: "c", Owner: "mani"})
		cancel()
		synctest.Wait()
		if got := p.Stats().Waiting; got != 0 {
			t.Errorf("%d still wait after their context ended", got)
		}
	})
}

func TestALargeLabIsNotOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, pool.Config{Memory: 250 * mib})
		p.Hold(spec("a"))
		large := spec("large")
		large.Topology.Nodes[0].Limits.Memory = 200 * mib
		ctx, cancel := context.WithCancel(t.Context())
		go p.Wait(ctx, large, nil)
		synctest.Wait()
		go p.Wait(ctx, spec("small"), nil)
		synctest.Wait()
		if got := p.Stats().Waiting; got != 2 {
			t.Errorf("%d wait, want the small lab behind the large one", got)
		}
		cancel()
		synctest.Wait()
	})
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, pool.Config{Memory: 150 * mib, Queue: 1})
		p.Hold(spec("a"))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go p.Wait(ctx, spec("b"), nil)
		synctest.Wait()

		var full *pool.FullError
		if err := p.Wait(ctx, spec("c"), nil); !errors.As(err, &full) || full.Waiting != 1 {
			t.Errorf("beyond the bound: %v", err)
		}
		big := spec("d")
		big.Topology.Nodes[0].Limits.Memory = 151 * mib
		var tooBig *pool.TooBigError
		if err := p.Wait(ctx, big, nil); !errors.As(err, &tooBig) {
			t.Errorf("larger than the host: %v", err)
		}
		if got := p.Stats().Refused; got != 2 {
			t.Errorf("refused = %d, want 2", got)
		}
	})
}

func TestRoomComesBack(t *testing.T) {
	tests := []struct {
		name string
		do   func(t *testing.T, p *pool.Pool, e *engine)
	}{
		{"a failed launch", func(t *testing.T, p *pool.Pool, e *engine) {
			e.set(sandbox.ErrEngine)
			if err := p.Launch(t.Context(), spec("a")); !errors.Is(err, sandbox.ErrEngine) {
				t.Errorf("launch: %v", err)
			}
			e.set(nil)
		}},
		{"a reservation nobody uses", func(t *testing.T, p *pool.Pool, e *engine) {
			if err := p.Wait(t.Context(), spec("a"), nil); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * time.Minute)
		}},
		{"a lab that vanished", func(t *testing.T, p *pool.Pool, e *engine) {
			launch(t, p, spec("a"))
			if err := e.Remove(t.Context(), "a"); err != nil {
				t.Error(err)
			}
			if _, err := p.List(t.Context()); err != nil {
				t.Error(err)
			}
		}},
		{"a removal in line", func(t *testing.T, p *pool.Pool, e *engine) {
			launch(t, p, spec("a"))
			left := make(chan error, 1)
			go func() { left <- p.Launch(t.Context(), spec("b")) }()
			synctest.Wait()
			p.Remove(t.Context(), "b")
			if err := <-left; !errors.Is(err, sandbox.ErrNoLab) {
				t.Errorf("removed while waiting: %v", err)
			}
			p.Remove(t.Context(), "a")
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, e := newPool(t, pool.Config{Labs: 1})
				test.do(t, p, e)
				if s := p.Stats(); s.Labs != 0 || s.Used != 0 || s.Starting != 0 || s.Waiting != 0 {
					t.Errorf("room stays taken: %+v", s)
				}
				launch(t, p, spec("next"))
			})
		})
	}
}

func TestRoomStaysTakenWhileTheEngineCannotRemove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, e := newPool(t, pool.Config{Labs: 1})
		launch(t, p, spec("a"))
		e.set(sandbox.ErrEngine)
		if err := p.Remove(t.Context(), "a"); !errors.Is(err, sandbox.ErrEngine) {
			t.Errorf("remove: %v", err)
		}
		if got := p.Stats().Labs; got != 1 {
			t.Errorf("labs = %d, want 1", got)
		}
	})
}

func TestListCountsLabsFromBeforeTheRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, e := newPool(t, pool.Config{NodeMemory: 10 * mib})
		e.labs["old"] = spec("old")
		if _, err := p.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := p.Stats().Used; got != 20*mib {
			t.Errorf("used = %d, want a guess of two nodes", got)
		}
		p.Hold(spec("old"))
		if got, want := p.Stats().Used, int64(86*mib+mib/2); got != want {
			t.Errorf("used = %d, want %d", got, want)
		}
	})
}

// preparer is an engine that gets labs ready.
type preparer struct {
	*engine
	prepared []sandbox.Tier
	expected int
}

func (e *preparer) Expect(topologies []sandbox.Topology) { e.expected = len(topologies) }

func (e *preparer) Prepare(_ sandbox.Topology, tier sandbox.Tier) {
	e.prepared = append(e.prepared, tier)
}

func TestPrepareOnlyWithRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &preparer{engine: &engine{labs: map[string]sandbox.Spec{}}}
		p, err := pool.New(e, pool.Config{Memory: 1 << 40, Labs: 1})
		if err != nil {
			t.Fatal(err)
		}
		p.Prepare(spec("a").Topology, sandbox.Hardened)
		launch(t, p, spec("a"))
		p.Prepare(spec("b").Topology, sandbox.Standard)
		p.Expect([]sandbox.Topology{spec("a").Topology, spec("b").Topology})
		if e.expected != 2 {
			t.Errorf("the engine expects %d kinds of lab, not 2", e.expected)
		}
		if diff := cmp.Diff([]sandbox.Tier{sandbox.Hardened}, e.prepared); diff != "" {
			t.Errorf("prepared with room for one lab (-want +got):\n%s", diff)
		}
	})
}

func TestPrepareOnAnEngineThatCannot(t *testing.T) {
	p, _ := newPool(t, pool.Config{})
	p.Prepare(spec("a").Topology, sandbox.Standard) // The engine would panic.
	p.Expect([]sandbox.Topology{spec("a").Topology})
}

// finder is an engine that can look up a single lab.
type finder struct {
	*engine
	asked string
}

func (f *finder) Find(_ context.Context, lab string) (sandbox.Lab, error) {
	f.asked = lab
	return sandbox.Lab{ID: lab}, nil
}

func TestFind(t *testing.T) {
	p, e := newPool(t, pool.Config{})
	e.labs["a"] = spec("a")
	if lab, err := p.Find(t.Context(), "a"); err != nil || lab.ID != "a" {
		t.Errorf("found %+v, %v", lab, err)
	}
	if _, err := p.Find(t.Context(), "b"); !errors.Is(err, sandbox.ErrNoLab) {
		t.Errorf("a lab that is not there: %v", err)
	}
	f := &finder{engine: e}
	p, err := pool.New(f, pool.Config{Memory: mib})
	if err != nil {
		t.Fatal(err)
	}
	if lab, err := p.Find(t.Context(), "c"); err != nil || lab.ID != "c" || f.asked != "c" {
		t.Errorf("the engine was asked for %q: %+v, %v", f.asked, lab, err)
	}
}

func TestEstimateIsMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, pool.Config{Labs: 1})
		if got := p.Estimate(1); got != 0 {
			t.Errorf("before anything was measured: %v", got)
		}
		launch(t, p, spec("a"))
		for i := range 4 {
			go p.Launch(t.Context(), spec(fmt.Sprint("w", i)))
			synctest.Wait()
		}
		// Every ten minutes somebody leaves.
		for _, id := range []string{"a", "w0"} {
			time.Sleep(10 * time.Minute)
			if err := p.Remove(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		if got := p.Estimate(2); got != 20*time.Minute {
			t.Errorf("second in line waits %v, want 20m", got)
		}
		for _, id := range []string{"w1", "w2", "w3"} {
			p.Remove(t.Context(), id)
			time.Sleep(2 * time.Second)
		}
	})
}

func TestHostMemory(t *testing.T) {
	got, err := pool.HostMemory()
	if err != nil || got < 64*mib {
		t.Errorf("HostMemory() = %d, %v", got, err)
	}
}
