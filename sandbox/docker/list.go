package docker

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"pattarai/sandbox"
)

// List implements [sandbox.Engine].
func (e *Engine) List(ctx context.Context) ([]sandbox.Lab, error) {
	found, err := e.containers(ctx)
	if err != nil {
		return nil, err
	}
	labs := map[string]*sandbox.Lab{}
	for _, c := range found {
		id := e.labOf(nameOf(c))
		if id == "" || isSpare(c.Labels, id) || c.Labels[labelHolder] != "" {
			continue
		}
		if labs[id] == nil {
			labs[id] = &sandbox.Lab{ID: id}
		}
		addTo(labs[id], c)
	}
	var out []sandbox.Lab
	for _, id := range slices.Sorted(maps.Keys(labs)) {
		out = append(out, *labs[id])
	}
	return out, nil
}

// Find tells one lab without listing all. A lab that does not exist is
// [sandbox.ErrNoLab].
func (e *Engine) Find(ctx context.Context, lab string) (sandbox.Lab, error) {
	found, err := e.containersOf(ctx, lab)
	if err != nil {
		return sandbox.Lab{}, err
	}
	if len(found) == 0 {
		return sandbox.Lab{}, sandbox.ErrNoLab
	}
	out := sandbox.Lab{ID: lab}
	for _, c := range found {
		addTo(&out, c)
	}
	return out, nil
}

// containers lists this installation's containers, running or not.
func (e *Engine) containers(ctx context.Context, labels ...string) ([]container.Summary, error) {
	return e.listed(ctx, e.ours(labels...))
}

// containersOf lists the containers that are named after a lab.
func (e *Engine) containersOf(ctx context.Context, lab string) ([]container.Summary, error) {
	return e.listed(ctx, e.ours().Add("name", "^/?"+regexp.QuoteMeta(e.containerName(lab, ""))))
}

func (e *Engine) listed(ctx context.Context, filters client.Filters) ([]container.Summary, error) {
	if _, err := e.connect(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	got, err := e.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
	if err != nil {
		return nil, engineError("listing containers", err)
	}
	slices.SortFunc(got.Items, func(a, b container.Summary) int {
		return strings.Compare(a.Labels[labelNode], b.Labels[labelNode])
	})
	return got.Items, nil
}

// Remove implements [sandbox.Engine].
func (e *Engine) Remove(ctx context.Context, lab string) error {
	unlock, err := e.labs.lock(ctx, lab)
	if err != nil {
		return err
	}
	defer unlock()
	return e.removeNow(ctx, lab, "")
}

// removeNow deletes the lab's containers, then their network. network names one
// that no container may have come to use. It goes on after its caller gave up.
func (e *Engine) removeNow(ctx context.Context, lab, network string) error {
	ctx, cancel := detached(ctx, cleanupTime)
	defer cancel()
	found, err := e.belongings(ctx, lab)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	if network != "" {
		names[network] = true
	}
	errs := make([]error, len(found))
	var wg sync.WaitGroup
	for i, c := range found {
		if name := c.Labels[labelNetwork]; name != "" {
			names[name] = true
		}
		wg.Go(func() { errs[i] = e.removeContainer(ctx, c.ID) })
	}
	wg.Wait()
	for name := range names {
		errs = append(errs, e.removeNetwork(ctx, name))
	}
	return errors.Join(errs...)
}

// belongings lists everything that is the lab's: what is named after it, the
// rest of its set when it was taken only by half, and the holders of its networks.
func (e *Engine) belongings(ctx context.Context, lab string) ([]container.Summary, error) {
	found, err := e.containersOf(ctx, lab)
	if err != nil {
		return nil, err
	}
	for _, label := range []string{labelSet, labelSkeleton} {
		i := slices.IndexFunc(found, func(c container.Summary) bool { return c.Labels[label] != "" })
		if i < 0 {
			continue
		}
		rest, err := e.containers(ctx, label+"="+found[i].Labels[label])
		if err != nil {
			return nil, err
		}
		found = append(found, rest...)
	}
	slices.SortFunc(found, func(a, b container.Summary) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(found, func(a, b container.Summary) bool { return a.ID == b.ID }), nil
}

// removeContainer kills and deletes a container; one that is gone is no error.
func (e *Engine) removeContainer(ctx context.Context, id string) error {
	ctx, cancel := detached(ctx, removeCall)
	defer cancel()
	_, err := e.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err == nil || isNotFound(err) || strings.Contains(err.Error(), "already in progress") {
		return nil
	}
	return engineError("removing a container", err)
}
