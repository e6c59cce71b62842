package docker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
)

// linksNode begins the names of containers that spoil a node's links, where others
// have their node's name.
const linksNode = "_links-"

// netAdmin is what only a container that spoils links may do; nobody but us runs
// anything in it.
const netAdmin = "CAP_NET_ADMIN"

// Impair implements [sandbox.Impairer]: a container joins the node's network and
// judges its packets. What the links suffer ends with that container.
func (e *Engine) Impair(ctx context.Context, lab, node string, faults []sandbox.Fault) error {
	unlock, err := e.labs.lock(ctx, lab+"/"+node)
	if err != nil {
		return err
	}
	defer unlock()
	if err := e.heal(ctx, lab, node); err != nil || len(faults) == 0 {
		return err
	}
	rules, err := e.linkRules(ctx, lab, node, faults)
	if err != nil {
		return err
	}
	p, err := e.planImpairer(ctx, lab, node)
	if err != nil {
		return err
	}
	if err := e.startImpairer(ctx, p, faults, rules); err != nil {
		return errors.Join(err, e.heal(ctx, lab, node))
	}
	return nil
}

// heal removes the container that spoils a node's links.
func (e *Engine) heal(ctx context.Context, lab, node string) error {
	return e.removeContainer(ctx, e.containerName(lab, linksNode+node))
}

// linkRules turns faults into rules about addresses, one for each peer.
func (e *Engine) linkRules(ctx context.Context, lab, node string, faults []sandbox.Fault) ([]agent.LinkRule, error) {
	found, err := e.Find(ctx, lab)
	if err != nil {
		return nil, err
	}
	var rules []agent.LinkRule
	for _, peer := range found.Nodes {
		rule := agent.LinkRule{}
		for _, f := range faults {
			if f.Peer == "" || f.Peer == peer.Name {
				worsen(&rule, f)
			}
		}
		if peer.Name == node || rule == (agent.LinkRule{}) {
			continue
		}
		if rule.Peer, err = netip.ParseAddr(peer.Address); err != nil {
			return nil, fmt.Errorf("%w: %s has no address: %w", sandbox.ErrEngine, peer.Name, err)
		}
		rules = append(rules, rule)
	}
	if len(rules) == 0 {
		return nil, fmt.Errorf("%w: %s has no link to spoil", sandbox.ErrNoLab, node)
	}
	return rules, nil
}

func worsen(r *agent.LinkRule, f sandbox.Fault) {
	switch f.Kind {
	case sandbox.Slow:
		r.Delay, r.Jitter = max(r.Delay, f.Delay), max(r.Jitter, f.Jitter)
	case sandbox.Lossy:
		r.Loss = max(r.Loss, f.Loss)
	case sandbox.Cut:
		r.Cut = true
	case sandbox.Full, sandbox.Busy: // Not about links.
	}
}

// planImpairer plans the container, in the network that the node uses.
func (e *Engine) planImpairer(ctx context.Context, lab, node string) (plan, error) {
	got, err := e.api.ContainerInspect(ctx, e.containerName(lab, node), client.ContainerInspectOptions{})
	if isNotFound(err) {
		return plan{}, fmt.Errorf("%w: %s of lab %s", sandbox.ErrNoLab, node, lab)
	}
	if err != nil {
		return plan{}, engineError("looking for "+node, err)
	}
	c := got.Container
	switch {
	case !c.State.Running:
		return plan{}, fmt.Errorf("%w: %s", sandbox.ErrNotRunning, node)
	case c.HostConfig.Runtime == GVisor:
		return plan{}, fmt.Errorf("%w: gVisor moves packets past the kernel's filters", sandbox.ErrNoImpair)
	}
	ref, err := e.imageRef(sandbox.ProbeNode)
	if err != nil {
		return plan{}, fmt.Errorf("%w: %w", sandbox.ErrNoImage, err)
	}
	image, _, err := e.imageCommand(ctx, sandbox.ProbeNode, ref)
	if err != nil {
		return plan{}, err
	}
	holder := c.HostConfig.NetworkMode.ConnectedContainer()
	if holder == "" {
		holder = c.ID
	}
	return plan{
		spec: sandbox.Spec{ID: lab}, node: sandbox.Node{Name: linksNode + node, Limits: impairLimits}, image: image,
		relaxed: e.relaxed.Load(), host: e.about(), holder: holder, impairs: true,
	}, nil
}

// impairLimits have room for packets on hold.
var impairLimits = sandbox.Limits{Memory: 48 << 20, CPUs: 0.5, Pids: 32, Tmpfs: 1 << 20}

// startImpairer starts the container and returns when the links suffer.
func (e *Engine) startImpairer(ctx context.Context, p plan, faults []sandbox.Fault, rules []agent.LinkRule) error {
	told, err := json.Marshal(faults)
	if err != nil {
		return err
	}
	asked, err := json.Marshal(rules)
	if err != nil {
		return err
	}
	config := e.containerConfig(p)
	config.Env, config.Cmd = nil, []string{string(asked)}
	config.Labels = map[string]string{
		labelInstallation: e.config.Installation,
		labelLinksOf:      strings.TrimPrefix(p.node.Name, linksNode),
		labelLinks:        string(told),
		labelVersion:      version(),
	}
	callCtx, cancel := detached(ctx, startCall)
	defer cancel()
	made, err := e.api.ContainerCreate(callCtx, client.ContainerCreateOptions{
		Name: e.containerName(p.spec.ID, p.node.Name), Config: config, HostConfig: hostConfig(p),
	})
	if err != nil {
		return engineError("making a container for links", err)
	}
	if err := e.verify(callCtx, p, made.ID); err != nil {
		return err
	}
	if _, err := e.api.ContainerStart(callCtx, made.ID, client.ContainerStartOptions{}); err != nil {
		return engineError("starting a container for links", err)
	}
	return e.awaitReady(ctx, made.ID)
}

// awaitReady waits until the agent says that the links suffer, or why they cannot.
func (e *Engine) awaitReady(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	logs, err := e.api.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: true})
	if err != nil {
		return engineError("reading what a container says", err)
	}
	defer logs.Close()
	plain, in := io.Pipe()
	defer func() { _ = plain.Close() }() // Never fails.
	go func() {                          // Ends with logs or plain.
		_, err := stdcopy.StdCopy(in, in, logs)
		in.CloseWithError(err)
	}()
	line, err := bufio.NewReader(io.LimitReader(plain, maxComplaint)).ReadString('\n')
	switch {
	case strings.TrimSpace(line) == "ready":
		return nil
	case line != "":
		return fmt.Errorf("%w: %s", sandbox.ErrNoImpair, strings.TrimSpace(strings.TrimPrefix(line, "pattarai-agent: ")))
	case ctx.Err() != nil:
		return engineError("spoiling links", ctx.Err())
	}
	return fmt.Errorf("%w: %w", sandbox.ErrNoImpair, err)
}

// addLinks puts what a container does to links into the lab it belongs to.
func addLinks(lab *sandbox.Lab, c container.Summary) {
	var faults []sandbox.Fault
	if c.State != container.StateRunning || json.Unmarshal([]byte(c.Labels[labelLinks]), &faults) != nil {
		return
	}
	if lab.Links == nil {
		lab.Links = map[string][]sandbox.Fault{}
	}
	lab.Links[c.Labels[labelLinksOf]] = faults
}
