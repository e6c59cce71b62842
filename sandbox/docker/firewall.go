package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// bridgePrefix starts the name of every lab's bridge, so that one firewall rule
// covers them all.
const bridgePrefix = "ptr"

var errRemote = errors.New("the engine runs on another host")

// firewall keeps labs from opening connections to the host. Packets from a lab's
// bridge may only answer what the host began.
type firewall struct {
	run func(ctx context.Context, name string, args ...string) error
}

func rule() []string {
	return []string{"INPUT", "-i", bridgePrefix + "+", "-m", "conntrack", "--ctstate", "NEW", "-j", "DROP"}
}

// ensure installs the rule where it is missing, and verifies that it stands. The
// IPv6 rule is a second net below networks that have no IPv6, so its absence on
// hosts without IPv6 is fine.
func (f firewall) ensure(ctx context.Context) error {
	if err := f.ensureWith(ctx, "iptables"); err != nil {
		return err
	}
	_ = f.ensureWith(ctx, "ip6tables")
	return nil
}

func (f firewall) ensureWith(ctx context.Context, tool string) error {
	check := slices.Concat([]string{"-w", "5", "-C"}, rule())
	if f.run(ctx, tool, check...) == nil {
		return nil
	}
	if err := f.run(ctx, tool, slices.Concat([]string{"-w", "5", "-I"}, rule())...); err != nil {
		return err
	}
	return f.run(ctx, tool, check...)
}

// runCommand runs a tool of the host; its error carries what the tool said.
func runCommand(ctx context.Context, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// local tells whether the engine's bridges are on this host.
func (c *Client) local() bool { return strings.HasPrefix(c.host, "unix://") }

// Wall tells what keeps labs from this host; the error is that nothing does yet.
// Without the rule an [Engine] gives labs no address of the host, and reaches them
// through the engine, which is slower.
func (c *Client) Wall(ctx context.Context) (string, error) {
	switch {
	case !c.local():
		return "labs have no address of this host, and are reached through the engine", nil
	case os.Geteuid() != 0:
		return "only root sees the firewall; without the rule labs are reached through the engine", nil
	}
	if err := runCommand(ctx, "iptables", slices.Concat([]string{"-w", "5", "-C"}, rule())...); err != nil {
		return "", fmt.Errorf("the firewall has no rule %q yet: %w", strings.Join(rule(), " "), err)
	}
	return "a firewall rule that stands", nil
}

// RaiseWall installs the firewall rule, which needs root.
func (c *Client) RaiseWall(ctx context.Context) error {
	return firewall{run: runCommand}.ensure(ctx)
}
