package docker_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"pattarai/sandbox"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/sandboxtest"
)

// hardened is an engine on which every lab runs on gVisor.
type hardened struct{ *docker.Engine }

func (h hardened) Launch(ctx context.Context, spec sandbox.Spec) error {
	spec.Tier = sandbox.Hardened
	return h.Engine.Launch(ctx, spec)
}

// needGVisor skips loudly where the engine has no gVisor, unless it is required.
func needGVisor(tb testing.TB) {
	tb.Helper()
	needDocker(tb)
	c, err := docker.NewClient("")
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close()
	has, err := c.HasRuntime(tb.Context(), docker.GVisor)
	switch {
	case err != nil:
		tb.Fatal(err)
	case has:
	case strings.Contains(os.Getenv("PATTARAI_TEST_REQUIRE"), "gvisor"):
		tb.Fatal("gVisor is required; install it with `bin/pattarai doctor --fix --tier hardened`")
	default:
		tb.Skip("SKIPPED, the engine has no gVisor runtime")
	}
}

// TestConformanceHardened runs the suite on real gVisor.
func TestConformanceHardened(t *testing.T) {
	needGVisor(t)
	for _, transport := range []docker.Transport{docker.Direct, docker.Relay} {
		t.Run(string(transport), func(t *testing.T) {
			e := newEngine(t, func(c *docker.Config) { c.Transport, c.Hardened = transport, true })
			sandboxtest.Run(t, func(*testing.T) sandbox.Engine { return hardened{e} }, sandboxtest.Images{Shell: "shell"})
		})
	}
}
