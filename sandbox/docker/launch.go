package docker

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/moby/moby/api/types/container"

	"pattarai/sandbox"
	"pattarai/sandbox/images"
)

var labID = regexp.MustCompile(`^[a-z0-9]{8,32}$`)

// Launch implements [sandbox.Engine].
func (e *Engine) Launch(ctx context.Context, spec sandbox.Spec) error {
	if !labID.MatchString(spec.ID) {
		return fmt.Errorf("lab id %q: 8 to 32 of a-z and 0-9 are allowed", spec.ID)
	}
	spec.Tier = spec.Tier.AtLeast(spec.Topology.Tier)
	if _, err := e.connect(ctx); err != nil {
		return err
	}
	unlock, err := e.labs.lock(ctx, spec.ID)
	if err != nil {
		return err
	}
	defer unlock()
	if done, err := e.resume(ctx, spec); done || err != nil {
		return err
	}
	if done, err := e.claim(ctx, spec); done || err != nil {
		return err
	}
	_, err = e.assemble(ctx, spec, false)
	return err
}

// assemble plans, makes and starts all containers of a lab, or of a set that is kept
// ready and has no lab yet. It removes what it made when it fails.
func (e *Engine) assemble(ctx context.Context, spec sandbox.Spec, spare bool) ([]plan, error) {
	plans, err := e.plan(ctx, spec)
	if err != nil {
		return nil, err
	}
	for i := range plans {
		plans[i].spare = spare
	}
	// A set has its own time; what waits for a click is not for it.
	if spare || !e.takeSkeleton(ctx, plans) {
		network, err := e.networks.take(ctx)
		if err != nil {
			return nil, err
		}
		place(plans, network)
	}
	if err := e.launch(ctx, plans); err != nil {
		return nil, errors.Join(err, e.removeNow(ctx, spec.ID, plans[0].network.name), e.removeSkeleton(ctx, plans[0]))
	}
	return plans, nil
}

// resume keeps a lab that already runs as spec says; anything else of that id is
// removed, because nobody was ever told that it had started.
func (e *Engine) resume(ctx context.Context, spec sandbox.Spec) (done bool, err error) {
	found, err := e.containersOf(ctx, spec.ID)
	if err != nil || len(found) == 0 {
		return false, err
	}
	if isWhole(found, spec) {
		return true, nil
	}
	return false, e.removeNow(ctx, spec.ID, "")
}

// isWhole tells whether the containers are all that spec asks for, and have an owner.
func isWhole(found []container.Summary, spec sandbox.Spec) bool {
	nodes, owned, hash := 0, false, specHash(spec)
	for _, c := range found {
		owned = owned || c.Labels[labelLab] == spec.ID
		if c.Labels[labelNode] == "" {
			continue
		}
		if c.Labels[labelSpec] != hash || c.State == container.StateCreated {
			return false
		}
		nodes++
	}
	return owned && nodes == len(spec.Topology.Nodes)+1
}

// plan decides everything about the lab's containers but their network.
func (e *Engine) plan(ctx context.Context, spec sandbox.Spec) ([]plan, error) {
	nodes := withProbe(spec.Topology.Nodes)
	if len(nodes) > maxNodes+1 {
		return nil, fmt.Errorf("%d nodes; a lab has at most %d", len(nodes)-1, maxNodes)
	}
	if spec.Tier == sandbox.Hardened && !e.about().gvisor {
		return nil, errNoGVisor
	}
	plans := make([]plan, len(nodes))
	for i, n := range nodes {
		p, err := e.planNode(ctx, spec, n)
		if err != nil {
			return nil, err
		}
		plans[i] = p
	}
	return plans, nil
}

// withProbe adds the node that checks run from.
func withProbe(nodes []sandbox.Node) []sandbox.Node {
	return append(slices.Clone(nodes), sandbox.Node{Name: sandbox.ProbeNode, Image: sandbox.ProbeNode, Role: sandbox.RoleRunner})
}

func (e *Engine) planNode(ctx context.Context, spec sandbox.Spec, n sandbox.Node) (plan, error) {
	if err := checkTargets(n); err != nil {
		return plan{}, err
	}
	image, ok := images.Lookup(n.Image)
	if !ok {
		return plan{}, fmt.Errorf("%w: node %s wants %q; there are %v", sandbox.ErrNoImage, n.Name, n.Image, e.config.Images.Names())
	}
	n.Limits = withDefaults(n.Limits, image.Limits)
	ref, err := e.imageRef(n.Image)
	if err != nil {
		return plan{}, fmt.Errorf("%w: %w", sandbox.ErrNoImage, err)
	}
	id, command, err := e.imageCommand(ctx, n.Image, ref)
	if err != nil {
		return plan{}, err
	}
	return plan{spec: spec, node: n, image: id, command: command, relaxed: e.relaxed.Load(), host: e.about()}, nil
}

// place gives every node its address, and tells all of them about it.
func place(plans []plan, network labNetwork) {
	var hosts []string
	for i := range plans {
		n := 3 + i
		if plans[i].node.Name == sandbox.ProbeNode {
			n = 2
		}
		plans[i].network, plans[i].address = network, addressOf(network.subnet, n)
		hosts = append(hosts, plans[i].node.Name+":"+plans[i].address.String())
	}
	for i := range plans {
		plans[i].hosts = hosts
	}
}

func withDefaults(l, d sandbox.Limits) sandbox.Limits {
	if l.Memory == 0 {
		l.Memory = d.Memory
	}
	if l.CPUs == 0 {
		l.CPUs = d.CPUs
	}
	if l.Pids == 0 {
		l.Pids = d.Pids
	}
	if l.Tmpfs == 0 {
		l.Tmpfs = d.Tmpfs
	}
	return l
}

// imageRef returns a lab image's reference. It never changes while the agent stays
// in memory, and finding it means hashing the agent.
func (e *Engine) imageRef(name string) (string, error) {
	if ref, ok := e.refs.Load(name); ok {
		return ref.(string), nil
	}
	ref, err := e.config.Images.Ref(name)
	if err == nil {
		e.refs.Store(name, ref)
	}
	return ref, err
}

// imageCommand returns an image's digest and its own command.
func (e *Engine) imageCommand(ctx context.Context, name, ref string) (id string, command []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	got, err := e.api.ImageInspect(ctx, ref)
	if isNotFound(err) {
		return "", nil, fmt.Errorf("%w: %s; build it with `bin/pattarai images build %s`", sandbox.ErrNoImage, ref, name)
	}
	if err != nil {
		return "", nil, engineError("looking for image "+ref, err)
	}
	if got.Config != nil {
		command = got.Config.Cmd
	}
	return got.ID, command, nil
}

// launch makes and starts all containers at once. The first failure ends the
// others' waiting; what the engine has already begun is waited for, so that
// removal afterwards finds everything.
func (e *Engine) launch(ctx context.Context, plans []plan) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, p := range plans {
		wg.Go(func() {
			if err := e.provision(ctx, p); err != nil {
				cancel(fmt.Errorf("node %s: %w", p.node.Name, err))
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
