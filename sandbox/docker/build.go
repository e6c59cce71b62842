package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"pattarai/sandbox"
	"pattarai/sandbox/images"
)

// BuildImage builds the tarred context and tags the result ref. The engine's own
// words go to log.
func (c *Client) BuildImage(ctx context.Context, ref string, tarball []byte, log io.Writer) error {
	provider, err := newProvider(ctx, c)
	if err != nil {
		return err
	}
	repo, tag, _ := strings.Cut(ref, ":")
	_, err = provider.BuildImage(ctx, &testcontainers.ContainerRequest{FromDockerfile: testcontainers.FromDockerfile{
		ContextArchive: bytes.NewReader(tarball),
		Repo:           repo, Tag: tag,
		BuildLogWriter: log,
		KeepImage:      true,
		BuildOptionsModifier: func(o *client.ImageBuildOptions) {
			o.Remove, o.ForceRemove = true, true
		},
	}})
	return engineError("building "+ref, err)
}

// readProgress reads an answer of progress messages to its end, where an error
// may hide behind status 200.
func readProgress(r io.Reader, doing string) error {
	dec := json.NewDecoder(r)
	for {
		var m jsonstream.Message
		err := dec.Decode(&m)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return engineError(doing, err)
		}
		if m.Error != nil {
			return fmt.Errorf("%w: %s: %s", sandbox.ErrEngine, doing, m.Error.Message)
		}
	}
}

// HeldImages returns the tagged images whose name begins with prefix.
func (c *Client) HeldImages(ctx context.Context, prefix string) ([]images.Held, error) {
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	got, err := c.api.ImageList(ctx, client.ImageListOptions{})
	if err != nil {
		return nil, engineError("listing images", err)
	}
	var held []images.Held
	for _, i := range got.Items {
		for _, ref := range i.RepoTags {
			if strings.HasPrefix(ref, prefix) {
				held = append(held, images.Held{Ref: ref, Created: time.Unix(i.Created, 0)})
			}
		}
	}
	return held, nil
}

// RemoveImage takes a tag away, and the image when it has no other. An image that a
// container uses matches [images.ErrInUse] and stays.
func (c *Client) RemoveImage(ctx context.Context, ref string) error {
	ctx, cancel := context.WithTimeout(ctx, removeCall)
	defer cancel()
	_, err := c.api.ImageRemove(ctx, ref, client.ImageRemoveOptions{PruneChildren: true})
	switch {
	case cerrdefs.IsConflict(err):
		return fmt.Errorf("%w: %s", images.ErrInUse, ref)
	case cerrdefs.IsNotFound(err):
		return nil
	}
	return engineError("removing image "+ref, err)
}
