package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"pattarai/sandbox"
)

// Deadlines of calls to the engine.
const (
	shortCall  = 10 * time.Second // Lists, inspections, pauses.
	startCall  = 60 * time.Second // Creation and start of a container under load.
	removeCall = 60 * time.Second
)

// Client is a connection to a Docker engine, for what is not about labs: images.
// It connects when it is used, so it may be made before the engine runs.
type Client struct {
	api  *client.Client
	host string
}

// NewClient returns a client of the engine at host ("unix:///run/docker.sock",
// "tcp://…"). "" takes DOCKER_HOST or the usual socket.
func NewClient(host string) (*Client, error) {
	opts := []client.Opt{client.FromEnv}
	if host != "" {
		opts = append(opts, client.WithHost(host))
	}
	api, err := client.New(opts...)
	if err != nil {
		return nil, fmt.Errorf("address of the container engine: %w", err)
	}
	return &Client{api: api, host: api.DaemonHost()}, nil
}

// Close lets go of idle connections.
func (c *Client) Close() error { return c.api.Close() }

// ImageID returns the digest of a local image, or "" when there is none.
func (c *Client) ImageID(ctx context.Context, ref string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	got, err := c.api.ImageInspect(ctx, ref)
	if cerrdefs.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", engineError("looking for image "+ref, err)
	}
	return got.ID, nil
}

// HasImage tells whether the engine holds an image.
func (c *Client) HasImage(ctx context.Context, ref string) (bool, error) {
	id, err := c.ImageID(ctx, ref)
	return id != "", err
}

// HasRuntime tells whether the engine can run containers with a runtime of that name.
func (c *Client) HasRuntime(ctx context.Context, name string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	got, err := c.api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return false, engineError("asking the engine about its runtimes", err)
	}
	_, has := got.Info.Runtimes[name]
	return has, nil
}

// PullImage fetches an image from its registry.
func (c *Client) PullImage(ctx context.Context, ref string) error {
	answer, err := c.api.ImagePull(ctx, ref, client.ImagePullOptions{})
	if err != nil {
		return engineError("pulling "+ref, err)
	}
	defer answer.Close()
	if err := answer.Wait(ctx); err != nil {
		return engineError("pulling "+ref, err)
	}
	return nil
}

// ImportBase makes image ref from the tar of a root file system.
func (c *Client) ImportBase(ctx context.Context, tar io.Reader, ref string) error {
	answer, err := c.api.ImageImport(ctx, client.ImageImportSource{Source: tar, SourceName: "-"}, ref, client.ImageImportOptions{
		Changes: []string{`CMD ["bash"]`}, Message: "pattarai base",
	})
	if err != nil {
		return engineError("importing "+ref, err)
	}
	defer answer.Close()
	return readProgress(answer, "importing "+ref)
}

// SaveImages returns an archive of local images.
func (c *Client) SaveImages(ctx context.Context, refs []string) (io.ReadCloser, error) {
	archive, err := c.api.ImageSave(ctx, refs)
	if err != nil {
		return nil, engineError("saving images", err)
	}
	return archive, nil
}

// LoadImages brings in an archive that SaveImages made.
func (c *Client) LoadImages(ctx context.Context, archive io.Reader) error {
	answer, err := c.api.ImageLoad(ctx, archive)
	if err != nil {
		return engineError("loading images", err)
	}
	defer answer.Close()
	return readProgress(answer, "loading images")
}

// engineError says what we tried, and matches sandbox.ErrEngine. An ended context
// stays itself.
func engineError(doing string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return fmt.Errorf("%w: %s: %w", sandbox.ErrEngine, doing, err)
}
