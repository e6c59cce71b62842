package docker

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
)

// newProvider returns testcontainers' provider on our own connection. It must only
// be called while the engine answers, because testcontainers remembers the first
// failure to find one for the life of the process.
//
// testcontainers takes its settings from the process environment, once. Its
// reaper would remove labs as soon as the server ends, so it is switched off
// before that: labs outlive the server on purpose, and are swept by label.
func newProvider(ctx context.Context, c *Client) (*testcontainers.DockerProvider, error) {
	if _, err := c.api.Ping(ctx, pingOptions); err != nil {
		return nil, engineError("looking for the engine", err)
	}
	if err := configureTestcontainers(c.host); err != nil {
		return nil, err
	}
	provider, err := testcontainers.NewDockerProvider(testcontainers.WithDefaultBridgeNetwork(testcontainers.Bridge))
	if err != nil {
		return nil, engineError("preparing testcontainers", err)
	}
	if err := provider.Close(); err != nil {
		return nil, engineError("preparing testcontainers", err)
	}
	provider.SetClient(c.api)
	provider.Logger = tclog.NewNoopLogger()
	return provider, nil
}

// settings guards what testcontainers keeps for the whole process.
var settings sync.Once

func configureTestcontainers(host string) (err error) {
	settings.Do(func() {
		tclog.SetDefault(tclog.NewNoopLogger())
		err = os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
		if os.Getenv("DOCKER_HOST") == "" {
			err = errors.Join(err, os.Setenv("DOCKER_HOST", host))
		}
	})
	return err
}
