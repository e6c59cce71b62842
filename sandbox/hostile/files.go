package hostile

func files() []Abuse {
	return []Abuse{
		try("root-read-only", "writes into the root", `refused(lambda: write("/hostile"), lambda: write("/usr/hostile"))`, same("refused")).control(replaceEngine),
		try("home-under", "fills its home", `fill("/home/learner/big", 15 << 20)`, same("done")).at("16 MiB, just under"),
		try("home-over", "fills its home", `fill("/home/learner/big", 17 << 20)`, same("ENOSPC")).at("16 MiB, just over").
			control("the engine must honour the size of memory file systems; update it"),
		try("tmp-under", "fills /tmp", `fill("/tmp/big", 15 << 20)`, same("done")).at("16 MiB, just under"),
		try("tmp-over", "fills /tmp", `fill("/tmp/big", 17 << 20)`, same("ENOSPC")).at("16 MiB, just over"),
		try("run-under", "fills /run", `fill("/run/big", 7 << 20)`, same("done")).at("8 MiB, just under"),
		try("run-over", "fills /run", `fill("/run/big", 9 << 20)`, same("ENOSPC")).at("8 MiB, just over"),
		try("work-over", "fills the workspace", `fill("/srv/work/big", 17 << 20)`, same("ENOSPC")).at("16 MiB, just over"),
		try("shm-under", "fills shared memory", `fill("/dev/shm/big", 15 << 20)`, same("done")).at("16 MiB, just under"),
		try("shm-over", "fills shared memory", `fill("/dev/shm/big", 17 << 20)`, differ("ENOSPC", "ENOSPC")).at("16 MiB, just over"),
		try("run-inodes-under", "makes many empty files in /run", `crowd("/run/many", 900)`, same("done")).at("1,024 inodes, just under"),
		try("run-inodes-over", "makes many empty files in /run", `crowd("/run/many", 1100)`, differ("ENOSPC", "done")).at("1,024 inodes, just over"),
		try("work-inodes-under", "makes many empty files in the workspace", `crowd("/srv/work/many", 3900)`, same("done")).at("4,096 inodes, just under"),
		try("work-inodes-over", "makes many empty files in the workspace", `crowd("/srv/work/many", 4200)`, differ("ENOSPC", "done")).at("4,096 inodes, just over").
			control("the engine must honour nr_inodes of memory file systems; on gVisor, memory bounds them instead"),
		try("file-under", "makes a sparse file", `
open("/home/learner/sparse", "wb").truncate(64 << 20)
os.unlink("/home/learner/sparse")`, same("done")).at("64 MiB, just under"),
		try("file-over", "makes a sparse file", `
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
open("/home/learner/sparse", "wb").truncate((64 << 20) + 1)`, same("EFBIG")).at("64 MiB, just over").
			control("the engine must honour the limit of file sizes (ulimit fsize); update it"),
		try("sparse-terabyte", "makes a sparse file of a terabyte", `
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
open("/home/learner/sparse", "wb").truncate(1 << 40)`, same("EFBIG")),
		try("deep", "makes directories within directories", `
os.chdir("/tmp")
for n in range(2000):
    os.mkdir("d"); os.chdir("d")
os.chdir("/tmp")
subprocess.run(["rm", "-rf", "/tmp/d"])`, same("done")),
		try("tmp-programs", "runs a program from /tmp", `
open("/tmp/id", "wb").write(open("/usr/bin/id", "rb").read())
os.chmod("/tmp/id", 0o755)
try: subprocess.run(["/tmp/id", "-u"], stdout=subprocess.DEVNULL)
finally: os.unlink("/tmp/id")`, same("EACCES")),
		try("hard-link", "links a file of root into its home", `os.link("/etc/shadow", "/home/learner/shadow")`, same("EXDEV")),
		try("symbolic-link", "reads a file of root through a link", `
os.symlink("/etc/shadow", "/home/learner/l")
try: open("/home/learner/l")
finally: os.unlink("/home/learner/l")`, same("EACCES")),
		try("core-dump", "leaves its memory on the disk when it crashes", `
os.chdir("/tmp")
pid = os.fork()
if pid == 0: os.abort()
_, s = os.waitpid(pid, 0)
print(os.WCOREDUMP(s), *[f for f in os.listdir("/tmp") if "core" in f])`, same("False")),
	}
}
