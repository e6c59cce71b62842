package docker

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"pattarai/sandbox"
)

// labNetwork is a network that one lab may use.
type labNetwork struct {
	name   string
	subnet netip.Prefix
}

// createNetwork makes an internal bridge without IPv6 on a subnet of its own.
func (e *Engine) createNetwork(ctx context.Context) (labNetwork, error) {
	if e.about().transport == Direct {
		// Somebody may have reloaded the host's firewall since.
		if err := e.firewall.ensure(ctx); err != nil {
			return labNetwork{}, fmt.Errorf("%w: labs cannot be kept from the host: %w", sandbox.ErrEngine, err)
		}
	}
	busy, err := e.busySubnets(ctx)
	if err != nil {
		return labNetwork{}, err
	}
	for range 16 { // Another process may take a subnet between our look and our step.
		n, retry, err := e.tryNetwork(ctx, busy)
		if err == nil || !retry {
			return n, err
		}
		busy = append(busy, n.subnet)
	}
	return labNetwork{}, fmt.Errorf("%w: %w", sandbox.ErrEngine, errNoSubnet)
}

func (e *Engine) tryNetwork(ctx context.Context, busy []netip.Prefix) (n labNetwork, retry bool, err error) {
	subnet, err := e.subnets.take(busy)
	if err != nil {
		return labNetwork{}, false, fmt.Errorf("%w: %w", sandbox.ErrEngine, err)
	}
	id := randomHex(5)
	n = labNetwork{name: e.name("net", id), subnet: subnet}
	ctx, cancel := detached(ctx, startCall)
	defer cancel()
	if _, err = e.api.NetworkCreate(ctx, n.name, e.networkOptions(subnet, id)); err != nil {
		e.subnets.give(subnet)
		return n, strings.Contains(err.Error(), "overlap"), engineError("making a network", err)
	}
	return n, false, nil
}

func (e *Engine) networkOptions(subnet netip.Prefix, id string) client.NetworkCreateOptions {
	off := false
	o := client.NetworkCreateOptions{
		Driver:     "bridge",
		Internal:   true,
		EnableIPv6: &off,
		IPAM:       &network.IPAM{Driver: "default", Config: []network.IPAMConfig{{Subnet: subnet, Gateway: addressOf(subnet, 1)}}},
		Options:    map[string]string{"com.docker.network.bridge.name": bridgePrefix + id},
		Labels:     map[string]string{labelInstallation: e.config.Installation, labelVersion: version()},
	}
	if e.about().transport == Relay {
		o.Options["com.docker.network.bridge.inhibit_ipv4"] = "true"
	}
	return o
}

// busySubnets lists what the engine's networks and the host's interfaces use.
func (e *Engine) busySubnets(ctx context.Context) ([]netip.Prefix, error) {
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	got, err := e.api.NetworkList(ctx, client.NetworkListOptions{})
	if err != nil {
		return nil, engineError("listing networks", err)
	}
	busy := hostPrefixes()
	for _, n := range got.Items {
		for _, c := range n.IPAM.Config {
			if c.Subnet.IsValid() {
				busy = append(busy, c.Subnet)
			}
		}
	}
	return busy, nil
}

// removeNetwork deletes a network; one that is gone is no error.
func (e *Engine) removeNetwork(ctx context.Context, name string) error {
	ctx, cancel := detached(ctx, removeCall)
	defer cancel()
	got, err := e.api.NetworkInspect(ctx, name, client.NetworkInspectOptions{})
	if cerrdefs.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return engineError("looking for network "+name, err)
	}
	if _, err := e.api.NetworkRemove(ctx, got.Network.ID, client.NetworkRemoveOptions{}); err != nil && !cerrdefs.IsNotFound(err) {
		return engineError("removing network "+name, err)
	}
	for _, c := range got.Network.IPAM.Config {
		e.subnets.give(c.Subnet)
	}
	return nil
}

// name is the deterministic name of something of this installation.
func (e *Engine) name(parts ...string) string {
	return "pattarai-" + e.config.Installation + "-" + strings.Join(parts, "-")
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b) // Never fails.
	return hex.EncodeToString(b)
}
