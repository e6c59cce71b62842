package hostile

func machine() []Abuse {
	const covers = "keep the engine's own masked and read-only paths"
	return []Abuse{
		try("sysrq", "pulls the kernel's emergency brake", `refused(lambda: write("/proc/sysrq-trigger", "h"))`, same("refused")).control(covers),
		try("core-pattern", "has the kernel run a program of its choice when one crashes", `refused(lambda: write("/proc/sys/kernel/core_pattern", "|/tmp/x"))`, same("refused")).control(covers),
		try("kernel-settings", "changes kernel settings", `
refused(*(lambda p=p: write("/proc/sys/" + p, "1") for p in ("kernel/hostname", "vm/drop_caches", "net/ipv4/ip_forward", "kernel/randomize_va_space", "fs/file-max")))`, same("refused")),
		try("uevent-helper", "has the kernel run a program for every device", `refused(lambda: write("/sys/kernel/uevent_helper", "/tmp/x"))`, same("refused")),
		try("release-agent", "has the kernel run a program when a control group ends", `
import glob
found = glob.glob("/sys/fs/cgroup/*/release_agent") + glob.glob("/sys/fs/cgroup/release_agent")
refused(*(lambda p=p: write(p, "/tmp/x") for p in found))`, same("refused")),
		try("raise-limit", "raises its own memory limit", `
found = [p for p in ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max") if os.path.exists(p)]
refused(*(lambda p=p: write(p, "99999999999") for p in found))`, same("refused")).control(covers),
		try("kcore", "reads the kernel's memory", `
print(len(open("/proc/kcore", "rb").read(64)) if os.path.exists("/proc/kcore") else 0, "bytes")`, same("0 bytes")).control(covers),
		try("masked", "reads what tells about the host's other programs", `
seen = [len(open(p, "rb").read(64)) for p in ("/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/latency_stats") if os.path.exists(p)]
print(sum(seen), *(n for d in ("/proc/scsi", "/sys/firmware") if os.path.isdir(d) for n in os.listdir(d)))`, same("0")),
		try("physical-memory", "opens the machine's memory, disks and consoles", `
found = [p for p in ("mem", "kmem", "port", "kmsg", "sda", "vda", "nvme0n1", "dm-0", "fuse", "kvm", "loop0", "loop-control", "net/tun", "vsock", "uinput", "dri") if os.path.exists("/dev/" + p)]
print(*found or ["none is there"])`, differ("none is there", "fuse net/tun")).control("no device may be handed to a lab; look for default devices in the engine's configuration"),
		try("make-device", "makes device nodes of its own for the disks", `
first(lambda: os.mknod("/home/learner/d", 0o60600, os.makedev(8, 0)), lambda: os.mknod("/tmp/c", 0o20600, os.makedev(1, 1)), lambda: os.mknod("/dev/shm/c", 0o20600, os.makedev(1, 1)))`, same("EPERM")).control(replaceEngine),
		try("engine-socket", "looks for the container engine's socket", `
text = open("/proc/self/mountinfo").read()
places = [p for p in ("/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock", "/run/podman/podman.sock") if os.path.exists(p)]
print("docker.sock" in text or "containerd.sock" in text, *places)`, same("False")).control("only the server may have the engine's socket; remove default volumes from the engine's configuration"),
		try("host-mounts", "looks for writable places that are the host's", `
import re
inside = re.compile(r"^/(proc|sys|dev)(/|$)")
found = []
for line in open("/proc/self/mountinfo"):
    f = line.split()
    kind = f[f.index("-") + 1]
    if "rw" in f[5].split(",") and kind not in ("tmpfs", "devpts", "mqueue", "proc") and not inside.match(f[4]):
        try:
            os.open(f[4], os.O_WRONLY)
            found.append(f[4])
        except OSError as e:
            if e.errno == errno.EISDIR and os.access(f[4], os.W_OK): found.append(f[4])
print(*found or ["none"])`, same("none")),
		try("agent-secrets", "reads the agent's environment, memory and files", `
def look(p):
    if p == "fd": found.extend("fd/" + n for n in os.listdir("/proc/1/fd") if os.open("/proc/1/fd/" + n, os.O_RDONLY | os.O_NONBLOCK) > 0)
    elif os.listdir("/proc/1/root") if p == "root" else open("/proc/1/" + p, "rb").read(4096): found.append(p)
found = []
for p in ("environ", "mem", "maps", "auxv", "fd", "root"):
    try: look(p)
    except OSError: pass
print(*found or ["nothing"])`, same("nothing")).control(replaceEngine),
		try("own-environment", "looks for secrets in its own environment", `
print(*[k for k in os.environ if any(w in k for w in ("TOKEN", "SECRET", "PASSWORD", "AGENT"))] or ["none"])`, same("none")),
		try("other-processes", "counts the processes it sees that are not its node's", `
print(sum(1 for p in os.listdir("/proc") if p.isdigit() and "Name" and status("Name", p) in ("dockerd", "containerd", "pattarai", "systemd", "sshd")))`, same("0")),
		try("spare-me", "makes the kernel end others first when memory runs out", `write("/proc/self/oom_score_adj", "-1000")`, differ("EACCES", "done")),
		try("image", "changes the image's programs, the agent and the users", `
refused(*(lambda p=p: write(p) for p in ("/usr/bin/x", "/etc/passwd", "/pattarai-agent", "/x", "/lib/x", "/etc/ld.so.preload")))`, same("refused")),
		try("names", "points the lab's names elsewhere", `refused(lambda: write("/etc/hosts"), lambda: write("/etc/resolv.conf"))`, same("refused")),
	}
}
