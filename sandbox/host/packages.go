package host

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// program is the step that a program is installed from Debian's packages.
func (m *Machine) program(name, binary string, packages ...string) Step {
	return Step{
		Name: name,
		Check: func(context.Context) (string, error) {
			path, err := exec.LookPath(binary)
			if err != nil {
				return "", fmt.Errorf("%s is not installed", binary)
			}
			return path, nil
		},
		Fix:  func(ctx context.Context) error { return m.install(ctx, packages...) },
		Hint: "sudo apt-get install " + strings.Join(packages, " "),
	}
}

// install adds Debian packages, fetching the package lists first when they are too
// old to find them.
func (m *Machine) install(ctx context.Context, packages ...string) error {
	list := strings.Join(packages, ", ")
	if err := m.requireRoot("installing " + list); err != nil {
		return err
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return errors.New("no apt-get here: install " + list + " with this system's package manager")
	}
	command := append([]string{"apt-get", "install", "-y", "-qq", "--no-install-recommends"}, packages...)
	if err := m.run(ctx, "installing "+list, command...); err == nil {
		return nil
	}
	if err := m.run(ctx, "fetching Debian's package lists", "apt-get", "update", "-qq"); err != nil {
		return err
	}
	return m.run(ctx, "installing "+list, command...)
}
