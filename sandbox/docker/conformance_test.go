package docker_test

import (
	"testing"

	"pattarai/sandbox"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/sandboxtest"
)

func TestConformance(t *testing.T) {
	for _, transport := range []docker.Transport{docker.Direct, docker.Relay} {
		t.Run(string(transport), func(t *testing.T) {
			e := newEngine(t, func(c *docker.Config) { c.Transport = transport })
			sandboxtest.Run(t, func(*testing.T) sandbox.Engine { return e }, sandboxtest.Images{Shell: "shell"})
		})
	}
}
