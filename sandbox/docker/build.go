package docker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"pattarai/sandbox"
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
