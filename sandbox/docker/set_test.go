package docker_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/docker"
)

// setEngine returns an engine without spare networks, so that all that is left over shows.
func setEngine(t *testing.T, more func(*docker.Config)) *docker.Engine {
	t.Helper()
	return newEngine(t, func(c *docker.Config) {
		c.Spare, c.Skeletons = -1, -1
		if more != nil {
			more(c)
		}
	})
}

func pairSpec(id string) sandbox.Spec {
	return sandbox.Spec{ID: id, Owner: "ada", Tier: sandbox.Standard, Topology: sandbox.Topology{Name: "t", Hash: "pair", Nodes: []sandbox.Node{
		{Name: "shell", Image: "shell"}, {Name: "other", Image: "shell"},
	}}}
}

func prepare(t *testing.T, e *docker.Engine, spec sandbox.Spec) {
	t.Helper()
	e.Prepare(spec.Topology, spec.Tier)
	docker.AwaitPrepared(t, e, spec)
}

func nothingLeft(t *testing.T, e *docker.Engine) {
	t.Helper()
	if containers, networks := docker.Left(t, e); containers != 0 || networks != 0 {
		t.Errorf("%d containers and %d networks are left", containers, networks)
	}
}

// TestSetBecomesLab follows a set from the stock to the end of its lab, through a
// restart of the server.
func TestSetBecomesLab(t *testing.T) {
	for _, transport := range []docker.Transport{docker.Direct, docker.Relay} {
		t.Run(string(transport), func(t *testing.T) { followSet(t, transport) })
	}
}

func followSet(t *testing.T, transport docker.Transport) {
	var config docker.Config
	e := setEngine(t, func(c *docker.Config) {
		c.Transport = transport
		config = *c
	})
	spec := pairSpec("setlab0001")
	prepare(t, e, spec)
	if labs, err := e.List(t.Context()); err != nil || len(labs) != 0 {
		t.Errorf("a set is listed as a lab: %+v, %v", labs, err)
	}
	began := time.Now()
	if err := e.Launch(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	t.Logf("claimed in %s", time.Since(began).Round(time.Millisecond))
	if containers, _ := docker.Left(t, e); containers != 4 {
		t.Errorf("%d containers, want two nodes, the probe and the deed", containers)
	}
	restarted, err := docker.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer restarted.Close(context.Background())
	isOwned(t, restarted, spec, began)
	if err := restarted.Launch(t.Context(), spec); err != nil {
		t.Errorf("launched again: %v", err)
	}
	s, err := sandbox.Adopt(t.Context(), restarted, spec)
	if err != nil {
		t.Fatal(err)
	}
	if got := look(t, s, "hostname; getent hosts other probe | wc -l"); got != "shell\n2\n" {
		t.Errorf("names inside: %q", got)
	}
	if err := s.Control(t.Context(), "shell", sandbox.Kill); err != nil {
		t.Error(err)
	}
	if err := s.Control(t.Context(), "shell", sandbox.Start); err != nil {
		t.Error(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	nothingLeft(t, e)
}

func isOwned(t *testing.T, e *docker.Engine, spec sandbox.Spec, after time.Time) {
	t.Helper()
	for name, find := range map[string]func() (sandbox.Lab, error){
		"Find": func() (sandbox.Lab, error) { return e.Find(t.Context(), spec.ID) },
		"List": func() (sandbox.Lab, error) {
			labs, err := e.List(t.Context())
			if len(labs) != 1 {
				return sandbox.Lab{}, errors.Join(err, fmt.Errorf("%d labs", len(labs)))
			}
			return labs[0], err
		},
	} {
		lab, err := find()
		if err != nil || lab.ID != spec.ID || lab.Owner != "ada" || lab.Hash != "pair" || len(lab.Nodes) != 3 || lab.Created.Before(after) {
			t.Errorf("%s: %+v, %v", name, lab, err)
		}
	}
}

// TestSpoiltSet breaks a set in every way: the lab starts all the same.
func TestSpoiltSet(t *testing.T) {
	for name, spoil := range map[string][]string{"dead": {"kill"}, "frozen": {"pause"}, "gone": {"rm", "-f"}} {
		t.Run(name, func(t *testing.T) {
			var installation string
			e := setEngine(t, func(c *docker.Config) { installation = c.Installation })
			spec := pairSpec("spoilt0001")
			prepare(t, e, spec)
			victim := cli(t, "ps", "-q", "--filter", "label=pattarai.installation="+installation, "--filter", "label=pattarai.node=other")
			cli(t, append(spoil, victim)...)
			if err := e.Launch(t.Context(), spec); err != nil {
				t.Fatal(err)
			}
			conn, err := e.Dial(t.Context(), spec.ID, "other")
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if c, err := agent.NewClient(t.Context(), conn); err != nil {
				t.Error(err)
			} else {
				c.Close()
			}
			if containers, networks := docker.Left(t, e); containers != 3 || networks != 1 {
				t.Errorf("%d containers and %d networks beside the lab's", containers-3, networks-1)
			}
			if err := e.Remove(t.Context(), spec.ID); err != nil {
				t.Error(err)
			}
			nothingLeft(t, e)
		})
	}
}

// TestCancelledClaim gives up at every stage: while the set is made, while it is
// taken, and just before.
func TestCancelledClaim(t *testing.T) {
	e := setEngine(t, nil)
	for i, after := range []time.Duration{0, 5 * time.Millisecond, 12 * time.Millisecond, 20 * time.Millisecond, 30 * time.Millisecond} {
		spec := pairSpec(fmt.Sprintf("cancelled%d", i))
		e.Prepare(spec.Topology, spec.Tier)
		if i == 3 {
			time.Sleep(1200 * time.Millisecond) // A set is in the making.
		} else {
			docker.AwaitPrepared(t, e, spec)
		}
		ctx, cancel := context.WithTimeout(t.Context(), after)
		err := e.Launch(ctx, spec)
		cancel()
		t.Logf("cancelled after %s: %v", after, err)
		if err == nil {
			if err := e.Remove(t.Context(), spec.ID); err != nil {
				t.Error(err)
			}
		} else if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cancelled after %s: %v", after, err)
		}
		if _, err := e.Find(t.Context(), spec.ID); !errors.Is(err, sandbox.ErrNoLab) {
			t.Errorf("cancelled after %s: left %v", after, err)
		}
	}
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	nothingLeft(t, e)
}

// TestSweepSets lets one process remove what another left over, but no lab.
func TestSweepSets(t *testing.T) {
	e := setEngine(t, nil)
	spec := pairSpec("sweepset01")
	prepare(t, e, spec)
	if err := e.Launch(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	prepare(t, e, spec)
	if containers, _ := docker.Left(t, e); containers != 4+3 {
		t.Fatalf("%d containers, want a lab with its deed and a set", containers)
	}
	if err := docker.SweepSets(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if containers, networks := docker.Left(t, e); containers != 4 || networks != 1 {
		t.Errorf("%d containers and %d networks, want those of the lab", containers, networks)
	}
}

// TestSetsEndWithTheEngine closes an engine with a set in stock and one in the making.
func TestSetsEndWithTheEngine(t *testing.T) {
	e := setEngine(t, nil)
	prepare(t, e, pairSpec("x"))
	second := pairSpec("y").Topology
	second.Nodes = second.Nodes[:1]
	e.Prepare(second, sandbox.Standard)
	time.Sleep(1200 * time.Millisecond)
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	nothingLeft(t, e)
}
