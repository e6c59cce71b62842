// Package host makes a bare machine ready: it installs and starts a container
// engine, gets the base image, and installs what the tests need. Everything it
// does can be done again without harm, is announced before it happens, and shows
// that it is alive while it takes long.
package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Base is the image that every lab image is built from.
const Base = "debian:trixie-slim"

// Engine is what the host needs of a container engine.
type Engine interface {
	// HasImage tells whether the image is present; an error means that no engine answers.
	HasImage(ctx context.Context, ref string) (bool, error)
	// HasRuntime tells whether the engine knows a runtime of that name.
	HasRuntime(ctx context.Context, name string) (bool, error)
	// PullImage fetches the image from its registry.
	PullImage(ctx context.Context, ref string) error
	// ImportBase makes an image of a tar of a root file system.
	ImportBase(ctx context.Context, tar io.Reader, ref string) error
}

// Machine is the computer pattarai runs on.
type Machine struct {
	Engine Engine
	Out    io.Writer // Where progress goes.
	Log    string    // File the engine's log goes to when we start it ourselves.

	EngineConfig string // The engine's configuration; /etc/docker/daemon.json by default.
}

// ErrNotRoot means that a step needs root, and names what to run instead.
var ErrNotRoot = errors.New("this needs root")

// Step is one thing a machine must have.
type Step struct {
	Name  string                                    // "container engine"
	Check func(ctx context.Context) (string, error) // What is there; an error says what is missing.
	Fix   func(ctx context.Context) error           // Makes it so; nil when only a person can.
	Hint  string                                    // The exact command for a person.
}

// Lab lists the steps that running labs needs.
func (m *Machine) Lab() []Step {
	return []Step{
		{
			Name: "container engine", Check: m.checkEngine, Fix: m.startEngine,
			Hint: "sudo apt-get install docker.io iptables && sudo systemctl start docker",
		},
		{
			Name: "base image " + Base, Check: m.checkBase, Fix: m.makeBase,
			Hint: "docker pull " + Base,
		},
	}
}

// Test lists the steps that the tests need besides.
func (m *Machine) Test() []Step {
	return []Step{
		m.program("browser", "chromium", "chromium", "fonts-noto-core"),
		m.program("C compiler (for the race detector)", "gcc", "gcc", "libc6-dev"),
		m.program("nginx (a peer in the benchmarks)", "nginx", "nginx-light"),
		m.program("wrk (load for the benchmarks)", "wrk", "wrk"),
	}
}

// Prepare checks the steps in order and fixes what is missing. It goes on after a
// failure, and returns all of them joined.
func (m *Machine) Prepare(ctx context.Context, steps []Step) error {
	var failures []error
	for _, step := range steps {
		if err := m.prepare(ctx, step); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

func (m *Machine) prepare(ctx context.Context, step Step) error {
	if found, err := step.Check(ctx); err == nil {
		m.say("ok    %s: %s", step.Name, found)
		return nil
	}
	if step.Fix == nil {
		return fmt.Errorf("%s is missing; run: %s", step.Name, step.Hint)
	}
	if err := step.Fix(ctx); err != nil {
		m.say("FAIL  %s: %v", step.Name, err)
		return fmt.Errorf("%s: %w; run: %s", step.Name, err, step.Hint)
	}
	found, err := step.Check(ctx)
	if err != nil {
		m.say("FAIL  %s: %v", step.Name, err)
		return fmt.Errorf("%s: %w; run: %s", step.Name, err, step.Hint)
	}
	m.say("ok    %s: %s", step.Name, found)
	return nil
}

func (m *Machine) say(format string, args ...any) {
	_, _ = fmt.Fprintf(m.Out, format+"\n", args...)
}

// run runs a command, keeping its output for the error and telling every ten
// seconds that it is still at work.
func (m *Machine) run(ctx context.Context, what string, command ...string) error {
	started := time.Now()
	m.say("      %s (%s) …", what, strings.Join(command, " "))
	stop := m.heartbeat(what, started)
	defer stop()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) // The commands are this package's own.
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C")
	output, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", command[0], err, lastLines(string(output), 5))
	}
	return nil
}

func (m *Machine) heartbeat(what string, started time.Time) (stop func()) {
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(10 * time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				m.say("      %s, %d s so far", what, int(time.Since(started).Seconds()))
			}
		}
	}()
	return func() { close(done) }
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func (m *Machine) requireRoot(doing string) error {
	if os.Geteuid() == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, ErrNotRoot)
}
