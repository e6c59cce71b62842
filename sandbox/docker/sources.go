package docker

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"pattarai/sandbox"
)

// lastHost is the last address of a lab's network that a container can have.
const lastHost = 1<<(32-subnetBits) - 2

// Sources implements [sandbox.Sourcer]: the probe gets the addresses of the lab's
// network that no node has, from the last one down. The probe has no right to add
// them; a container that ends at once has it. A lab on gVisor, which looks at its
// network only when it starts, has no more than one.
func (e *Engine) Sources(ctx context.Context, lab string, n int) ([]string, error) {
	found, err := e.Find(ctx, lab)
	if err != nil {
		return nil, err
	}
	at, err := e.runningAgent(ctx, lab, sandbox.ProbeNode)
	if err != nil {
		return nil, err
	}
	if n > 1 {
		if err := e.seesAddresses(ctx, at.container); err != nil {
			return nil, err
		}
	}
	free := lastHost - 1 - len(found.Nodes) // The first is the gateway's.
	if n > free+1 {
		return nil, fmt.Errorf("%w: %d were asked for; beside %d nodes there is room for %d", sandbox.ErrNoSources, n, len(found.Nodes)-1, free+1)
	}
	subnet := netip.PrefixFrom(at.address, subnetBits).Masked()
	all, more := []string{at.address.String()}, []string{agentPath, "addresses"}
	for i := range n - 1 {
		a := addressOf(subnet, lastHost-i)
		all, more = append(all, a.String()), append(more, netip.PrefixFrom(a, subnetBits).String())
	}
	if n == 1 {
		return all, nil
	}
	return all, e.addSources(ctx, lab, at.container, more)
}

// seesAddresses tells why a container would not see new addresses of its network.
func (e *Engine) seesAddresses(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	got, err := e.api.ContainerInspect(ctx, name, client.ContainerInspectOptions{})
	if err != nil {
		return engineError("looking at the probe node", err)
	}
	if h := got.Container.HostConfig; h != nil && h.Runtime == GVisor {
		return fmt.Errorf("%w: the hardened tier has one", sandbox.ErrNoSources)
	}
	return nil
}

// sourcesNode names the container that lends its right; no node can be called so.
const sourcesNode = "_sources"

// maxComplaint bounds what is read of a command's complaint.
const maxComplaint = 4 << 10

// addSources runs a command for a moment beside the probe, in its network and with
// the right to administer that, and with nothing else.
func (e *Engine) addSources(ctx context.Context, lab, probe string, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, startCall)
	defer cancel()
	ref, err := e.imageRef(sandbox.ProbeNode)
	if err != nil {
		return fmt.Errorf("%w: %w", sandbox.ErrNoImage, err)
	}
	name := e.containerName(lab, sourcesNode)
	if err := e.removeContainer(ctx, name); err != nil { // Left over by a process that died.
		return err
	}
	made, err := e.api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Name: name,
		Config: &container.Config{
			Image: ref, User: "0", Entrypoint: args,
			Labels: map[string]string{labelInstallation: e.config.Installation},
		},
		HostConfig: &container.HostConfig{
			NetworkMode: container.NetworkMode("container:" + probe), ReadonlyRootfs: true,
			CapDrop: []string{"ALL"}, CapAdd: []string{"NET_ADMIN"}, SecurityOpt: []string{noNewPrivileges},
		},
	})
	if err != nil {
		return engineError("preparing the probe's addresses", err)
	}
	defer func() { _ = e.removeContainer(ctx, made.ID) }() // The lab's end removes it otherwise.
	return e.runToEnd(ctx, made.ID)
}

// runToEnd starts a container and waits until it has done its work.
func (e *Engine) runToEnd(ctx context.Context, id string) error {
	ended := e.api.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNextExit})
	if _, err := e.api.ContainerStart(ctx, id, client.ContainerStartOptions{}); err != nil {
		return engineError("preparing the probe's addresses", err)
	}
	select {
	case result := <-ended.Result:
		if result.StatusCode == 0 {
			return nil
		}
		return fmt.Errorf("%w: %s", sandbox.ErrNoSources, e.complaint(ctx, id))
	case err := <-ended.Error:
		return engineError("preparing the probe's addresses", err)
	}
}

// complaint is what a container has said.
func (e *Engine) complaint(ctx context.Context, id string) string {
	logs, err := e.api.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true})
	if err != nil {
		return "it did not say why"
	}
	defer logs.Close()
	var said strings.Builder
	// What was cut off is not missed.
	_, _ = stdcopy.StdCopy(&said, &said, io.LimitReader(logs, maxComplaint))
	return strings.TrimSpace(said.String())
}
