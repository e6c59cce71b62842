package docker

import (
	"testing"
	"time"

	"pattarai/sandbox"
)

// testStock is a stock that makes nothing by itself.
func testStock(limit int) *stock {
	return &stock{limit: limit, wake: make(chan struct{}, 1), wants: map[string]*want{}}
}

func named(node string) sandbox.Spec {
	return sandbox.Spec{Topology: sandbox.Topology{Nodes: []sandbox.Node{{Name: node}}}}
}

func TestStockMakesWhatIsWantedLast(t *testing.T) {
	s, now := testStock(4), time.Now()
	s.want(named("a"), now)
	s.want(named("b"), now.Add(time.Second))
	for _, node := range []string{"b", "a"} {
		w, made := s.next(now.Add(2 * time.Second))
		if w == nil || w.spec.Topology.Nodes[0].Name != node || w.set != made {
			t.Fatalf("next is %+v, want %s", w, node)
		}
	}
	if w, _ := s.next(now.Add(time.Hour)); w != nil {
		t.Errorf("a second set of a kind: %+v", w)
	}
}

func TestStockRefillsForThoseWhoAskedAndGotNone(t *testing.T) {
	s, now := testStock(4), time.Now()
	key := specHash(named("a"))
	s.want(named("a"), now)
	s.want(named("a"), now)
	if w, _ := s.next(now.Add(lookPause - 1)); w != nil {
		t.Error("no pause for the page that is loaded")
	}
	now = now.Add(lookPause)
	for i, again := range []bool{true, false} {
		_, made := s.next(now)
		if got := s.hand(key, now); got == nil || got != made {
			t.Fatalf("handed out %v, want the set that was begun", got)
		}
		if w, _ := s.next(now.Add(takePause - 1)); w != nil {
			t.Error("no pause for the lab that starts")
		}
		now = now.Add(takePause)
		if s.wants[key].asked > 0 != again {
			t.Errorf("after %d of two: demand %d", i+1, s.wants[key].asked)
		}
	}
	if w, _ := s.next(now); w != nil {
		t.Error("a set that nobody asked for")
	}
}

func TestStockIsBounded(t *testing.T) {
	s, now := testStock(2), time.Now()
	s.want(named("a"), now)
	s.want(named("b"), now.Add(time.Second))
	w, made := s.next(now.Add(2 * time.Second))
	if w == nil || w.spec.Topology.Nodes[0].Name != "b" {
		t.Fatal("b is not next")
	}
	s.want(named("a"), now.Add(2*time.Second))
	s.want(named("c"), now.Add(3*time.Second))
	if s.wants[specHash(named("c"))] != nil {
		t.Error("leafing displaces what was wanted seconds ago")
	}
	s.want(named("c"), now.Add(time.Second+keptAtLeast))
	if s.wants[specHash(named("c"))] == nil || s.wants[specHash(named("b"))] != nil || len(s.wants) != 2 {
		t.Errorf("wants %v, want a and c", s.wants)
	}
	if got := s.lapse(now); len(got) != 1 || got[0] != made {
		t.Errorf("to be removed: %v, want the set of b", got)
	}
}

func TestStockForgets(t *testing.T) {
	s, now := testStock(2), time.Now()
	s.want(named("a"), now)
	_, made := s.next(now.Add(lookPause))
	if got := s.lapse(now.Add(wantedFor)); got != nil || !s.has(made.id) {
		t.Errorf("removed while it is wanted: %v", got)
	}
	if got := s.lapse(now.Add(wantedFor + 1)); len(got) != 1 || got[0] != made || len(s.wants) != 0 || s.has(made.id) {
		t.Errorf("removed %v, left %v", got, s.wants)
	}
}

func TestStockOfNothing(t *testing.T) {
	s := testStock(-1)
	s.want(named("a"), time.Now())
	if len(s.wants) != 0 {
		t.Error("something is wanted")
	}
}

func TestLabOf(t *testing.T) {
	e := &Engine{config: Config{Installation: "one-two"}}
	for name, lab := range map[string]string{
		"/pattarai-one-two-abcdefgh-app-1": "abcdefgh", e.containerName("abcdefgh", deedNode): "abcdefgh",
		e.containerName("set12", "probe"): "set12", "": "",
	} {
		if got := e.labOf(name); got != lab {
			t.Errorf("%q belongs to %q, want %q", name, got, lab)
		}
	}
}
