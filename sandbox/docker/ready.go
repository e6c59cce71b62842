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

func (e *Engine) imagesReady(ctx context.Context) error {
	missing, err := e.config.Images.Missing(ctx)
	if errors.Is(err, sandbox.ErrEngine) {
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: %w", sandbox.ErrNoImage, err)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: %s; build them with `bin/pattarai images build`", sandbox.ErrNoImage, strings.Join(missing, ", "))
	}
	return nil
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
