package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// logTail is how much of a failed build's own words an error carries.
const logTail = 2000

// Build builds the named lab images, or those that are needed and missing when
// names is empty, in parallel. The base is pulled first when it is absent. progress (may be
// nil) gets lines for people.
func (s *Set) Build(ctx context.Context, names []string, progress func(line string)) error {
	if progress == nil {
		progress = func(string) {}
	}
	if len(names) == 0 {
		missing, err := s.Missing(ctx, s.Needed())
		if err != nil {
			return err
		}
		names = missing
	}
	if err := s.ensureBase(ctx, names, progress); err != nil {
		return err
	}
	return s.buildAll(ctx, names, progress)
}

func (s *Set) ensureBase(ctx context.Context, names []string, progress func(string)) error {
	needed := false
	for _, n := range names {
		i, _ := Lookup(n)
		needed = needed || i.Base != ""
	}
	if !needed {
		return nil
	}
	id, err := s.builder.ImageID(ctx, Base)
	if err != nil || id != "" {
		return err
	}
	progress("pulling " + Base)
	if err := s.builder.PullImage(ctx, Base); err != nil {
		return fmt.Errorf("the base image %s is not on this host and could not be pulled: %w; `sudo bin/pattarai doctor --fix` can make it from Debian packages", Base, err)
	}
	return nil
}

func (s *Set) buildAll(ctx context.Context, names []string, progress func(string)) error {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	say := func(line string) { mu.Lock(); defer mu.Unlock(); progress(line) }
	for _, name := range names {
		wg.Go(func() {
			if err := s.buildOne(ctx, name, say); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (s *Set) buildOne(ctx context.Context, name string, progress func(string)) error {
	tarball, err := s.context(name)
	if err != nil {
		return err
	}
	ref := repository + name + ":" + fingerprint(tarball)
	progress("building " + ref)
	began := time.Now() //nolint:forbidigo // A stopwatch, only ever subtracted.
	var log bytes.Buffer
	if err := s.builder.BuildImage(ctx, ref, tarball, &log); err != nil {
		return fmt.Errorf("building %s: %w\n%s", ref, err, tail(log.String()))
	}
	progress(fmt.Sprintf("built %s in %s", ref, time.Since(began).Round(100*time.Millisecond)))
	return nil
}

func tail(s string) string {
	s = strings.TrimSpace(s)
	return s[max(0, len(s)-logTail):]
}
