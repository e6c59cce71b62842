package docker_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/docker"
)

// TestFaultsOfLinksAndNodes makes a lab suffer everything there is, and get well.
func TestFaultsOfLinksAndNodes(t *testing.T) {
	for name, skeletons := range map[string]int{"own network": -1, "holder's network": 1} {
		t.Run(name, func(t *testing.T) { sufferAndMend(t, skeletons) })
	}
}

func sufferAndMend(t *testing.T, skeletons int) {
	var config docker.Config
	e := setEngine(t, func(c *docker.Config) {
		c.Skeletons = skeletons
		config = *c
	})
	spec := pairSpec("suffer0001")
	if skeletons > 0 {
		docker.AwaitSkeleton(t, e, spec.Topology)
	}
	s, err := sandbox.Open(t.Context(), e, spec, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	// A refusal is a round trip. The answer is milliseconds, or "lost".
	trip := func() string {
		return look(t, s, `a=$(date +%s%N); timeout 2 bash -c "exec 3<>/dev/tcp/other/9" 2>&1 | grep -q refused && echo $((($(date +%s%N)-a)/1000000)) || echo lost`)
	}
	expect := func(when string, least, most int) {
		t.Helper()
		got := strings.TrimSpace(trip())
		ms, err := strconv.Atoi(got)
		if (most < 0) != (got == "lost") || most >= 0 && (err != nil || ms < least || ms > most) {
			t.Errorf("%s: %s ms, want %d to %d", when, got, least, most)
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect("healthy", 0, 300)
	do(s.Break(t.Context(), "other", sandbox.Fault{Kind: sandbox.Slow, Delay: 400 * time.Millisecond, Jitter: 50 * time.Millisecond}))
	expect("slow", 350, 1500)
	if got := stateOf(s, "other").Faults; got != "slow by 400ms ± 50ms" {
		t.Errorf("told as %q", got)
	}
	do(s.Break(t.Context(), "other", sandbox.Fault{Kind: sandbox.Cut, Peer: "shell"}))
	expect("cut from shell", 0, -1)

	restarted, err := docker.New(t.Context(), config)
	do(err)
	defer restarted.Close(context.Background())
	adopted, err := sandbox.Adopt(t.Context(), restarted, spec)
	do(err)
	if got := adopted.Faults("other"); len(got) != 2 {
		t.Errorf("adopted with %v", got)
	}
	do(adopted.Mend(t.Context(), "other", sandbox.Cut))
	expect("slow again", 350, 1500)
	do(adopted.Mend(t.Context(), "other", ""))
	expect("well", 0, 300)
	adopted.Detach()

	do(s.Break(t.Context(), "other", sandbox.Fault{Kind: sandbox.Lossy, Loss: 1, Peer: "shell"}))
	expect("all lost", 0, -1)
	do(s.Control(t.Context(), "other", sandbox.Kill))
	if got := s.Faults("other"); len(got) != 0 {
		t.Errorf("a node without power suffers %v", got)
	}
	if err := s.Break(t.Context(), "other", sandbox.Fault{Kind: sandbox.Busy}); !errors.Is(err, sandbox.ErrNotRunning) {
		t.Errorf("breaking what is broken: %v", err)
	}
	do(s.Control(t.Context(), "other", sandbox.Start))
	expect("after a restart", 0, 300)

	do(s.Break(t.Context(), "shell", sandbox.Fault{Kind: sandbox.Full}))
	if got := look(t, s, "echo text >/home/learner/file 2>&1 || echo failed; echo x >/tmp/file 2>&1 || echo failed"); got != "failed\nfailed\n" {
		t.Errorf("on a full disk: %q", got)
	}
	do(s.Mend(t.Context(), "shell", sandbox.Full))
	awaitLook(t, s, "echo text >/home/learner/file && cat /home/learner/file", "text\n")
	do(s.Break(t.Context(), "shell", sandbox.Fault{Kind: sandbox.Busy}))
	const spinning = `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -o "agent [s]pin" | wc -l`
	awaitLook(t, s, spinning, "1\n")
	do(s.Mend(t.Context(), "shell", ""))
	awaitLook(t, s, spinning, "0\n")
	do(s.Close(t.Context()))
	do(e.Close(t.Context()))
	nothingLeft(t, e)
}

func stateOf(s *sandbox.Session, node string) sandbox.NodeState {
	for _, n := range s.States() {
		if n.Node == node {
			return n
		}
	}
	return sandbox.NodeState{}
}

// awaitLook waits for what a command in the shell says.
func awaitLook(t *testing.T, s *sandbox.Session, command, want string) {
	t.Helper()
	got := ""
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if got = look(t, s, command); got == want {
			return
		}
	}
	t.Errorf("%s: %q, want %q", command, got, want)
}
