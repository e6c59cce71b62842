package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// GVisor is the gVisor that we build: the one that the conformance suite passed on.
const GVisor = "gvisor.dev/gvisor/runsc@v0.0.0-20260905035102-160fafc42237"

const (
	gvisorDir    = "/usr/local/bin"
	engineConfig = "/etc/docker/daemon.json"
	enginePID    = "/run/docker.pid"
	reloadTime   = 20 * time.Second
)

// Hardened lists the steps that the tier on gVisor needs besides. runtime is the
// engine's name for gVisor.
func (m *Machine) Hardened(runtime string) []Step {
	return []Step{{
		Name:  "gVisor",
		Check: func(ctx context.Context) (string, error) { return m.checkRuntime(ctx, runtime) },
		Fix:   func(ctx context.Context) error { return m.addGVisor(ctx, runtime) },
		Hint:  fmt.Sprintf("sudo env CGO_ENABLED=0 GOBIN=%s go install %s, then add {\"runtimes\": {%q: {\"path\": %q}}} to %s and reload the engine", gvisorDir, GVisor, runtime, gvisorDir+"/runsc", engineConfig),
	}}
}

func (m *Machine) checkRuntime(ctx context.Context, runtime string) (string, error) {
	has, err := m.Engine.HasRuntime(ctx, runtime)
	if err != nil {
		return "", err
	}
	if !has {
		return "", fmt.Errorf("the engine knows no runtime called %s", runtime)
	}
	return "the engine's runtime " + runtime, nil
}

// addGVisor installs runsc and makes the engine know it. Reading its configuration
// again does not stop the engine's containers.
func (m *Machine) addGVisor(ctx context.Context, runtime string) error {
	if err := m.requireRoot("installing gVisor"); err != nil {
		return err
	}
	if _, err := m.checkEngine(ctx); err != nil {
		return fmt.Errorf("the container engine has to run first: %w", err)
	}
	binary, err := m.installGVisor(ctx)
	if err != nil {
		return err
	}
	if err := m.registerRuntime(runtime, binary); err != nil {
		return err
	}
	if err := m.reloadEngine(ctx); err != nil {
		return err
	}
	return m.awaitRuntime(ctx, runtime)
}

// installGVisor builds the pinned gVisor where there is a Go, and takes Debian's
// elsewhere. A build that links C does not start, so there is none of it.
func (m *Machine) installGVisor(ctx context.Context) (binary string, err error) {
	if found, err := exec.LookPath("runsc"); err == nil {
		return found, nil
	}
	if _, err := exec.LookPath("go"); err == nil {
		err := m.run(ctx, "building gVisor, a few minutes", "env", "CGO_ENABLED=0", "GOBIN="+gvisorDir, "go", "install", GVisor)
		if err == nil {
			return filepath.Join(gvisorDir, "runsc"), nil
		}
		m.say("      that did not work (%v); taking Debian's package instead", err)
	}
	if err := m.install(ctx, "runsc"); err != nil {
		return "", err
	}
	return exec.LookPath("runsc")
}

// registerRuntime adds the runtime to the engine's configuration, and keeps all
// else that stands there.
func (m *Machine) registerRuntime(runtime, binary string) error {
	path := orElse(m.EngineConfig, engineConfig)
	m.say("      writing %s into %s …", runtime, path)
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the engine's configuration: %w", err)
	}
	text, err := withRuntime(old, runtime, binary)
	if err != nil {
		return fmt.Errorf("%s: %w; mend the file, or add the runtime yourself", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("folder of the engine's configuration: %w", err)
	}
	if err := os.WriteFile(path+".new", text, 0o644); err != nil { //nolint:gosec // The engine's configuration is no secret.
		return fmt.Errorf("the engine's configuration: %w", err)
	}
	return os.Rename(path+".new", path)
}

// withRuntime is the engine's configuration with one runtime more.
func withRuntime(old []byte, runtime, binary string) ([]byte, error) {
	config, runtimes := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	if len(strings.TrimSpace(string(old))) > 0 {
		if err := json.Unmarshal(old, &config); err != nil {
			return nil, fmt.Errorf("not JSON: %w", err)
		}
	}
	if known, ok := config["runtimes"]; ok {
		if err := json.Unmarshal(known, &runtimes); err != nil {
			return nil, fmt.Errorf("\"runtimes\" is no map: %w", err)
		}
	}
	var err error
	if runtimes[runtime], err = json.Marshal(map[string]string{"path": binary}); err != nil {
		return nil, err
	}
	if config["runtimes"], err = json.Marshal(runtimes); err != nil {
		return nil, err
	}
	return json.MarshalIndent(config, "", "  ")
}

func (m *Machine) reloadEngine(ctx context.Context) error {
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		return m.run(ctx, "making the engine read its configuration again", "systemctl", "reload", "docker")
	}
	text, err := os.ReadFile(enginePID)
	if err != nil {
		return fmt.Errorf("finding the engine's process: %w", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid < 2 {
		return fmt.Errorf("%s holds %q, no process id", enginePID, text)
	}
	m.say("      making the engine read its configuration again (SIGHUP to %d) …", pid)
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
		return fmt.Errorf("telling the engine: %w", err)
	}
	return nil
}

func (m *Machine) awaitRuntime(ctx context.Context, runtime string) error {
	ctx, cancel := context.WithTimeout(ctx, reloadTime)
	defer cancel()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		_, err := m.checkRuntime(ctx, runtime)
		if err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("after reading its configuration again: %w", err)
		}
	}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
