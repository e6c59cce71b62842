package docker

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"pattarai/sandbox"
)

// lastHost is the last address of a lab's network that a container can have.
const lastHost = 1<<(32-subnetBits) - 2

// Sources implements [sandbox.Sourcer]: the probe gets the addresses of the lab's
// network that no node has, from the last one down. The probe has no right to add
// them; a process that ends at once is lent it.
func (e *Engine) Sources(ctx context.Context, lab string, n int) ([]string, error) {
	found, err := e.Find(ctx, lab)
	if err != nil {
		return nil, err
	}
	at, err := e.runningAgent(ctx, lab, sandbox.ProbeNode)
	if err != nil {
		return nil, err
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
	return all, e.runPrivileged(ctx, at.container, more)
}

// maxComplaint bounds what is read of a command's complaint.
const maxComplaint = 4 << 10

// runPrivileged runs a short command with every capability in a container where
// nobody but us runs anything.
func (e *Engine) runPrivileged(ctx context.Context, container string, args []string) error {
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	var said strings.Builder
	made, err := e.api.ExecCreate(ctx, container, client.ExecCreateOptions{
		User: "0", Privileged: true, AttachStdout: true, AttachStderr: true, Cmd: args,
	})
	if err != nil {
		return engineError("preparing "+container, err)
	}
	attached, err := e.api.ExecAttach(ctx, made.ID, client.ExecAttachOptions{})
	if err != nil {
		return engineError("preparing "+container, err)
	}
	defer attached.Close()
	defer context.AfterFunc(ctx, func() { attached.Close() })()
	if _, err := stdcopy.StdCopy(&said, &said, io.LimitReader(attached.Reader, maxComplaint)); err != nil {
		return engineError("preparing "+container, err)
	}
	ended, err := e.api.ExecInspect(ctx, made.ID, client.ExecInspectOptions{})
	if err != nil {
		return engineError("preparing "+container, err)
	}
	if ended.ExitCode != 0 {
		return fmt.Errorf("%w: %s", sandbox.ErrNoSources, strings.TrimSpace(said.String()))
	}
	return nil
}
