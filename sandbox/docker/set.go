package docker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"pattarai/sandbox"
)

// set is the containers of a lab that does not exist yet, running, with agents
// that answer and services that have not begun. A lab takes it by giving its
// containers new names; a set serves one lab in its life.
type set struct {
	id    string
	ready chan struct{} // Closed when it is made, or err is set.
	plans []plan
	err   error
}

func newSet() *set { return &set{id: "set" + randomHex(8), ready: make(chan struct{})} }

// deedNode stands in a deed's name where other containers have their node's.
const deedNode = "_deed"

// claim makes the lab out of a set that was kept ready. done is false when there
// is none, or when it was spoilt; the lab can then be made from nothing.
func (e *Engine) claim(ctx context.Context, spec sandbox.Spec) (done bool, err error) {
	got := e.stock.take(ctx, specHash(spec))
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if got == nil {
		return false, err
	}
	if err == nil {
		err = e.convey(ctx, spec, got)
	}
	if err == nil {
		return true, nil
	}
	undone := errors.Join(e.removeNow(ctx, spec.ID, ""), e.removeNow(ctx, got.id, got.plans[0].network.name))
	if ctx.Err() != nil {
		return false, errors.Join(context.Cause(ctx), undone)
	}
	e.config.Logger.Warn("a set kept ready is of no use", "set", got.id, "error", err)
	return false, undone
}

// convey gives a set to a lab: first the deed, which says whose it is, then the names.
func (e *Engine) convey(ctx context.Context, spec sandbox.Spec, s *set) error {
	found, err := e.containers(ctx, labelSet+"="+s.id)
	if err != nil {
		return err
	}
	if err := allRun(found, len(s.plans)); err != nil {
		return err
	}
	if err := e.writeDeed(ctx, spec, s); err != nil {
		return err
	}
	errs := make([]error, len(found))
	var wg sync.WaitGroup
	for i, c := range found {
		wg.Go(func() { errs[i] = e.rename(ctx, c.ID, e.containerName(spec.ID, c.Labels[labelNode])) })
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return errors.Join(errs...)
}

func allRun(found []container.Summary, want int) error {
	if len(found) != want {
		return fmt.Errorf("%d of %d containers are left", len(found), want)
	}
	for _, c := range found {
		if c.State != container.StateRunning {
			return fmt.Errorf("%s is %s", c.Labels[labelNode], c.State)
		}
	}
	return nil
}

// writeDeed makes a container that never starts: it carries the labels that the
// set's containers cannot be given any more.
func (e *Engine) writeDeed(ctx context.Context, spec sandbox.Spec, s *set) error {
	ctx, cancel := detached(ctx, startCall)
	defer cancel()
	_, err := e.api.ContainerCreate(ctx, client.ContainerCreateOptions{
		Name: e.containerName(spec.ID, deedNode),
		Config: &container.Config{
			Image: s.plans[0].image, User: learner, Entrypoint: []string{agentPath, "--version"},
			Labels: map[string]string{
				labelInstallation: e.config.Installation,
				labelLab:          spec.ID,
				labelOwner:        spec.Owner,
				labelTopology:     spec.Topology.Hash,
				labelCreated:      time.Now().UTC().Format(time.RFC3339Nano),
				labelVersion:      version(),
				labelSet:          s.id,
			},
		},
		HostConfig: &container.HostConfig{
			NetworkMode: "none", ReadonlyRootfs: true, CapDrop: []string{"ALL"}, SecurityOpt: []string{noNewPrivileges},
		},
	})
	return engineError("writing the lab's deed", err)
}

func (e *Engine) rename(ctx context.Context, id, name string) error {
	ctx, cancel := detached(ctx, startCall)
	defer cancel()
	_, err := e.api.ContainerRename(ctx, id, client.ContainerRenameOptions{NewName: name})
	return engineError("naming a container", err)
}

// sweepSets removes sets older than age that a process left over which died; mine
// tells those that are not left over.
func (e *Engine) sweepSets(ctx context.Context, age time.Duration, mine func(id string) bool) error {
	found, err := e.containers(ctx, labelSet)
	if err != nil {
		return err
	}
	old := map[string]bool{}
	for _, c := range found {
		id := c.Labels[labelSet]
		if isSpare(c.Labels, e.labOf(nameOf(c))) && !mine(id) && time.Since(time.Unix(c.Created, 0)) > age {
			old[id] = true
		}
	}
	var errs []error
	for id := range old {
		errs = append(errs, e.removeNow(ctx, id, ""))
	}
	return errors.Join(errs...)
}
