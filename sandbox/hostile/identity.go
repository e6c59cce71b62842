package hostile

// Remedies that several controls share.
const (
	replaceEngine = "update the container engine and its runtime; this is the program's own setting, so report it when they are current"
	seccompHint   = "run the engine with its default seccomp profile, and a kernel with CONFIG_SECCOMP_FILTER"
)

func identity() []Abuse {
	return []Abuse{
		try("user", "looks who it is", `print(*os.getresuid(), *os.getresgid())`, same("20000 20000 20000 20000 20000 20000")).
			control(replaceEngine),
		try("groups", "looks for groups that open files of the host", `print(*os.getgroups())`, same("20000")),
		try("capabilities", "looks for kernel capabilities, even ones it could still get",
			`print(*(status(k) for k in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")))`,
			same("0000000000000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000")).control(replaceEngine),
		try("setuid-root", "becomes root with setuid(0)", `os.setuid(0)`, same("EPERM")).control(replaceEngine),
		try("setgid-root", "joins the group of root", `os.setgid(0)`, same("EPERM")),
		try("setgroups", "joins the groups of disks and shadow", `os.setgroups([0, 6, 42])`, same("EPERM")),
		try("other-user", "becomes the next user", `os.setuid(20001)`, same("EPERM")),
		try("capset", "gives itself every capability",
			`call("capset", struct.pack("II", 0x20080522, 0), struct.pack("IIIIII", *[0xffffffff] * 6))`, same("EPERM")),
		try("ambient", "raises an ambient capability", `
if libc.prctl(47, 2, 13, 0, 0) < 0: raise OSError(ctypes.get_errno(), "")`, same("EPERM")),
		try("securebits", "changes how root gets capabilities", `
if libc.prctl(28, 1) < 0: raise OSError(ctypes.get_errno(), "")`, same("EPERM")),
		try("no-new-privileges", "asks whether programs can give it rights, and takes the bar away", `
print(libc.prctl(39, 0, 0, 0, 0))
if libc.prctl(38, 0, 0, 0, 0) < 0: print(errno.errorcode[ctypes.get_errno()])`, same("1 EINVAL")).control(replaceEngine),
		try("setuid-program", "runs a program that belongs to root with its setuid bit", `
p = subprocess.Popen(["/usr/bin/passwd"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(oct(os.stat("/usr/bin/passwd").st_mode & 0o7777), status("Uid", p.pid))
p.kill()`, same("0o4755 20000 20000 20000 20000")).control(replaceEngine),
		try("setuid-copy", "makes a copy of a program setuid and gives it to root", `
open("/home/learner/id", "wb").write(open("/usr/bin/id", "rb").read())
first(lambda: os.chown("/home/learner/id", 0, 0), lambda: os.chmod("/home/learner/id", 0o4755))
print(subprocess.run(["/home/learner/id", "-u"], capture_output=True, text=True).stdout)
os.unlink("/home/learner/id")`, same("EPERM done 20000")),
		try("file-capabilities", "puts capabilities onto a program of its own", `
open("/home/learner/c", "w").close()
os.setxattr("/home/learner/c", "security.capability", struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0))`, same("EPERM")).control(replaceEngine),
		try("su", "asks for root with su and an empty password",
			`print(subprocess.run(["su", "-c", "id -u"], input=b"\n", capture_output=True).returncode)`, same("1")),
		try("shadow", "reads the password hashes", `open("/etc/shadow")`, same("EACCES")),
		try("user-namespace", "becomes root of a user namespace of its own", `call("unshare", NEWUSER)`, differ("EPERM", "done")).
			control("keep the engine's default seccomp profile; on the standard tier also: sysctl -w user.max_user_namespaces=0"),
		try("root-namespace", "mounts a file system as root of a user namespace", `
call("unshare", NEWUSER | NEWNS)
call("mount", b"none", b"/mnt", b"tmpfs", 0, 0)`, differ("EPERM", "done")),
	}
}
