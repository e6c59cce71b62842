// Package images holds the definitions of the lab images and the set of them on
// one container engine: which are there, how to build them, and how to carry them
// to a machine without a network.
//
// It knows no engine: a [Builder] does the work, and sandbox/docker provides one.
package images

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"pattarai/sandbox"
)

// Base is the image that all others but the probe start from.
const Base = "debian:trixie-slim"

//go:embed cron go haproxy load nginx node postgres python rabbitmq redis s3 shell ssh probe
var contexts embed.FS

// Image is a lab image that topologies may name.
type Image struct {
	Name    string
	Summary string         // A sentence for `pattarai images list`.
	Base    string         // What it is built from; "" for nothing.
	Limits  sandbox.Limits // Where a node's own limits are zero.
}

// repository is what the names of all lab images begin with.
const repository = "pattarai/"

const mib = 1 << 20

// Catalog returns the lab images in the order they are shown.
func Catalog() []Image {
	return []Image{
		{"cron", "cron, running the crontab of a lesson.", Base, sandbox.Limits{Memory: 64 * mib, CPUs: 1, Pids: 64, Tmpfs: 8 * mib}},
		{"go", "The Go toolchain, without a network.", Base, sandbox.Limits{Memory: 512 * mib, CPUs: 2, Pids: 128, Tmpfs: 256 * mib}},
		{"haproxy", "HAProxy 3 with its reload and runtime helpers.", Base, sandbox.Limits{Memory: 96 * mib, CPUs: 1, Pids: 64, Tmpfs: 8 * mib}},
		{"load", "Where load comes from: ab and wrk.", Base, sandbox.Limits{Memory: 128 * mib, CPUs: 1, Pids: 64, Tmpfs: 16 * mib}},
		{"nginx", "nginx as a web server, a proxy or a balancer.", Base, sandbox.Limits{Memory: 64 * mib, CPUs: 1, Pids: 32, Tmpfs: 16 * mib}},
		{"node", "Node.js 20; the program comes from the lesson.", Base, sandbox.Limits{Memory: 192 * mib, CPUs: 1, Pids: 64, Tmpfs: 16 * mib}},
		{"postgres", "PostgreSQL 17 with a WAL archive, alone or as a streaming replica.", Base, sandbox.Limits{Memory: 320 * mib, CPUs: 1, Pids: 64, Tmpfs: 192 * mib}},
		{"python", "Python 3 with Flask, requests, pika, psycopg and redis; the program comes from the lesson.", Base, sandbox.Limits{Memory: 128 * mib, CPUs: 1, Pids: 64, Tmpfs: 16 * mib}},
		{"rabbitmq", "RabbitMQ 4.0 with its management pages, alone or in a cluster.", Base, sandbox.Limits{Memory: 320 * mib, CPUs: 1, Pids: 128, Tmpfs: 96 * mib}},
		{"redis", "Redis 8 in memory, open to the whole lab.", Base, sandbox.Limits{Memory: 64 * mib, CPUs: 1, Pids: 64, Tmpfs: 8 * mib}},
		{"s3", "A stand-in for an object store: moto answers S3's API from memory.", Base, sandbox.Limits{Memory: 192 * mib, CPUs: 1, Pids: 64, Tmpfs: 96 * mib}},
		{"shell", "Where a learner types: bash, curl, jq, ab and friends.", Base, sandbox.Limits{Memory: 256 * mib, CPUs: 1, Pids: 128, Tmpfs: 32 * mib}},
		{"ssh", "OpenSSH, server and client, with the lab's key.", Base, sandbox.Limits{Memory: 64 * mib, CPUs: 1, Pids: 64, Tmpfs: 8 * mib}},
		{sandbox.ProbeNode, "Nothing but the agent; checks and traffic come from here.", "", sandbox.Limits{Memory: 96 * mib, CPUs: 1, Pids: 64, Tmpfs: 4 * mib}},
	}
}

// Names returns the short names of all lab images: what a topology may name.
func Names() []string {
	var names []string
	for _, i := range Catalog() {
		names = append(names, i.Name)
	}
	return names
}

// Lookup returns the lab image with that short name.
func Lookup(name string) (Image, bool) {
	all := Catalog()
	i := slices.IndexFunc(all, func(i Image) bool { return i.Name == name })
	if i < 0 {
		return Image{}, false
	}
	return all[i], true
}

// Builder is what a container engine has to do for images.
type Builder interface {
	// ImageID returns the digest of a local image, or "" when there is none.
	ImageID(ctx context.Context, ref string) (string, error)
	// PullImage fetches an image from its registry.
	PullImage(ctx context.Context, ref string) error
	// BuildImage builds the tarred context, tags the result ref, and writes the
	// engine's own words to log.
	BuildImage(ctx context.Context, ref string, context []byte, log io.Writer) error
	// SaveImages returns an archive of local images.
	SaveImages(ctx context.Context, refs []string) (io.ReadCloser, error)
	// LoadImages brings in an archive that SaveImages made.
	LoadImages(ctx context.Context, archive io.Reader) error
}

// Set is the lab images as one engine holds them. Safe for concurrent use.
type Set struct {
	builder Builder
	path    string          // Of the agent; "" means beside the executable.
	needed  func() []string // What lessons use; nil means all.

	mu    sync.Mutex
	agent []byte
}

// New returns the set on the engine behind builder. agent is the path of the
// agent's binary; "" means the file pattarai-agent beside the running executable.
// The binary is looked for when it is first needed. needed tells which images the
// lessons use, so that no others have to be there; nil means all of them.
func New(builder Builder, agent string, needed func() []string) *Set {
	return &Set{builder: builder, path: agent, needed: needed}
}

// Names returns the short names of all lab images.
func (s *Set) Names() []string { return Names() }

// Needed returns the names of the images that labs here cannot do without: those
// that lessons use, and the probe.
func (s *Set) Needed() []string {
	if s.needed == nil {
		return Names()
	}
	used := s.needed()
	return slices.DeleteFunc(Names(), func(name string) bool {
		return name != sandbox.ProbeNode && !slices.Contains(used, name)
	})
}

// Ref returns the reference of a lab image: its name and the hash of everything
// it is made from, the agent included. It needs the agent's binary.
func (s *Set) Ref(name string) (string, error) {
	context, err := s.context(name)
	if err != nil {
		return "", err
	}
	return repository + name + ":" + fingerprint(context), nil
}

// ID returns the digest of a lab image as the engine holds it. An image that has
// not been built matches [sandbox.ErrNoImage].
func (s *Set) ID(ctx context.Context, name string) (string, error) {
	ref, err := s.Ref(name)
	if err != nil {
		return "", err
	}
	id, err := s.builder.ImageID(ctx, ref)
	if err != nil {
		return "", err
	}
	if id == "" {
		return "", fmt.Errorf("%w: %s; build it with `bin/pattarai images build %s`", sandbox.ErrNoImage, ref, name)
	}
	return id, nil
}

// Missing returns those of names that the engine does not hold in their present
// version.
func (s *Set) Missing(ctx context.Context, names []string) ([]string, error) {
	var missing []string
	for _, name := range names {
		_, err := s.ID(ctx, name)
		if err != nil && !errors.Is(err, sandbox.ErrNoImage) {
			return nil, err
		}
		if err != nil {
			missing = append(missing, name)
		}
	}
	return missing, nil
}

// Entry is a lab image and what the engine holds of it.
type Entry struct {
	Image
	Ref    string
	ID     string // Digest, "" when it is not there.
	Needed bool   // Lessons use it.
}

// List returns every lab image with its reference and digest.
func (s *Set) List(ctx context.Context) ([]Entry, error) {
	var out []Entry
	needed := s.Needed()
	for _, i := range Catalog() {
		ref, err := s.Ref(i.Name)
		if err != nil {
			return nil, err
		}
		id, err := s.builder.ImageID(ctx, ref)
		if err != nil {
			return nil, err
		}
		out = append(out, Entry{Image: i, Ref: ref, ID: id, Needed: slices.Contains(needed, i.Name)})
	}
	return out, nil
}

// context returns the tarred build context of an image, the agent last.
func (s *Set) context(name string) ([]byte, error) {
	if _, ok := Lookup(name); !ok {
		return nil, fmt.Errorf("no lab image is called %q; there are %s", name, strings.Join(s.Names(), ", "))
	}
	agent, err := s.agentBinary()
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := writeContext(&buf, contexts, name, agent); err != nil {
		return nil, fmt.Errorf("build context of %s: %w", name, err)
	}
	return buf.Bytes(), nil
}
