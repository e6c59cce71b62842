// Package sandboxtest has an engine that needs no containers, and the tests that
// every engine passes.
package sandboxtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
	"pattarai/sandbox/probe"
)

// Fake is an engine whose nodes are agents in this process, each with a folder of
// its own for a root. It isolates nothing: it is for trusted tests only.
//
// Commands run on this host; they see the files of their node below the
// environment variable ROOT.
type Fake struct {
	dir string

	mu       sync.Mutex
	labs     map[string]*fakeLab
	watchers map[chan sandbox.Event]struct{}
	down     error
	serving  sync.WaitGroup
}

var _ sandbox.Engine = (*Fake)(nil)

type fakeLab struct {
	spec    sandbox.Spec
	created time.Time
	nodes   map[string]*fakeNode
}

// fakeNode is a node; stop is nil when it does not run.
type fakeNode struct {
	node     sandbox.Node
	address  string
	root     string
	listener *pipeListener
	stop     context.CancelFunc
	ended    chan struct{}
	paused   bool
}

// NewFake returns an engine that keeps its nodes' files below dir.
func NewFake(dir string) *Fake {
	return &Fake{dir: dir, labs: map[string]*fakeLab{}, watchers: map[chan sandbox.Event]struct{}{}}
}

// Close ends every node.
func (f *Fake) Close() {
	f.mu.Lock()
	for _, l := range f.labs {
		for _, n := range l.nodes {
			n.halt()
		}
	}
	f.mu.Unlock()
	f.serving.Wait()
}

// Break makes every call fail as if the engine were gone; nil heals it.
func (f *Fake) Break(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = err
}

func (f *Fake) up() error {
	if f.down != nil {
		return fmt.Errorf("%w: %w", sandbox.ErrEngine, f.down)
	}
	return nil
}

// Ready implements [sandbox.Engine].
func (f *Fake) Ready(context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.up()
}

// Launch implements [sandbox.Engine].
func (f *Fake) Launch(ctx context.Context, spec sandbox.Spec) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.up(); err != nil {
		return err
	}
	if f.labs[spec.ID] != nil {
		return nil
	}
	lab := &fakeLab{spec: spec, created: time.Now(), nodes: map[string]*fakeNode{}}
	nodes := append(slices.Clone(spec.Topology.Nodes), sandbox.Node{Name: sandbox.ProbeNode, Image: sandbox.ProbeNode})
	for i, n := range nodes {
		made := &fakeNode{node: n, address: fmt.Sprintf("192.0.2.%d", i+2), root: filepath.Join(f.dir, spec.ID, n.Name)}
		if err := f.start(spec.ID, made); err != nil {
			return errors.Join(err, f.removeLocked(lab))
		}
		lab.nodes[n.Name] = made
	}
	f.labs[spec.ID] = lab
	return nil
}

// start serves a node's agent on an empty root, as a container starts with empty
// memory file systems.
func (f *Fake) start(lab string, n *fakeNode) error {
	if err := os.RemoveAll(n.root); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(n.root, "tmp"), 0o755); err != nil {
		return err
	}
	env := append(os.Environ(), "ROOT="+n.root, "HOME=/")
	for k, v := range n.node.Env {
		env = append(env, k+"="+v)
	}
	ctx, stop := context.WithCancel(context.Background())
	n.listener, n.stop, n.ended, n.paused = newPipeListener(), stop, make(chan struct{}), false
	config := agent.Config{Listener: n.listener, Token: token(lab, n.node.Name), Root: n.root, Env: env, Probe: probe.Prepare}
	ended := n.ended
	f.serving.Go(func() {
		defer close(ended)
		// The listener's error is its end, which is ours.
		_ = agent.Serve(ctx, config)
	})
	f.announce(sandbox.Event{Lab: lab, Node: n.node.Name, State: sandbox.Running})
	return nil
}

// halt ends the agent and waits until it is gone.
func (n *fakeNode) halt() {
	if n.stop != nil {
		n.stop()
		<-n.ended
		n.stop = nil
	}
}

func token(lab, node string) string {
	sum := sha256.Sum256([]byte(lab + "/" + node))
	return hex.EncodeToString(sum[:])
}

// Dial implements [sandbox.Engine].
func (f *Fake) Dial(ctx context.Context, lab, node string) (net.Conn, error) {
	f.mu.Lock()
	n, err := f.find(lab, node)
	if err == nil && (n.stop == nil || n.paused) {
		err = fmt.Errorf("%w: %s", sandbox.ErrNotRunning, node)
	}
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	conn, err := n.listener.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", sandbox.ErrNotRunning, err)
	}
	if err := agent.Authenticate(conn, token(lab, node)); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%w: %w", sandbox.ErrEngine, err)
	}
	return conn, nil
}

func (f *Fake) find(lab, node string) (*fakeNode, error) {
	if err := f.up(); err != nil {
		return nil, err
	}
	l := f.labs[lab]
	if l == nil || l.nodes[node] == nil {
		return nil, fmt.Errorf("%w: %s of %s", sandbox.ErrNoLab, node, lab)
	}
	return l.nodes[node], nil
}

// Control implements [sandbox.Engine].
func (f *Fake) Control(ctx context.Context, lab, node string, action sandbox.Action) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.find(lab, node)
	if err != nil {
		return err
	}
	event := sandbox.Event{Lab: lab, Node: node}
	switch {
	case action == sandbox.Start && n.stop != nil:
		return nil
	case action == sandbox.Start:
		return f.start(lab, n)
	case (action == sandbox.Kill || action == sandbox.Stop) && n.stop == nil:
		return nil
	case action == sandbox.Kill:
		event.State, event.Exit = sandbox.Exited, 137
		n.halt()
	case action == sandbox.Stop:
		event.State = sandbox.Exited
		n.halt()
	case n.stop == nil:
		return fmt.Errorf("%w: %s", sandbox.ErrNotRunning, node)
	case action == sandbox.Pause:
		n.paused, event.State = true, sandbox.Paused
	case action == sandbox.Unpause:
		n.paused, event.State = false, sandbox.Running
	default:
		return fmt.Errorf("no action is called %q", action)
	}
	f.announce(event)
	return nil
}

// List implements [sandbox.Engine].
func (f *Fake) List(context.Context) ([]sandbox.Lab, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.up(); err != nil {
		return nil, err
	}
	var out []sandbox.Lab
	for _, l := range f.labs {
		lab := sandbox.Lab{ID: l.spec.ID, Owner: l.spec.Owner, Hash: l.spec.Topology.Hash, Created: l.created}
		for _, n := range l.nodes {
			lab.Nodes = append(lab.Nodes, sandbox.LabNode{
				Name: n.node.Name, Running: n.stop != nil, Paused: n.paused, Address: n.address,
				Image: "fake:" + n.node.Image, Memory: n.node.Limits.Memory,
			})
		}
		slices.SortFunc(lab.Nodes, func(a, b sandbox.LabNode) int { return strings.Compare(a.Name, b.Name) })
		out = append(out, lab)
	}
	slices.SortFunc(out, func(a, b sandbox.Lab) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// Remove implements [sandbox.Engine].
func (f *Fake) Remove(_ context.Context, lab string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.up(); err != nil {
		return err
	}
	l := f.labs[lab]
	if l == nil {
		return nil
	}
	return f.removeLocked(l)
}

func (f *Fake) removeLocked(l *fakeLab) error {
	delete(f.labs, l.spec.ID)
	for _, n := range l.nodes {
		n.halt()
		f.announce(sandbox.Event{Lab: l.spec.ID, Node: n.node.Name, State: sandbox.Gone})
	}
	return os.RemoveAll(filepath.Join(f.dir, l.spec.ID))
}

// Watch implements [sandbox.Engine].
func (f *Fake) Watch(ctx context.Context) (<-chan sandbox.Event, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.up(); err != nil {
		return nil, err
	}
	events := make(chan sandbox.Event, 256)
	f.watchers[events] = struct{}{}
	context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.watchers, events)
		close(events)
	})
	return events, nil
}

// announce tells every watcher; the caller holds mu.
func (f *Fake) announce(e sandbox.Event) {
	e.At = time.Now()
	for w := range f.watchers {
		select {
		case w <- e:
		default:
		}
	}
}
