package docker

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"

	"pattarai/sandbox"
)

// What every container is given. security rests on it; see assertHardened.
const (
	learner         = "20000:20000"
	home            = "/home/learner"
	oomScore        = 500
	cpuShares       = 256
	shmSize         = 16 << 20
	gvisorPids      = 512      // A lower limit ends gVisor itself.
	gvisorOverhead  = 64 << 20 // gVisor's own memory counts too.
	noNewPrivileges = "no-new-privileges:true"
	stopSeconds     = 2
	agentPath       = sandbox.AgentPath
)

// GVisor is the engine's name for the runtime of hardened labs.
const GVisor = "runsc"

// plan is everything about one node that shapes its container.
type plan struct {
	spec    sandbox.Spec
	node    sandbox.Node // Limits filled in.
	image   string       // Digest.
	command []string     // The image's own.
	network labNetwork
	address netip.Addr
	hosts   []string // "name:address" of every node.
	relaxed bool     // Without a raised OOM score.
	host    hostInfo
	spare   bool // Made ahead: the spec's ID is the set's, and there is no lab yet.

	holds            bool   // It is a holder itself.
	impairs          bool   // It spoils the links of the network it uses.
	skeleton, holder string // Whose network it uses; "" when it has an own one.
}

// specHash is the hash of everything in a spec that shapes containers.
func specHash(s sandbox.Spec) string {
	h := sha256.New()
	// A value of plain types always encodes.
	_ = json.NewEncoder(h).Encode(struct {
		Nodes []sandbox.Node
		Tier  sandbox.Tier
	}{s.Topology.Nodes, s.Tier})
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// token opens the agent of one node. It is derived, so a restarted server knows
// it: from the lab's id, or from the set's when the agent is older than the lab.
func (e *Engine) token(made, node string) string {
	m := hmac.New(sha256.New, e.config.Secret)
	m.Write([]byte(made + "/" + node))
	return hex.EncodeToString(m.Sum(nil))
}

// containerConfig is the container's portable half.
func (e *Engine) containerConfig(p plan) *container.Config {
	timeout := stopSeconds
	return &container.Config{
		Hostname:    p.hostname(),
		User:        p.user(),
		Image:       p.image,
		Env:         e.environment(p),
		Labels:      e.labels(p),
		StopTimeout: &timeout,
		Entrypoint:  p.entrypoint(),
	}
}

func (e *Engine) environment(p plan) []string {
	env := []string{
		"HOME=" + home,
		"PATTARAI_AGENT_TOKEN=" + e.token(p.spec.ID, p.node.Name),
		"PATTARAI_AGENT_PEER=" + addressOf(p.network.subnet, 1).String(),
	}
	for _, k := range slices.Sorted(maps.Keys(p.node.Env)) {
		if !strings.HasPrefix(k, "PATTARAI_AGENT_") {
			env = append(env, k+"="+p.node.Env[k])
		}
	}
	return env
}

func (e *Engine) labels(p plan) map[string]string {
	command, _ := json.Marshal(p.command) // Strings always encode.
	labels := map[string]string{
		labelInstallation: e.config.Installation,
		labelNode:         p.node.Name,
		labelRole:         string(p.node.Role),
		labelSpec:         specHash(p.spec),
		labelTopology:     p.spec.Topology.Hash,
		labelCreated:      time.Now().UTC().Format(time.RFC3339Nano),
		labelVersion:      version(),
		labelNetwork:      p.network.name,
		labelAddress:      p.address.String(),
		labelCommand:      string(command),
		labelMemory:       strconv.FormatInt(p.node.Limits.Memory, 10),
	}
	if p.skeleton != "" {
		labels[labelSkeleton] = p.skeleton
	}
	if p.spare {
		labels[labelSet] = p.spec.ID
	} else {
		labels[labelLab], labels[labelOwner] = p.spec.ID, p.spec.Owner
	}
	return labels
}

// hostConfig is the container's other half: all that keeps it in its place.
func hostConfig(p plan) *container.HostConfig {
	no := false
	h := &container.HostConfig{
		NetworkMode:    p.networkMode(),
		CapDrop:        []string{"ALL"},
		CapAdd:         p.capabilities(),
		SecurityOpt:    []string{noNewPrivileges},
		ReadonlyRootfs: true,
		Tmpfs:          tmpfs(p.node),
		ExtraHosts:     p.hosts,
		DNSOptions:     []string{"timeout:1", "attempts:1"}, // No name server is in reach: say so soon.
		IpcMode:        container.IPCModePrivate,
		CgroupnsMode:   container.CgroupnsModePrivate,
		OomScoreAdj:    p.oomScore(),
		ShmSize:        shmSize,
		Init:           &no, // The agent reaps.
		LogConfig:      container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "1m", "max-file": "1"}},
		RestartPolicy:  container.RestartPolicy{Name: container.RestartPolicyDisabled},
		Runtime:        p.runtime(),
		Resources:      p.resources(),
	}
	if p.holder != "" { // Names come with the holder's network.
		h.ExtraHosts, h.DNSOptions = nil, nil
	}
	return h
}

func (p plan) networkMode() container.NetworkMode {
	if p.holder != "" {
		return container.NetworkMode("container:" + p.holder)
	}
	return container.NetworkMode(p.network.name)
}

func (p plan) entrypoint() []string {
	if p.holds {
		return []string{agentPath, "hold"}
	}
	if p.impairs {
		return []string{agentPath, "impair"}
	}
	return []string{agentPath}
}

// user is root where capabilities are to work.
func (p plan) user() string {
	if p.impairs {
		return "0:0"
	}
	return learner
}

func (p plan) capabilities() []string {
	if p.impairs {
		return []string{netAdmin}
	}
	return nil
}

// hostname is "" for a node that takes its holder's.
func (p plan) hostname() string {
	if p.holder != "" {
		return ""
	}
	return p.node.Name
}

func (p plan) oomScore() int {
	if p.relaxed {
		return 0
	}
	return oomScore
}

func (p plan) runtime() string {
	if p.spec.Tier == sandbox.Hardened {
		return GVisor
	}
	return ""
}

func (p plan) resources() container.Resources {
	no := false
	pids, memory := p.node.Limits.Pids, p.node.Limits.Memory
	if p.spec.Tier == sandbox.Hardened {
		pids, memory = max(pids, gvisorPids), memory+gvisorOverhead
	}
	r := container.Resources{
		Memory: memory, MemorySwap: memory,
		NanoCPUs:       int64(p.node.Limits.CPUs * 1e9),
		CPUShares:      cpuShares,
		PidsLimit:      &pids,
		OomKillDisable: &no,
		Ulimits: []*container.Ulimit{
			{Name: "nofile", Soft: 4096, Hard: 4096},
			{Name: "core"},
			{Name: "fsize", Soft: 64 << 20, Hard: 64 << 20},
		},
	}
	if p.host.cpus >= 4 { // One core stays with the server.
		r.CpusetCpus = fmt.Sprintf("0-%d", p.host.cpus-2)
	}
	return r
}

func (p plan) endpoint() *network.EndpointSettings {
	return &network.EndpointSettings{IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: p.address}}
}

func endpointAt(address string) (*network.EndpointSettings, error) {
	at, err := netip.ParseAddr(address)
	if err != nil {
		return nil, fmt.Errorf("the container's label says address %q: %w", address, err)
	}
	return plan{address: at}.endpoint(), nil
}

// tmpfs lists the node's memory file systems: the usual three and one for every
// place where workspace files appear.
func tmpfs(n sandbox.Node) map[string]string {
	size := n.Limits.Tmpfs
	mounts := map[string]string{
		"/tmp": fmt.Sprintf("rw,nosuid,nodev,size=%d,nr_inodes=16k,mode=1777", size),
		"/run": fmt.Sprintf("rw,nosuid,nodev,size=%d,nr_inodes=1k,mode=755,uid=20000,gid=20000", min(size, 8<<20)),
		home:   fmt.Sprintf("rw,nosuid,nodev,exec,size=%d,nr_inodes=32k,mode=700,uid=20000,gid=20000", size),
	}
	for _, dir := range fileDirs(n.Files) {
		if !below(dir, "/tmp") && !below(dir, "/run") && !below(dir, home) {
			mounts[dir] = fmt.Sprintf("rw,nosuid,nodev,exec,size=%d,nr_inodes=4k,mode=755,uid=20000,gid=20000", size)
		}
	}
	return mounts
}

// fileDirs returns the directories that workspace files are put into, outermost
// only: a directory below another needs no file system of its own.
func fileDirs(files []sandbox.File) []string {
	var dirs []string
	for _, f := range files {
		dir := path.Clean(f.Target)
		if !f.Folder {
			dir = path.Dir(dir)
		}
		dirs = append(dirs, dir)
	}
	slices.Sort(dirs)
	var out []string
	for _, d := range slices.Compact(dirs) {
		if !slices.ContainsFunc(out, func(o string) bool { return below(d, o) }) {
			out = append(out, d)
		}
	}
	return out
}

// below tells whether dir is parent or lies in it.
func below(dir, parent string) bool { return dir == parent || strings.HasPrefix(dir, parent+"/") }

// checkTargets refuses files in places whose replacement by an empty file system
// would break the container.
func checkTargets(n sandbox.Node) error {
	needed := []string{"/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/proc", "/root", "/sbin", "/sys", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/sbin", "/var"}
	for _, dir := range fileDirs(n.Files) {
		if !path.IsAbs(dir) || slices.Contains(needed, dir) || below(dir, "/proc") || below(dir, "/sys") || below(dir, "/dev") {
			return fmt.Errorf("node %s: files cannot be mapped into %s; choose a directory of their own, such as /srv", n.Name, dir)
		}
	}
	return nil
}
