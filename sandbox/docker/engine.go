package docker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"pattarai/sandbox"
	"pattarai/sandbox/images"
)

// Transport is how the server's bytes reach the agents.
type Transport string

// The transports.
const (
	// Auto is Direct where we can install and verify the firewall rule, Relay elsewhere.
	Auto Transport = ""
	// Direct connects over the lab's bridge; a firewall rule keeps labs from the host.
	Direct Transport = "direct"
	// Relay carries the bytes through the engine; the host has no address on the bridge.
	Relay Transport = "relay"
)

// Config says how the engine works. Zero values are sensible but for Secret and Images.
type Config struct {
	Host         string       // Address of the engine; "" takes DOCKER_HOST or the usual socket.
	Installation string       // Marks what is ours; [a-z0-9-], "default" by default.
	Secret       []byte       // At least 16 bytes; agents' tokens are derived from it.
	Subnets      netip.Prefix // Networks get /28s out of it; 10.213.0.0/16 by default.
	Images       *images.Set  //
	Transport    Transport    //
	Hardened     bool         // Ready demands gVisor, because labs will.
	Spare        int          // Networks kept ready; 0 means 4, negative means none.
	Sets         int          // Sets of containers that [Engine.Prepare] keeps ready; 0 means 4, negative means none.
	Skeletons    int          // Networks with holders kept ready for [Engine.Expect]ed labs; 0 means 3, negative means none.
	Logger       *slog.Logger // Discards by default.
}

func (c Config) withDefaults() (Config, error) {
	if len(c.Secret) < 16 {
		return c, fmt.Errorf("the secret of the container engine has %d bytes; it needs at least 16", len(c.Secret))
	}
	if c.Images == nil {
		return c, errors.New("the container engine needs a set of lab images")
	}
	if c.Installation == "" {
		c.Installation = "default"
	}
	if !c.Subnets.IsValid() {
		c.Subnets = netip.MustParsePrefix("10.213.0.0/16")
	}
	if !c.Subnets.Addr().Is4() || c.Subnets.Bits() > subnetBits-4 {
		return c, fmt.Errorf("subnets %s: a private IPv4 range of at least a /%d is needed", c.Subnets, subnetBits-4)
	}
	if c.Spare == 0 {
		c.Spare = 4
	}
	if c.Sets == 0 {
		c.Sets = 4
	}
	if c.Skeletons == 0 {
		c.Skeletons = 3
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// Engine runs labs on one Docker engine. It implements [sandbox.Engine].
type Engine struct {
	*Client
	config    Config
	subnets   *subnets
	networks  *networks
	stock     *stock
	skeletons *skeletons
	firewall  firewall
	labs      keyedLock
	refs      sync.Map    // References of lab images, by short name.
	relaxed   atomic.Bool // The engine refuses to raise OOM scores (rootless).

	mu       sync.Mutex
	provider *testcontainers.DockerProvider // Nil until the engine has answered once.
	host     hostInfo
}

var (
	_ sandbox.Engine   = (*Engine)(nil)
	_ sandbox.Preparer = (*Engine)(nil)
)

// pingOptions settle the API version with the engine that answers.
var pingOptions = client.PingOptions{NegotiateAPIVersion: true}

// New returns the engine. It works even when nothing answers at the address yet:
// [Engine.Ready] explains, and labs start once the engine is there. The error is
// about config only.
func New(ctx context.Context, config Config) (*Engine, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	c, err := NewClient(config.Host)
	if err != nil {
		return nil, err
	}
	e := &Engine{Client: c, config: config, subnets: newSubnets(config.Subnets), firewall: firewall{run: runCommand}}
	e.networks = newNetworks(e, config.Spare)
	e.stock = newStock(e, config.Sets)
	e.skeletons = newSkeletons(e, config.Skeletons)
	if _, err := e.connect(ctx); err == nil {
		e.networks.refill()
		e.stock.rouse()
	}
	return e, nil
}

// Close ends background work and removes the containers and networks kept ready.
// Labs go on.
func (e *Engine) Close(ctx context.Context) error {
	err := errors.Join(e.stock.close(ctx), e.skeletons.close(ctx)) // They take networks.
	return errors.Join(err, e.networks.close(ctx), e.Client.Close())
}

// hostInfo is what we need to know of the engine's host.
type hostInfo struct {
	cpus      int
	seccomp   bool
	gvisor    bool
	transport Transport
}

// connect returns testcontainers' provider, made when the engine first answers.
func (e *Engine) connect(ctx context.Context) (*testcontainers.DockerProvider, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.provider != nil {
		return e.provider, nil
	}
	ctx, cancel := context.WithTimeout(ctx, shortCall)
	defer cancel()
	provider, err := newProvider(ctx, e.Client)
	if err != nil {
		return nil, err
	}
	if err := e.learn(ctx); err != nil {
		return nil, err
	}
	e.provider = provider
	return provider, nil
}

// learn asks the engine about its host and settles the transport.
func (e *Engine) learn(ctx context.Context) error {
	got, err := e.api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return engineError("asking the engine about its host", err)
	}
	_, gvisor := got.Info.Runtimes[GVisor]
	e.host = hostInfo{cpus: got.Info.NCPU, seccomp: hasSeccomp(got.Info.SecurityOptions), gvisor: gvisor}
	e.host.transport, err = e.settleTransport(ctx)
	if err != nil {
		return err
	}
	e.config.Logger.Info("container engine found", "version", got.Info.ServerVersion, "transport", e.host.transport, "gvisor", gvisor)
	return nil
}

// settleTransport takes the direct way only behind a firewall rule that stands.
func (e *Engine) settleTransport(ctx context.Context) (Transport, error) {
	if e.config.Transport == Relay {
		return Relay, nil
	}
	err := errRemote
	if e.local() {
		err = e.firewall.ensure(ctx)
	}
	switch {
	case err == nil:
		return Direct, nil
	case e.config.Transport == Direct:
		return "", fmt.Errorf("%w: labs cannot be kept from the host: %w", sandbox.ErrEngine, err)
	}
	e.config.Logger.Warn("labs are reached through the engine, which is slower", "reason", err)
	return Relay, nil
}

// about returns what is known of the host; connect has been called.
func (e *Engine) about() hostInfo {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.host
}

// keyedLock lets one caller at a time work on a lab.
type keyedLock struct {
	mu   sync.Mutex
	held map[string]chan struct{}
}

// lock waits for the key's turn, or for ctx.
func (k *keyedLock) lock(ctx context.Context, key string) (unlock func(), err error) {
	for {
		k.mu.Lock()
		wait, busy := k.held[key]
		if !busy {
			mine := make(chan struct{})
			if k.held == nil {
				k.held = map[string]chan struct{}{}
			}
			k.held[key] = mine
			k.mu.Unlock()
			return func() { k.release(key, mine) }, nil
		}
		k.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (k *keyedLock) release(key string, mine chan struct{}) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.held, key)
	close(mine)
}

// cleanupTime bounds what is still done after a caller has given up.
const cleanupTime = 60 * time.Second

// detached outlives the caller's context, for work that must not stop half-way.
func detached(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) { //nolint:unparam // Each caller names its own limit.
	return context.WithTimeout(context.WithoutCancel(ctx), limit)
}
