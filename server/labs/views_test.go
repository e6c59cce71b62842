package labs_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox"
	"pattarai/server/labs"
	nodelive "pattarai/server/live"
)

func TestViews(t *testing.T) {
	cluster := map[string]string{"RABBITMQ_CLUSTER": "r1 r2"}
	got := labs.Views(sandbox.Topology{Nodes: []sandbox.Node{
		{Name: "db", View: "postgres"},
		{Name: "r1", View: "rabbitmq", Env: cluster},
		{Name: "r2", View: "rabbitmq", Env: cluster},
		{Name: "other", View: "rabbitmq"},
		{Name: "plain"},
	}})
	want := map[string]string{"db": "postgres", "r1": "rabbitmq", "other": "rabbitmq"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("views (-want +got):\n%s", diff)
	}
}

// scripted is a reader that fails on nodes that are down.
type scripted struct {
	mu     sync.Mutex
	down   map[nodelive.Node]bool
	asked  []nodelive.Node
	keys   int
	closed bool
}

func (s *scripted) Read(_ context.Context, node nodelive.Node) (nodelive.Report, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, node)
	if s.down[node] {
		return nodelive.Report{}, errors.New("nothing answers")
	}
	return nodelive.Report{Redis: &nodelive.Redis{Size: s.keys}}, nil
}

// set takes a node down, and changes what the others say.
func (s *scripted) set(down nodelive.Node, keys int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down[down], s.keys = true, keys
}

func (s *scripted) Close() { s.closed = true }

// named is a node that only has a name.
type named struct {
	nodelive.Node
	name string
}

func TestPolledView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := named{name: "one"}, named{name: "two"}
		nodes := map[string]nodelive.Node{"one": one, "two": two}
		reader := &scripted{down: map[nodelive.Node]bool{}, keys: 1}
		var got []*labs.Live
		ctx, cancel := context.WithCancel(t.Context())
		done := labs.WatchPolled(ctx, "redis", []string{"one", "two"}, reader,
			func(_ context.Context, name string) (nodelive.Node, error) { return nodes[name], nil },
			func(l *labs.Live) { got = append(got, l) })
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if len(got) != 1 || len(reader.asked) != 2 || got[0].Redis.Size != 1 {
			t.Fatalf("%d reports of %d looks at what does not change, want 1 of 2", len(got), len(reader.asked))
		}
		reader.set(one, 2)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(got) != 2 || got[1].Node != "one" || got[1].Redis.Size != 2 {
			t.Fatalf("%+v, want the other node's figures under the first one's name", got)
		}
		if last := reader.asked[len(reader.asked)-1]; last != nodelive.Node(two) {
			t.Errorf("asked %v last, want the node that answered before", last)
		}
		reader.set(two, 2)
		time.Sleep(time.Second)
		synctest.Wait()
		if last := got[len(got)-1]; last.Problem != "nothing answers" || last.Redis != nil {
			t.Errorf("%+v, want the problem alone", last)
		}
		cancel()
		<-done
		if !reader.closed {
			t.Error("the reader was left open")
		}
	})
}
