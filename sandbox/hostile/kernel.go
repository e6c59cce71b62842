package hostile

func kernel() []Abuse {
	const gap = "keep the engine's default seccomp profile"
	return []Abuse{
		try("seccomp", "looks whether system calls are filtered", `print(status("Seccomp"))`, same("2")).control(seccompHint),
		try("which-kernel", "asks which kernel answers its system calls", `print("gVisor" if "gvisor" in os.uname().release else "the host's")`,
			differ("the host's", "gVisor")).
			control("give the engine gVisor: sudo bin/pattarai doctor --fix --tier hardened"),
		try("mount", "mounts a memory file system", `call("mount", b"none", b"/mnt", b"tmpfs", 0, 0)`, same("EPERM")).control(gap),
		try("mount-proc", "mounts a fresh /proc without the covers", `call("mount", b"proc", b"/mnt", b"proc", 0, 0)`, same("EPERM")),
		try("mount-bind", "binds a place over another", `call("mount", b"/tmp", b"/mnt", None, 4096, 0)`, same("EPERM")),
		try("remount", "makes the root writable again", `call("mount", b"none", b"/", None, 32, 0)`, same("EPERM")),
		try("umount", "takes the covers off /proc", `call("umount2", b"/proc/kcore", 2)`, same("EPERM")),
		try("new-mount-api", "uses the newer system calls for mounts", `first(lambda: call("fsopen", b"tmpfs", 0), lambda: call("open_tree", -100, b"/", 1))`,
			same("EPERM")),
		try("pivot-root", "changes the root of everything", `call("pivot_root", b"/tmp", b"/tmp")`, same("EPERM")),
		try("chroot", "changes its own root", `os.chroot("/tmp")`, same("EPERM")),
		try("namespaces", "makes namespaces of every kind", `
first(*(lambda f=f: call("unshare", f) for f in (NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWPID, NEWNET)))`, differ("EPERM", "EPERM EINVAL")).control(gap),
		try("setns", "enters the namespaces of process 1", `
first(*(lambda n=n: call("setns", os.open("/proc/1/ns/" + n, 0), 0) for n in ("mnt", "net", "pid", "user")))`, differ("EACCES", "EPERM EINVAL")),
		try("clone3", "makes namespaces with the newer system call", `
if call("clone3", struct.pack("QQQQQQQQ", NEWUSER | NEWNS, 0, 0, 0, 17, 0, 0, 0), 64) == 0: os._exit(0)`, differ("ENOSYS", "done")),
		try("bpf", "loads a program into the kernel", `call("bpf", 5, struct.pack("IIQQIIQII", 1, 1, 0, 0, 0, 0, 0, 0, 0), 48)`, same("EPERM")).control(gap),
		try("perf", "watches the processor through perf events", `call("perf_event_open", struct.pack("II", 0, 112) + b"\0" * 104, 0, -1, -1, 0)`,
			differ("EPERM", "ENODEV")),
		try("kexec", "starts another kernel", `call("kexec_load", 0, 0, 0, 0)`, same("EPERM")),
		try("modules", "loads and unloads kernel modules", `
first(lambda: call("init_module", b"", 0, b""), lambda: call("finit_module", 0, b"", 0), lambda: call("delete_module", b"x", 0))`, same("EPERM")),
		try("keyrings", "reads and writes the kernel's keyrings", `
first(lambda: call("add_key", b"user", b"x", b"x", 1, -3), lambda: call("keyctl", 0, -3, 1), lambda: call("request_key", b"user", b"x", 0, 0))`, differ("EPERM", "EACCES done")),
		try("userfaultfd", "stops the kernel at a page of its choice", `call("userfaultfd", 1)`, differ("EPERM", "ENOSYS")),
		try("io-uring", "makes an io_uring", `call("io_uring_setup", 4, b"\0" * 120)`, same("ENOSYS")).
			control("lab images must hold the current agent, which takes the call away: bin/pattarai images build"),
		try("other-calls", "makes system calls as programs for other machines do", `
import mmap
code = {"x86_64": b"\xb8\x14\x00\x00\x00\xcd\x80\xc3"}.get(os.uname().machine)
page = mmap.mmap(-1, 4096, prot=7)
page.write(code or b"")
pid = os.fork()
if pid == 0:
    os._exit(38 if code is None or ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))() == -38 else 0)
_, s = os.waitpid(pid, 0)
print("works" if s == 0 else "refused")`, same("refused")),
		try("reboot", "reboots the machine", `call("reboot", 0xfee1dead, 672274793, 0x1234567, 0)`, same("EPERM")),
		try("swap", "makes a file swap space", `call("swapon", b"/tmp/x", 0)`, same("EPERM")),
		try("clock", "sets the machine's clock", `first(lambda: time.clock_settime(time.CLOCK_REALTIME, 0), lambda: call("settimeofday", struct.pack("QQ", 0, 0), 0))`, same("EPERM")),
		try("host-name", "renames the machine", `first(lambda: socket.sethostname("x"), lambda: call("setdomainname", b"x", 1))`, same("EPERM")),
		try("accounting", "has every process of the machine recorded", `call("acct", b"/tmp/acct")`, same("EPERM")),
		try("quota", "changes disk quotas", `call("quotactl", 0x800002, b"/dev/sda1", 0, 0)`, same("EPERM")),
		try("file-handles", "opens a file of the host by its inode", `
call("open_by_handle_at", os.open("/", 0), struct.pack("II", 8, 1) + b"\2" + b"\0" * 7, 0)`, differ("EPERM", "ENOTSUP")),
		try("fanotify", "watches every file of the machine", `call("fanotify_init", 0, 0)`, differ("EPERM", "ENOSYS")),
		try("kernel-log", "reads the host's kernel log", `
buf = ctypes.create_string_buffer(4096)
n = call("syslog", 3, buf, 4096)
print("gVisor's own" if b"gVisor" in buf.raw else "the host's")`, differ("EPERM", "gVisor's own")),
		try("numa", "moves memory pages between processors", `first(lambda: call("mbind", 0, 4096, 1, 0, 0, 0), lambda: call("move_pages", 1, 0, 0, 0, 0, 0))`, differ("EPERM", "EFAULT EPERM")),
		try("personality", "switches off the random placing of programs", `call("personality", 0x0040000)`, differ("EPERM", "EINVAL")),
		try("ports", "talks to hardware through its ports", `
ctypes.set_errno(0)
if libc.ioperm(0x80, 1, 1) < 0: raise OSError(ctypes.get_errno(), "")`, same("EPERM")),
		try("terminal-hangup", "hangs up the host's terminal", `call("vhangup")`, same("EPERM")),
		try("kcmp", "compares kernel objects of process 1", `call("kcmp", 1, os.getpid(), 0, 0, 0)`, same("EPERM")),
		try("ptrace-first", "attaches a debugger to the agent", `call("ptrace", 16, 1, 0, 0)`, same("EPERM")).control(replaceEngine),
		try("read-memory", "reads the agent's memory with process_vm_readv", `
buf = ctypes.create_string_buffer(8)
iov = struct.pack("PN", ctypes.addressof(buf), 8)
call("process_vm_readv", 1, iov, 1, struct.pack("PN", 0x400000, 8), 1, 0)`, same("EPERM")),
		try("steal-descriptor", "takes a descriptor out of the agent", `call("pidfd_getfd", call("pidfd_open", 1, 0), 0, 0)`, same("EPERM")),
	}
}
