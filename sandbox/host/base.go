package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

func (m *Machine) checkBase(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	present, err := m.Engine.HasImage(ctx, Base)
	if err != nil {
		return "", err
	}
	if !present {
		return "", errors.New("not on this host")
	}
	return "present", nil
}

// makeBase pulls the base image where a registry answers, and makes it from
// Debian's packages otherwise.
func (m *Machine) makeBase(ctx context.Context) error {
	if _, err := m.checkEngine(ctx); err != nil {
		return fmt.Errorf("the container engine has to run first: %w", err)
	}
	m.say("      pulling %s …", Base)
	pulling, cancel := context.WithTimeout(ctx, 2*time.Minute)
	err := m.Engine.PullImage(pulling, Base)
	cancel()
	if err == nil {
		return nil
	}
	m.say("      no registry answers; making it from Debian's packages instead")
	return m.bootstrapBase(ctx)
}

func (m *Machine) bootstrapBase(ctx context.Context) error {
	if _, err := exec.LookPath("mmdebstrap"); err != nil {
		if err := m.install(ctx, "mmdebstrap", "debian-archive-keyring"); err != nil {
			return err
		}
	}
	if err := m.requireRoot("making " + Base); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "pattarai-base-")
	if err != nil {
		return fmt.Errorf("temporary folder: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // Nothing depends on it.
	path := filepath.Join(dir, "trixie.tar")
	if err := m.run(ctx, "making "+Base+", about 20 s", "mmdebstrap", "--quiet", "--variant=minbase", "trixie", path); err != nil {
		return err
	}
	tar, err := os.Open(path) // Our own temporary file.
	if err != nil {
		return fmt.Errorf("the base's tar: %w", err)
	}
	defer tar.Close() // Read only.
	if err := m.Engine.ImportBase(ctx, tar, Base); err != nil {
		return fmt.Errorf("importing %s: %w", Base, err)
	}
	return nil
}
