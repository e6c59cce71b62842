package docker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pattarai/sandbox"
)

const readyTime = 3 * time.Second

var errNoGVisor = fmt.Errorf("%w: the engine has no gVisor runtime (runsc), which the hardened tier needs; install it with `sudo bin/pattarai doctor --fix --tier hardened`", sandbox.ErrEngine)

// Ready implements [sandbox.Engine].
func (e *Engine) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	if _, err := e.api.Ping(ctx, pingOptions); err != nil {
		return fmt.Errorf("%w: no container engine answers at %s (%w); install and start one with `sudo bin/pattarai doctor --fix`", sandbox.ErrEngine, e.Client.host, short(err))
	}
	if _, err := e.connect(ctx); err != nil {
		return err
	}
	host := e.about()
	if !host.seccomp {
		return fmt.Errorf("%w: the engine runs without seccomp, so labs could not be kept apart from the host; use an engine with its default seccomp profile", sandbox.ErrEngine)
	}
	if e.config.Hardened && !host.gvisor {
		return errNoGVisor
	}
	return e.imagesReady(ctx)
}

// imagesReady looks for the image that every lab needs. One that only some lessons
// need is told to who starts such a lab.
func (e *Engine) imagesReady(ctx context.Context) error {
	_, err := e.config.Images.ID(ctx, sandbox.ProbeNode)
	if err == nil || errors.Is(err, sandbox.ErrEngine) || errors.Is(err, sandbox.ErrNoImage) {
		return err
	}
	return fmt.Errorf("%w: %w", sandbox.ErrNoImage, err)
}

func hasSeccomp(options []string) bool {
	return slices.ContainsFunc(options, func(o string) bool { return strings.Contains(o, "seccomp") })
}

// short takes the reason out of the client's long sentence, whose advice is not ours.
func short(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err
}
