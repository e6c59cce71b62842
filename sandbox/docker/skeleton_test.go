package docker_test

import (
	"context"
	"strings"
	"testing"

	"pattarai/sandbox"
	"pattarai/sandbox/docker"
)

// TestSkeletonBecomesLab starts a lab into a network that waited for it, breaks and
// mends a node, and follows the lab through a restart of the server to its end.
func TestSkeletonBecomesLab(t *testing.T) {
	for _, transport := range []docker.Transport{docker.Direct, docker.Relay} {
		t.Run(string(transport), func(t *testing.T) { followSkeleton(t, transport) })
	}
}

func followSkeleton(t *testing.T, transport docker.Transport) {
	var config docker.Config
	e := setEngine(t, func(c *docker.Config) {
		c.Transport, c.Skeletons = transport, 1
		config = *c
	})
	spec := pairSpec("skellab001")
	id := docker.AwaitSkeleton(t, e, spec.Topology)
	if labs, err := e.List(t.Context()); err != nil || len(labs) != 0 {
		t.Errorf("a skeleton is listed as a lab: %+v, %v", labs, err)
	}
	s, err := sandbox.Open(t.Context(), e, spec, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := cli(t, "ps", "-q", "--filter", "label=pattarai.skeleton="+id, "--filter", "label=pattarai.node"); len(strings.Fields(got)) != 3 {
		t.Errorf("containers of the lab in the skeleton: %q, want three", got)
	}
	const names = "hostname; getent hosts other probe | wc -l; cat /proc/sys/net/ipv4/ip_unprivileged_port_start"
	if got := look(t, s, names); got != "shell\n2\n0\n" {
		t.Errorf("inside: %q", got)
	}
	const knock = `timeout 5 bash -c "exec 3<>/dev/tcp/other/9" 2>&1 | grep -o refused | head -1` // Nobody serves there.
	if got := look(t, s, knock); got != "refused\n" {
		t.Errorf("a living node's unused port: %q", got)
	}
	if err := s.Control(t.Context(), "other", sandbox.Kill); err != nil {
		t.Fatal(err)
	}
	if got := look(t, s, knock); got != "" {
		t.Errorf("a node without power refuses connections: %q", got)
	}

	restarted, err := docker.New(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer restarted.Close(context.Background())
	if labs, err := restarted.List(t.Context()); err != nil || len(labs) != 1 || len(labs[0].Nodes) != 3 {
		t.Errorf("after a restart: %+v, %v", labs, err)
	}
	for range 2 { // The network comes back as often as the node.
		if err := restarted.Control(t.Context(), spec.ID, "other", sandbox.Start); err != nil {
			t.Fatal(err)
		}
		if err := restarted.Control(t.Context(), spec.ID, "other", sandbox.Stop); err != nil {
			t.Fatal(err)
		}
	}
	if err := restarted.Control(t.Context(), spec.ID, "other", sandbox.Start); err != nil {
		t.Fatal(err)
	}
	if got := look(t, s, knock); got != "refused\n" {
		t.Errorf("the node that came back: %q", got)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := e.Close(t.Context()); err != nil {
		t.Error(err)
	}
	nothingLeft(t, e)
}

// TestSkeletonAfterEngineRestart starts a node whose holder has ended, as all
// containers do when the engine's machine restarts.
func TestSkeletonAfterEngineRestart(t *testing.T) {
	e := setEngine(t, func(c *docker.Config) { c.Skeletons = 1 })
	spec := pairSpec("skeldown01")
	id := docker.AwaitSkeleton(t, e, spec.Topology)
	if err := e.Launch(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	cli(t, append([]string{"kill"}, strings.Fields(cli(t, "ps", "-q", "--filter", "label=pattarai.skeleton="+id))...)...)
	for _, node := range []string{"shell", "other", sandbox.ProbeNode} {
		if err := e.Control(t.Context(), spec.ID, node, sandbox.Start); err != nil {
			t.Errorf("%s: %v", node, err)
		}
		conn, err := e.Dial(t.Context(), spec.ID, node)
		if err != nil {
			t.Errorf("%s: %v", node, err)
			continue
		}
		conn.Close()
	}
}

// TestSpoiltSkeleton breaks a skeleton: the lab starts all the same, on a network of its own.
func TestSpoiltSkeleton(t *testing.T) {
	e := setEngine(t, func(c *docker.Config) { c.Skeletons = 1 })
	spec := pairSpec("spoiltskel")
	id := docker.AwaitSkeleton(t, e, spec.Topology)
	cli(t, "kill", cli(t, "ps", "-q", "--filter", "label=pattarai.skeleton="+id, "--filter", "label=pattarai.holder=other"))
	if err := e.Launch(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if got := cli(t, "ps", "-aq", "--filter", "label=pattarai.skeleton="+id); got != "" {
		t.Errorf("of the skeleton is left: %q", got)
	}
}

// TestSweepSkeletons lets one process remove what another left over, but no lab.
func TestSweepSkeletons(t *testing.T) {
	e := setEngine(t, func(c *docker.Config) { c.Skeletons = 1 })
	spec := pairSpec("sweepskel1")
	docker.AwaitSkeleton(t, e, spec.Topology)
	if err := e.Launch(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	docker.AwaitSkeleton(t, e, spec.Topology)
	if containers, _ := docker.Left(t, e); containers != 6+3 {
		t.Fatalf("%d containers, want three nodes with their holders and three holders", containers)
	}
	if err := docker.SweepSkeletons(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if containers, networks := docker.Left(t, e); containers != 6 || networks != 1 {
		t.Errorf("%d containers and %d networks, want those of the lab", containers, networks)
	}
}
