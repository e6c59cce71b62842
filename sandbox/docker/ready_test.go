package docker_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"pattarai/sandbox"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/images"
)

func TestReadyWithoutEngine(t *testing.T) {
	host := "unix://" + filepath.Join(t.TempDir(), "none.sock")
	c, err := docker.NewClient(host)
	if err != nil {
		t.Fatal(err)
	}
	e, err := docker.New(t.Context(), docker.Config{Host: host, Secret: secret, Images: images.New(c, "", nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(t.Context())
	err = e.Ready(t.Context())
	if !errors.Is(err, sandbox.ErrEngine) || !strings.Contains(err.Error(), host) || !strings.Contains(err.Error(), "sudo bin/pattarai doctor --fix") {
		t.Errorf("Ready: %v", err)
	}
	if _, err := e.List(t.Context()); !errors.Is(err, sandbox.ErrEngine) {
		t.Errorf("List: %v", err)
	}
	if _, err := e.Dial(t.Context(), "aaaaaaaa", "one"); !errors.Is(err, sandbox.ErrEngine) {
		t.Errorf("Dial: %v", err)
	}
	if err := e.Launch(t.Context(), sandbox.Spec{ID: "aaaaaaaa"}); !errors.Is(err, sandbox.ErrEngine) {
		t.Errorf("Launch: %v", err)
	}
}

func TestReady(t *testing.T) {
	e := newEngine(t, nil)
	if err := e.Ready(t.Context()); err != nil {
		t.Errorf("Ready: %v", err)
	}
	agentless := newEngine(t, func(c *docker.Config) { c.Images = images.New(e.Client, "/nowhere/pattarai-agent", nil) })
	if err := agentless.Ready(t.Context()); !errors.Is(err, sandbox.ErrNoImage) || !strings.Contains(err.Error(), "make build") {
		t.Errorf("Ready without an agent: %v", err)
	}
	other := newEngine(t, func(c *docker.Config) { c.Images = images.New(e.Client, "/proc/self/exe", nil) })
	err := other.Ready(t.Context())
	if !errors.Is(err, sandbox.ErrNoImage) || !strings.Contains(err.Error(), "bin/pattarai images build") && !strings.Contains(err.Error(), "make build") {
		t.Errorf("Ready with images of another version: %v", err)
	}
}

func TestConfig(t *testing.T) {
	for name, c := range map[string]docker.Config{
		"16":     {Secret: []byte("short"), Images: images.New(nil, "", nil)},
		"images": {Secret: secret},
	} {
		if _, err := docker.New(t.Context(), c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
