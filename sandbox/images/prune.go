package images

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrInUse means that a container keeps an image from being removed.
var ErrInUse = errors.New("image in use")

// Held is a tagged image that the engine holds.
type Held struct {
	Ref     string
	Created time.Time
}

// Pruner is what an engine has to do so that old images can go.
type Pruner interface {
	// HeldImages returns the tagged images whose name begins with prefix.
	HeldImages(ctx context.Context, prefix string) ([]Held, error)
	// RemoveImage takes a tag away, and the image when it has no other. An image
	// that a container uses matches [ErrInUse] and stays.
	RemoveImage(ctx context.Context, ref string) error
}

// Stale returns the lab images of other versions that were made before then. Images of
// this version are never among them, whether a lesson uses them or not; nor are
// images that are no lab images of ours.
func (s *Set) Stale(ctx context.Context, p Pruner, before time.Time) ([]Held, error) {
	held, err := p.HeldImages(ctx, repository)
	if err != nil {
		return nil, err
	}
	present := map[string]bool{}
	for _, name := range Names() {
		ref, err := s.Ref(name)
		if err != nil {
			return nil, err
		}
		present[ref] = true
	}
	return slices.DeleteFunc(held, func(h Held) bool {
		name, _, _ := strings.Cut(strings.TrimPrefix(h.Ref, repository), ":")
		_, ours := Lookup(name)
		return !ours || present[h.Ref] || !h.Created.Before(before)
	}), nil
}

// Prune removes what [Set.Stale] finds, and returns what is gone; what a container
// still uses stays. progress (may be nil) gets lines for people.
func (s *Set) Prune(ctx context.Context, p Pruner, before time.Time, progress func(line string)) (gone []Held, err error) {
	if progress == nil {
		progress = func(string) {}
	}
	stale, err := s.Stale(ctx, p, before)
	if err != nil {
		return nil, err
	}
	for _, h := range stale {
		err := p.RemoveImage(ctx, h.Ref)
		switch {
		case errors.Is(err, ErrInUse):
			progress("kept " + h.Ref + ": a container uses it")
		case err != nil:
			return gone, fmt.Errorf("removing %s: %w", h.Ref, err)
		default:
			progress("removed " + h.Ref)
			gone = append(gone, h)
		}
	}
	return gone, nil
}
