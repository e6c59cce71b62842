package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

func (m *Machine) checkEngine(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, err := m.Engine.HasImage(ctx, Base); err != nil {
		return "", err
	}
	return "answers", nil
}

// startEngine installs Docker when it is not there and starts it: through systemd
// where that runs, as a process of its own otherwise. The engine outlives us.
func (m *Machine) startEngine(ctx context.Context) error {
	if err := m.requireRoot("starting the container engine"); err != nil {
		return err
	}
	if err := m.installEngine(ctx); err != nil {
		return err
	}
	if _, err := m.checkEngine(ctx); err == nil {
		return nil
	}
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		if err := m.run(ctx, "starting the container engine", "systemctl", "start", "docker"); err != nil {
			return err
		}
		return m.awaitEngine(ctx, nil)
	}
	exited, err := m.spawnEngine()
	if err != nil {
		return err
	}
	return m.awaitEngine(ctx, exited)
}

func (m *Machine) installEngine(ctx context.Context) error {
	_, noEngine := exec.LookPath("dockerd")
	_, noTables := exec.LookPath("iptables")
	if noEngine == nil && noTables == nil {
		return nil
	}
	return m.install(ctx, "docker.io", "iptables")
}

// spawnEngine starts dockerd in a session of its own; the channel tells its end.
func (m *Machine) spawnEngine() (<-chan error, error) {
	if err := os.MkdirAll(filepath.Dir(m.Log), 0o755); err != nil {
		return nil, fmt.Errorf("folder of the engine's log: %w", err)
	}
	log, err := os.OpenFile(m.Log, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the engine's log: %w", err)
	}
	defer log.Close() // The child has its own descriptor.
	m.say("      starting dockerd (its log: %s) …", m.Log)
	cmd := exec.Command("dockerd") //nolint:noctx // It outlives us on purpose.
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting dockerd: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	return exited, nil
}

// awaitEngine waits up to a minute for the engine to answer.
func (m *Machine) awaitEngine(ctx context.Context, exited <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		if _, err := m.checkEngine(ctx); err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case err := <-exited:
			log, _ := os.ReadFile(m.Log) // Without it, the error has fewer details.
			return errors.Join(errors.New("dockerd ended at once:\n"+lastLines(string(log), 5)), err)
		case <-ctx.Done():
			return errors.New("the container engine did not answer within a minute")
		}
	}
}
