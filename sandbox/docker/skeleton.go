package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"

	"pattarai/sandbox"
)

// skeleton is a network on which an idle container, a holder, has taken every
// address and name of a lab to come. Two thirds of a container's start are the
// engine's work on its network; a node that starts into its holder's network is
// spared that. Any lab whose nodes are called the same can use it, whatever they run.
type skeleton struct {
	id      string
	network labNetwork
	holders map[string]string // Container IDs, by node.
}

// holderLimits are enough for a process that sleeps.
var holderLimits = sandbox.Limits{Memory: 16 << 20, CPUs: 0.1, Pids: 8, Tmpfs: 1 << 20}

// shapeOf is what two labs must have in common to use the same skeleton: the names
// of their nodes, in order, because addresses follow the order.
func shapeOf(nodes []sandbox.Node) string {
	names := make([]string, len(nodes))
	for i, n := range nodes {
		names[i] = n.Name
	}
	return strings.Join(names, " ")
}

// holderPlans plans the holders of a shape.
func (e *Engine) holderPlans(ctx context.Context, id, shape string) ([]plan, error) {
	ref, err := e.imageRef(sandbox.ProbeNode)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sandbox.ErrNoImage, err)
	}
	image, _, err := e.imageCommand(ctx, sandbox.ProbeNode, ref)
	if err != nil {
		return nil, err
	}
	var plans []plan
	for name := range strings.FieldsSeq(shape) {
		node := sandbox.Node{Name: name, Limits: holderLimits}
		plans = append(plans, plan{spec: sandbox.Spec{ID: id}, node: node, image: image, holds: true, relaxed: e.relaxed.Load(), host: e.about()})
	}
	net, err := e.networks.take(ctx)
	if err != nil {
		return nil, err
	}
	place(plans, net)
	return plans, nil
}

// makeSkeleton makes a network and starts the holders of a shape on it.
func (e *Engine) makeSkeleton(ctx context.Context, shape string) (*skeleton, error) {
	plans, err := e.holderPlans(ctx, "skel"+randomHex(8), shape)
	if err != nil {
		return nil, err
	}
	made := &skeleton{id: plans[0].spec.ID, network: plans[0].network, holders: map[string]string{}}
	ids, errs := make([]string, len(plans)), make([]error, len(plans))
	var wg sync.WaitGroup
	for i, p := range plans {
		wg.Go(func() { ids[i], errs[i] = e.startHolder(ctx, p) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, e.removeNow(ctx, made.id, made.network.name))
	}
	for i, p := range plans {
		made.holders[p.node.Name] = ids[i]
	}
	return made, nil
}

// startHolder makes a container that sleeps, as hardened as any node, and starts it.
func (e *Engine) startHolder(ctx context.Context, p plan) (string, error) {
	ctx, cancel := detached(ctx, startCall)
	defer cancel()
	config := e.containerConfig(p)
	config.Env = nil
	config.Labels = map[string]string{
		labelInstallation: e.config.Installation,
		labelSkeleton:     p.spec.ID,
		labelHolder:       p.node.Name,
		labelNetwork:      p.network.name,
		labelVersion:      version(),
	}
	made, err := e.api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Name: e.containerName(p.spec.ID, p.node.Name), Config: config, HostConfig: hostConfig(p),
		NetworkingConfig: &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{p.network.name: p.endpoint()}},
	})
	if err != nil {
		return "", engineError("making a holder", err)
	}
	if err := e.verify(ctx, p, made.ID); err != nil {
		return "", err
	}
	_, err = e.api.ContainerStart(ctx, made.ID, client.ContainerStartOptions{})
	return made.ID, engineError("starting a holder", err)
}

// takeSkeleton fits the plans into a skeleton that waits for such a lab, and tells
// whether there was one. gVisor keeps a network to itself, so it has no use for one.
func (e *Engine) takeSkeleton(ctx context.Context, plans []plan) bool {
	if plans[0].spec.Tier == sandbox.Hardened {
		return false
	}
	got := e.skeletons.take(shapeOfPlans(plans))
	if got == nil {
		return false
	}
	if err := e.stands(ctx, got); err != nil {
		e.config.Logger.Warn("a network kept ready is of no use", "skeleton", got.id, "error", err)
		if err := e.removeNow(ctx, got.id, got.network.name); err != nil {
			e.config.Logger.Warn("and it is left", "skeleton", got.id, "error", err)
		}
		return false
	}
	place(plans, got.network)
	for i := range plans {
		plans[i].skeleton, plans[i].holder = got.id, got.holders[plans[i].node.Name]
	}
	return true
}

// removeSkeleton removes the skeleton that a plan was fitted into; without one it
// does nothing.
func (e *Engine) removeSkeleton(ctx context.Context, p plan) error {
	if p.skeleton == "" {
		return nil
	}
	return e.removeNow(ctx, p.skeleton, p.network.name)
}

func shapeOfPlans(plans []plan) string {
	nodes := make([]sandbox.Node, len(plans))
	for i, p := range plans {
		nodes[i] = p.node
	}
	return shapeOf(nodes)
}

// stands tells whether all holders run.
func (e *Engine) stands(ctx context.Context, s *skeleton) error {
	found, err := e.containers(ctx, labelSkeleton+"="+s.id)
	if err != nil {
		return err
	}
	return allRun(found, len(s.holders))
}

// sweepSkeletons removes skeletons older than age that no lab uses; mine tells
// those that are not left over.
func (e *Engine) sweepSkeletons(ctx context.Context, age time.Duration, mine func(id string) bool) error {
	found, err := e.containers(ctx, labelSkeleton)
	if err != nil {
		return err
	}
	left := map[string]bool{}
	for _, c := range found {
		if id := c.Labels[labelSkeleton]; !mine(id) && time.Since(time.Unix(c.Created, 0)) > age {
			left[id] = true
		}
	}
	for _, c := range found {
		if c.Labels[labelHolder] == "" {
			delete(left, c.Labels[labelSkeleton]) // A node uses it.
		}
	}
	var errs []error
	for id := range left {
		errs = append(errs, e.removeNow(ctx, id, ""))
	}
	return errors.Join(errs...)
}

// unplug takes the network away from a node that has ended but whose holder has
// not, as the end of an ordinary container does: nobody answers at its address.
func (e *Engine) unplug(ctx context.Context, node string) error {
	got, err := e.api.ContainerInspect(ctx, node, client.ContainerInspectOptions{})
	if err != nil {
		return err
	}
	holder := got.Container.HostConfig.NetworkMode.ConnectedContainer()
	if holder == "" {
		return nil
	}
	_, err = e.api.NetworkDisconnect(ctx, got.Container.Config.Labels[labelNetwork], client.NetworkDisconnectOptions{Container: holder, Force: true})
	if cerrdefs.IsNotFound(err) {
		return nil
	}
	return ignoreSaying(err, "is not connected")
}

// plug gives the network back to a node that is about to start.
func (e *Engine) plug(ctx context.Context, node string) error {
	got, err := e.api.ContainerInspect(ctx, node, client.ContainerInspectOptions{})
	if err != nil {
		return err
	}
	holder := got.Container.HostConfig.NetworkMode.ConnectedContainer()
	if holder == "" {
		return nil
	}
	labels := got.Container.Config.Labels
	held, err := e.api.ContainerInspect(ctx, holder, client.ContainerInspectOptions{})
	if err != nil {
		return err
	}
	if held.Container.NetworkSettings.Networks[labels[labelNetwork]] == nil {
		endpoint, err := endpointAt(labels[labelAddress])
		if err != nil {
			return err
		}
		_, err = e.api.NetworkConnect(ctx, labels[labelNetwork], client.NetworkConnectOptions{Container: holder, EndpointConfig: endpoint})
		if err != nil {
			return err
		}
	}
	if held.Container.State.Status == container.StateRunning {
		return nil
	}
	_, err = e.api.ContainerStart(ctx, holder, client.ContainerStartOptions{})
	return err
}
