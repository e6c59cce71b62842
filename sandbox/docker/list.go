package docker

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"pattarai/sandbox"
)

// List implements [sandbox.Engine].
func (e *Engine) List(ctx context.Context) ([]sandbox.Lab, error) {
	found, err := e.containers(ctx, labelLab)
	if err != nil {
		return nil, err
	}
	labs := map[string]*sandbox.Lab{}
	for _, c := range found {
		id := c.Labels[labelLab]
		if labs[id] == nil {
			labs[id] = &sandbox.Lab{}
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
	found, err := e.containers(ctx, labelLab+"="+lab)
	if err != nil {
		return sandbox.Lab{}, err
	}
	if len(found) == 0 {
		return sandbox.Lab{}, sandbox.ErrNoLab
	}
	var out sandbox.Lab
	for _, c := range found {
		addTo(&out, c)
	}
	return out, nil
}

// containers lists this installation's containers, running or not.
func (e *Engine) containers(ctx context.Context, labels ...string) ([]container.Summary, error) {
	if _, err := e.connect(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	got, err := e.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: e.ours(labels...)})
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
	found, err := e.containers(ctx, labelLab+"="+lab)
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
		names[c.Labels[labelNetwork]] = true
		wg.Go(func() { errs[i] = e.removeContainer(ctx, c.ID) })
	}
	wg.Wait()
	for name := range names {
		errs = append(errs, e.removeNetwork(ctx, name))
	}
	return errors.Join(errs...)
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
