package docker

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/moby/api/types/container"
)

// assertHardened compares what the engine says it made with what we asked for,
// before the container starts. It returns every deviation at once.
func assertHardened(p plan, got container.InspectResponse) error {
	if got.Config == nil || got.HostConfig == nil {
		return errors.New("the engine tells nothing about the container")
	}
	a := &deviations{}
	a.identity(p, got)
	a.privileges(p, got.HostConfig)
	a.namespaces(p, got.HostConfig)
	a.devices(got)
	a.storage(p, got)
	a.limits(p, got.HostConfig)
	return a.err()
}

// deviations collects what differs.
type deviations struct{ found []string }

func (d *deviations) want(ok bool, format string, args ...any) {
	if !ok {
		d.found = append(d.found, fmt.Sprintf(format, args...))
	}
}

func (d *deviations) err() error {
	if len(d.found) == 0 {
		return nil
	}
	return errors.New("the container is not as hardened as asked: " + strings.Join(d.found, "; "))
}

func (d *deviations) identity(p plan, got container.InspectResponse) {
	d.want(got.Config.User == p.user(), "user %q, not %s", got.Config.User, p.user())
	d.want(got.Image == p.image, "image %s, not %s", got.Image, p.image)
	d.want(slices.Equal(got.Config.Entrypoint, p.entrypoint()), "entry point %q", got.Config.Entrypoint)
}

func (d *deviations) privileges(p plan, h *container.HostConfig) {
	d.want(!h.Privileged, "privileged")
	d.want(slices.Equal(h.CapAdd, p.capabilities()), "added capabilities %v, not %v", h.CapAdd, p.capabilities())
	d.want(slices.Equal(h.CapDrop, []string{"ALL"}), "dropped capabilities %v, not ALL", h.CapDrop)
	d.want(len(h.GroupAdd) == 0, "groups %v", h.GroupAdd)
	d.want(onlyNoNewPrivileges(h.SecurityOpt), "security options %v, not only no-new-privileges", h.SecurityOpt)
	d.want(len(h.Sysctls) == 0, "kernel settings %v", h.Sysctls)
}

// onlyNoNewPrivileges also refuses an own seccomp or AppArmor profile.
func onlyNoNewPrivileges(opts []string) bool {
	return len(opts) == 1 && (opts[0] == noNewPrivileges || opts[0] == "no-new-privileges")
}

func (d *deviations) namespaces(p plan, h *container.HostConfig) {
	d.want(h.UsernsMode == "", "user namespace %q", h.UsernsMode)
	d.want(h.PidMode == "", "process namespace %q", h.PidMode)
	d.want(h.UTSMode == "", "host name namespace %q", h.UTSMode)
	d.want(h.IpcMode == container.IPCModePrivate, "ipc namespace %q, not private", h.IpcMode)
	d.want(h.CgroupnsMode == container.CgroupnsModePrivate, "cgroup namespace %q, not private", h.CgroupnsMode)
	d.want(h.NetworkMode == p.networkMode(), "network %q, not %s", h.NetworkMode, p.networkMode())
	d.want(len(h.PortBindings) == 0 && !h.PublishAllPorts, "published ports")
	d.want(len(h.DNS) == 0, "name servers %v", h.DNS)
	d.want(len(h.Links) == 0, "links %v", h.Links)
	d.want(p.runtime() == "" || h.Runtime == p.runtime(), "runtime %q, not %s", h.Runtime, p.runtime())
}

func (d *deviations) devices(got container.InspectResponse) {
	h := got.HostConfig
	d.want(len(h.Devices) == 0 && len(h.DeviceRequests) == 0 && len(h.DeviceCgroupRules) == 0, "devices")
	d.want(len(h.Binds) == 0 && len(h.VolumesFrom) == 0 && len(h.Mounts) == 0, "mounts from outside")
	for _, m := range got.Mounts {
		d.want(m.Type == "tmpfs", "a %s mount at %s", m.Type, m.Destination)
	}
}

func (d *deviations) storage(p plan, got container.InspectResponse) {
	h := got.HostConfig
	d.want(h.ReadonlyRootfs, "writable root file system")
	d.want(len(h.MaskedPaths) > 0 && len(h.ReadonlyPaths) > 0, "no masked or read-only kernel paths")
	asked := tmpfs(p.node)
	d.want(len(h.Tmpfs) == len(asked), "%d memory file systems, not %d", len(h.Tmpfs), len(asked))
	for dir, options := range asked {
		d.want(h.Tmpfs[dir] == options, "memory file system at %s is %q, not %q", dir, h.Tmpfs[dir], options)
	}
	d.want(h.LogConfig.Type == "json-file" && h.LogConfig.Config["max-size"] == "1m", "log %s without a bound", h.LogConfig.Type)
	d.want(!h.AutoRemove, "removes itself")
	d.want(h.RestartPolicy.IsNone(), "restart policy %q", h.RestartPolicy.Name)
}

func (d *deviations) limits(p plan, h *container.HostConfig) {
	want := p.resources()
	d.want(h.Memory == want.Memory && h.Memory > 0, "memory limit %d, not %d", h.Memory, want.Memory)
	d.want(h.MemorySwap == want.MemorySwap, "memory and swap limit %d, not %d", h.MemorySwap, want.MemorySwap)
	d.want(h.NanoCPUs == want.NanoCPUs && h.NanoCPUs > 0, "cpu limit %d, not %d", h.NanoCPUs, want.NanoCPUs)
	d.want(h.CPUShares == cpuShares, "cpu shares %d, not %d", h.CPUShares, cpuShares)
	d.want(h.PidsLimit != nil && *h.PidsLimit == *want.PidsLimit && *h.PidsLimit > 0, "process limit %s, not %d", number(h.PidsLimit), *want.PidsLimit)
	d.want(h.OomKillDisable == nil || !*h.OomKillDisable, "never killed for memory")
	d.want(h.OomScoreAdj == p.oomScore(), "memory score %d, not %d", h.OomScoreAdj, p.oomScore())
	d.want(sameUlimits(h.Ulimits, want.Ulimits), "resource limits %s", ulimits(h.Ulimits))
}

func number(n *int64) string {
	if n == nil {
		return "none"
	}
	return strconv.FormatInt(*n, 10)
}

func sameUlimits(got, want []*container.Ulimit) bool { return ulimits(got) == ulimits(want) }

func ulimits(list []*container.Ulimit) string {
	var out []string
	for _, u := range list {
		out = append(out, fmt.Sprintf("%s=%d:%d", u.Name, u.Soft, u.Hard))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
