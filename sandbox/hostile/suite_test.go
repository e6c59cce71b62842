package hostile_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/hostile"
	"pattarai/sandbox/images"
)

var only = flag.String("abuses", "", "make only the abuses whose ids contain this")

// agentBinary is the agent to test with: PATTARAI_AGENT, or built now.
var agentBinary = sync.OnceValues(func() (string, error) {
	if p := os.Getenv("PATTARAI_AGENT"); p != "" {
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	p := filepath.Join(os.TempDir(), fmt.Sprintf("pattarai-agent-hostile-%d", os.Getuid()))
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", p, "pattarai/cmd/pattarai-agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the agent: %w: %s", err, out)
	}
	return p, nil
})

// required tells whether the run must not skip what needs that.
func required(what string) bool {
	return strings.Contains(os.Getenv("PATTARAI_TEST_REQUIRE"), what)
}

// newEngine returns an engine of an installation of its own. It skips loudly where
// there is none, or none with that tier, unless it is required.
func newEngine(t *testing.T, tier sandbox.Tier) *docker.Engine {
	t.Helper()
	client, err := docker.NewClient("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	gvisor, err := client.HasRuntime(t.Context(), docker.GVisor)
	switch {
	case err != nil && required("docker"):
		t.Fatalf("docker is required: %v", err)
	case err != nil:
		t.Skipf("SKIPPED, no container engine: %v", err)
	case tier == sandbox.Hardened && !gvisor && required("gvisor"):
		t.Fatal("gVisor is required; install it with `bin/pattarai doctor --fix --tier hardened`")
	case tier == sandbox.Hardened && !gvisor:
		t.Skip("SKIPPED, the engine has no gVisor runtime")
	}
	agent, err := agentBinary()
	if err != nil {
		t.Fatal(err)
	}
	set := images.New(client, agent, hostile.Images)
	if err := set.Build(t.Context(), hostile.Images(), func(line string) { t.Log(line) }); err != nil {
		t.Fatal(err)
	}
	e, err := docker.New(t.Context(), docker.Config{
		Installation: fmt.Sprintf("h%d-%d", os.Getpid(), time.Now().UnixNano()%1e9),
		Secret:       []byte("only-for-tests-0123456789"), Images: set, Spare: -1, Sets: -1,
		Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return e
}

// TestHostileStandard makes every abuse on hardened runc.
func TestHostileStandard(t *testing.T) { attack(t, sandbox.Standard) }

// TestHostileHardened makes every abuse on gVisor.
func TestHostileHardened(t *testing.T) { attack(t, sandbox.Hardened) }

func attack(t *testing.T, tier sandbox.Tier) {
	lab, err := hostile.Open(t.Context(), newEngine(t, tier), tier)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := lab.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	var abuses []hostile.Abuse
	for _, a := range hostile.Abuses() {
		if strings.Contains(a.ID, *only) {
			abuses = append(abuses, a)
		}
	}
	err = lab.Run(t.Context(), abuses, func(f hostile.Finding) {
		if !f.Held {
			t.Errorf("%s (%s): %q, want %q", f.Abuse.ID, f.Abuse.What, f.Seen, f.Abuse.Want.On(tier))
		}
		if f.Took > 3*time.Second {
			t.Logf("%s took %s", f.Abuse.ID, f.Took.Round(10*time.Millisecond))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
