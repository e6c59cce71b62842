package docker

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"

	"pattarai/sandbox"
)

func testPlan() plan {
	return plan{
		spec: sandbox.Spec{ID: "aaaaaaaa", Tier: sandbox.Standard},
		node: sandbox.Node{
			Name: "one", Files: []sandbox.File{{Source: "a", Target: "/srv/a"}},
			Limits: sandbox.Limits{Memory: 64 << 20, CPUs: 0.5, Pids: 64, Tmpfs: 8 << 20},
		},
		image:   "sha256:1234",
		network: labNetwork{name: "net", subnet: netip.MustParsePrefix("10.213.0.0/28")},
		address: netip.MustParseAddr("10.213.0.3"),
	}
}

// asMade is what an engine tells that did all it was asked.
func asMade(p plan) container.InspectResponse {
	h := hostConfig(p)
	h.MaskedPaths, h.ReadonlyPaths = []string{"/proc/kcore"}, []string{"/proc/sys"}
	return container.InspectResponse{
		Image:      p.image,
		Config:     &container.Config{User: learner, Entrypoint: []string{agentPath}},
		HostConfig: h,
	}
}

func TestAssertHardened(t *testing.T) {
	if err := assertHardened(testPlan(), asMade(testPlan())); err != nil {
		t.Fatalf("the container as asked for: %v", err)
	}
	yes, many := true, int64(10000)
	for want, spoil := range map[string]func(*container.InspectResponse){
		"user":                 func(r *container.InspectResponse) { r.Config.User = "0" },
		"image":                func(r *container.InspectResponse) { r.Image = "sha256:other" },
		"entry point":          func(r *container.InspectResponse) { r.Config.Entrypoint = []string{"sh"} },
		"privileged":           func(r *container.InspectResponse) { r.HostConfig.Privileged = true },
		"added capabilities":   func(r *container.InspectResponse) { r.HostConfig.CapAdd = []string{"NET_RAW"} },
		"dropped capabilities": func(r *container.InspectResponse) { r.HostConfig.CapDrop = nil },
		"groups":               func(r *container.InspectResponse) { r.HostConfig.GroupAdd = []string{"docker"} },
		"security options []":  func(r *container.InspectResponse) { r.HostConfig.SecurityOpt = nil },
		"seccomp=unconfined": func(r *container.InspectResponse) {
			r.HostConfig.SecurityOpt = append(r.HostConfig.SecurityOpt, "seccomp=unconfined")
		},
		"kernel settings":     func(r *container.InspectResponse) { r.HostConfig.Sysctls = map[string]string{"net.x": "1"} },
		"user namespace":      func(r *container.InspectResponse) { r.HostConfig.UsernsMode = "host" },
		"process namespace":   func(r *container.InspectResponse) { r.HostConfig.PidMode = "host" },
		"host name namespace": func(r *container.InspectResponse) { r.HostConfig.UTSMode = "host" },
		"ipc namespace":       func(r *container.InspectResponse) { r.HostConfig.IpcMode = "host" },
		"cgroup namespace":    func(r *container.InspectResponse) { r.HostConfig.CgroupnsMode = "host" },
		"network":             func(r *container.InspectResponse) { r.HostConfig.NetworkMode = "host" },
		"published ports":     func(r *container.InspectResponse) { r.HostConfig.PublishAllPorts = true },
		"name servers":        func(r *container.InspectResponse) { r.HostConfig.DNS = []netip.Addr{netip.MustParseAddr("1.1.1.1")} },
		"links":               func(r *container.InspectResponse) { r.HostConfig.Links = []string{"a:b"} },
		"devices": func(r *container.InspectResponse) {
			r.HostConfig.Devices = []container.DeviceMapping{{PathOnHost: "/dev/kvm"}}
		},
		"mounts from outside": func(r *container.InspectResponse) { r.HostConfig.Binds = []string{"/:/host"} },
		"a bind mount": func(r *container.InspectResponse) {
			r.Mounts = []container.MountPoint{{Type: mount.TypeBind, Destination: "/x"}}
		},
		"writable root":         func(r *container.InspectResponse) { r.HostConfig.ReadonlyRootfs = false },
		"no masked":             func(r *container.InspectResponse) { r.HostConfig.MaskedPaths = nil },
		"or read-only kernel":   func(r *container.InspectResponse) { r.HostConfig.ReadonlyPaths = nil },
		"memory file systems":   func(r *container.InspectResponse) { r.HostConfig.Tmpfs["/etc"] = "rw" },
		"memory file system at": func(r *container.InspectResponse) { r.HostConfig.Tmpfs["/tmp"] = "rw,suid" },
		"log":                   func(r *container.InspectResponse) { r.HostConfig.LogConfig = container.LogConfig{Type: "json-file"} },
		"removes itself":        func(r *container.InspectResponse) { r.HostConfig.AutoRemove = true },
		"restart policy":        func(r *container.InspectResponse) { r.HostConfig.RestartPolicy.Name = container.RestartPolicyAlways },
		"memory limit":          func(r *container.InspectResponse) { r.HostConfig.Memory = 0 },
		"swap limit":            func(r *container.InspectResponse) { r.HostConfig.MemorySwap = -1 },
		"cpu limit":             func(r *container.InspectResponse) { r.HostConfig.NanoCPUs = 0 },
		"cpu shares":            func(r *container.InspectResponse) { r.HostConfig.CPUShares = 4096 },
		"process limit 10000":   func(r *container.InspectResponse) { r.HostConfig.PidsLimit = &many },
		"process limit none":    func(r *container.InspectResponse) { r.HostConfig.PidsLimit = nil },
		"never killed":          func(r *container.InspectResponse) { r.HostConfig.OomKillDisable = &yes },
		"memory score":          func(r *container.InspectResponse) { r.HostConfig.OomScoreAdj = -500 },
		"resource limits":       func(r *container.InspectResponse) { r.HostConfig.Ulimits = nil },
		"tells nothing":         func(r *container.InspectResponse) { r.HostConfig = nil },
		"groups ":               func(r *container.InspectResponse) { r.HostConfig.GroupAdd = []string{"0"} },
		"published ports by map": func(r *container.InspectResponse) {
			r.HostConfig.PortBindings = network.PortMap{network.MustParsePort("80/tcp"): nil}
		},
	} {
		t.Run(strings.ReplaceAll(want, " ", "-"), func(t *testing.T) {
			made := asMade(testPlan())
			spoil(&made)
			err := assertHardened(testPlan(), made)
			if err == nil || !strings.Contains(err.Error(), strings.TrimSuffix(want, " by map")) {
				t.Errorf("%v, want a word about %q", err, want)
			}
		})
	}
}

func TestAssertHardenedTier(t *testing.T) {
	p := testPlan()
	p.spec.Tier = sandbox.Hardened
	made := asMade(p)
	if *made.HostConfig.PidsLimit != gvisorPids || made.HostConfig.Memory != 64<<20+gvisorOverhead {
		t.Errorf("limits %d, %d", *made.HostConfig.PidsLimit, made.HostConfig.Memory)
	}
	made.HostConfig.Runtime = "runc"
	if err := assertHardened(p, made); err == nil || !strings.Contains(err.Error(), "runtime") {
		t.Errorf("runc in place of gVisor: %v", err)
	}
}

func TestCheckTargets(t *testing.T) {
	for target, ok := range map[string]bool{
		"/srv/app.py": true, "/etc/haproxy/haproxy.cfg": true, "/home/learner/x": true, "/tmp/x": true, "/usr/local/etc/x": true,
		"/etc/passwd": false, "/proc/x": false, "/sys/fs/x": false, "/dev/shm/x": false, "/usr/bin/ls": false, "/x": false, "relative/x": false, "/srv/../etc/passwd": false,
	} {
		err := checkTargets(sandbox.Node{Name: "n", Files: []sandbox.File{{Source: "x", Target: target}}})
		if (err == nil) != ok {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestTmpfs(t *testing.T) {
	n := testPlan().node
	n.Files = []sandbox.File{{Target: "/srv/a/x"}, {Target: "/srv/a/b/y"}, {Target: "/srv", Folder: true}, {Target: "/home/learner/z"}, {Target: "/run/app/c"}}
	got := tmpfs(n)
	if len(got) != 4 || got["/srv"] == "" {
		t.Errorf("memory file systems %v, want the usual three and /srv", got)
	}
}

func TestSubnets(t *testing.T) {
	s := newSubnets(netip.MustParsePrefix("10.1.0.0/24"))
	busy := []netip.Prefix{netip.MustParsePrefix("10.1.0.0/25")}
	seen := map[netip.Prefix]bool{}
	for range 8 {
		p, err := s.take(busy)
		if err != nil || seen[p] || p.Overlaps(busy[0]) || p.Bits() != 28 {
			t.Fatalf("took %s, %v after %v", p, err, seen)
		}
		seen[p] = true
	}
	if _, err := s.take(busy); err == nil {
		t.Error("a ninth /28 of half a /24")
	}
	for p := range seen {
		s.give(p)
		if got, err := s.take(busy); err != nil || got != p {
			t.Errorf("took %s, %v after giving %s back", got, err, p)
		}
		break
	}
	if got := addressOf(netip.MustParsePrefix("10.1.0.16/28"), 14).String(); got != "10.1.0.30" {
		t.Errorf("the last address is %s", got)
	}
}
