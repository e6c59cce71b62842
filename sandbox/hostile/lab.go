package hostile

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"pattarai/sandbox"
)

// The nodes of the lab.
const (
	attacker  = "attacker"  // Where the learner is.
	hog       = "hog"       // Small, for what may end its node.
	neighbour = "neighbour" // Serves at port 8000.
)

const (
	mib           = 1 << 20
	neighbourPort = 8000
	closeTime     = time.Minute
)

// Lab is a lab to be attacked, a second one that must not be reached from it, and
// listeners on the host that must not either.
type Lab struct {
	tier    sandbox.Tier
	engine  sandbox.Engine
	session *sandbox.Session
	other   *sandbox.Session
	facts   map[string]any
	host    *listeners
}

// Open starts the labs. The caller closes what it gets.
func Open(ctx context.Context, engine sandbox.Engine, tier sandbox.Tier) (*Lab, error) {
	host, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	l := &Lab{tier: tier, engine: engine, host: host}
	var wg sync.WaitGroup
	var errs [2]error
	wg.Go(func() { l.session, errs[0] = l.open(ctx, topology()) })
	wg.Go(func() { l.other, errs[1] = l.open(ctx, otherTopology()) })
	wg.Wait()
	err = errors.Join(errs[:]...)
	if err == nil {
		err = l.learn(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close(ctx))
	}
	return l, nil
}

func (l *Lab) open(ctx context.Context, t sandbox.Topology) (*sandbox.Session, error) {
	spec := sandbox.Spec{ID: "hostile" + strings.ToLower(rand.Text()[:16]), Owner: "hostile", Topology: t, Tier: l.tier}
	return sandbox.Open(ctx, l.engine, spec, map[string][]byte{"work/a.txt": []byte("a\n"), "serve.py": []byte(serveProgram)}, nil)
}

// Close removes the labs and ends the listeners.
func (l *Lab) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	l.host.close()
	var errs []error
	for _, s := range []*sandbox.Session{l.session, l.other} {
		if s != nil {
			errs = append(errs, s.Close(ctx))
		}
	}
	return errors.Join(errs...)
}

// Images names the lab images that the labs need.
func Images() []string { return []string{"python", sandbox.ProbeNode} }

func topology() sandbox.Topology {
	return sandbox.Topology{Name: "hostile", Hash: "hostile", Nodes: []sandbox.Node{
		{
			Name: attacker, Image: "python", Role: sandbox.RoleShell,
			Limits: sandbox.Limits{Memory: 192 * mib, CPUs: 1, Pids: 96, Tmpfs: 16 * mib},
			Files:  []sandbox.File{{Source: "work", Target: "/srv/work", Folder: true}},
		},
		{Name: hog, Image: "python", Role: sandbox.RoleShell, Limits: sandbox.Limits{Memory: 64 * mib, CPUs: 1, Pids: 96, Tmpfs: 96 * mib}},
		server(),
	}}
}

func otherTopology() sandbox.Topology {
	return sandbox.Topology{Name: "hostile-other", Hash: "hostile", Nodes: []sandbox.Node{server()}}
}

// server is a node that answers at a port, so that a closed port elsewhere means a
// wall and not that nobody listens.
func server() sandbox.Node {
	return sandbox.Node{
		Name: neighbour, Image: "python", Role: sandbox.RoleBackend, Command: []string{"python3", "/srv/serve/serve.py"},
		Limits: sandbox.Limits{Memory: 64 * mib, CPUs: 1, Pids: 64, Tmpfs: 4 * mib},
		Files:  []sandbox.File{{Source: "serve.py", Target: "/srv/serve/serve.py"}},
		Health: &sandbox.Health{
			Test:     []string{"/usr/bin/python3", "-I", "-S", "-c", fmt.Sprintf("import socket; socket.create_connection(('127.0.0.1', %d), 1)", neighbourPort)},
			Interval: time.Second, Timeout: 5 * time.Second, StartPeriod: 20 * time.Second, Retries: 3,
		},
	}
}

const serveProgram = `import socket
s = socket.create_server(("", 8000), backlog=256)
while True:
    c, _ = s.accept()
    c.sendall(b"hello\n")
    c.close()
`

// learn collects what the programs may know of the labs and the host: more than a
// learner can find out.
func (l *Lab) learn(ctx context.Context) error {
	mine, err := address(ctx, l.engine, l.session.ID(), sandbox.ProbeNode)
	if err != nil {
		return err
	}
	theirs, err := address(ctx, l.engine, l.other.ID(), neighbour)
	if err != nil {
		return err
	}
	foreign, err := address(ctx, l.engine, l.other.ID(), sandbox.ProbeNode)
	if err != nil {
		return err
	}
	l.facts = map[string]any{
		"gateway": mine.Prev().String(), "other": theirs.String(), "other_gateway": foreign.Prev().String(), "other_probe": foreign.String(),
		"host": hostAddresses(), "tcp": l.host.tcpPort, "udp": l.host.udpPort, "lab": l.session.ID(),
	}
	return nil
}

// address is a node's address on its lab's network.
func address(ctx context.Context, engine sandbox.Engine, lab, node string) (netip.Addr, error) {
	labs, err := engine.List(ctx)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, found := range labs {
		for _, n := range found.Nodes {
			if found.ID == lab && n.Name == node {
				return netip.ParseAddr(n.Address)
			}
		}
	}
	return netip.Addr{}, fmt.Errorf("%w: %s of lab %s", sandbox.ErrNoLab, node, lab)
}

// hostAddresses lists the IPv4 addresses of this host that a container could name.
func hostAddresses() []string {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var list []string
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			list = append(list, n.IP.String())
		}
	}
	return list
}

// listeners answer on every address of this host.
type listeners struct {
	tcp              net.Listener
	udp              net.PacketConn
	tcpPort, udpPort string
	done             sync.WaitGroup
	mu               sync.Mutex
	streams, packets int
}

func listen(ctx context.Context) (*listeners, error) {
	var config net.ListenConfig
	tcp, err := config.Listen(ctx, "tcp", ":0")
	if err != nil {
		return nil, fmt.Errorf("listen on this host: %w", err)
	}
	udp, err := config.ListenPacket(ctx, "udp", ":0")
	if err != nil {
		tcp.Close()
		return nil, fmt.Errorf("listen on this host: %w", err)
	}
	h := &listeners{tcp: tcp, udp: udp, tcpPort: port(tcp.Addr()), udpPort: port(udp.LocalAddr())}
	h.done.Go(h.accept)
	h.done.Go(h.receive)
	return h, nil
}

func port(a net.Addr) string {
	if at, err := netip.ParseAddrPort(a.String()); err == nil {
		return strconv.Itoa(int(at.Port()))
	}
	return ""
}

func (h *listeners) accept() {
	for {
		c, err := h.tcp.Accept()
		if err != nil {
			return
		}
		c.Close()
		h.count(&h.streams)
	}
}

func (h *listeners) receive() {
	buf := make([]byte, 64)
	for {
		if _, _, err := h.udp.ReadFrom(buf); err != nil {
			return
		}
		h.count(&h.packets)
	}
}

func (h *listeners) count(n *int) {
	h.mu.Lock()
	*n++
	h.mu.Unlock()
}

// reached tells how many connections and datagrams have arrived so far.
func (h *listeners) reached() (streams, packets int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.streams, h.packets
}

func (h *listeners) close() {
	h.tcp.Close()
	_ = h.udp.Close() // Nothing was written.
	h.done.Wait()
}
