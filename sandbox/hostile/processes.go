package hostile

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
)

func processes() []Abuse {
	return []Abuse{
		try("processes-under", "starts many processes", procs(60), same("60")).at("96 processes, just under"),
		try("processes-over", "starts many processes", procs(200), differ("fewer than 96", "200")).at("96 processes, just over").
			control("mount the pids control group for the engine"),
		try("threads-over", "starts many threads in one process", `
n = 0
stop = threading.Event()
threading.stack_size(65536)
try:
    for n in range(200): threading.Thread(target=stop.wait, daemon=True).start()
    print(200)
except RuntimeError: print("fewer than 96" if n < 96 else n)
stop.set()`, differ("fewer than 96", "200")).at("96 processes, just over"),
		deed("fork-storm", "forks without end; then the node is asked for something", forkStorm, same("answers")).
			control("mount the pids control group for the engine"),
		try("descriptors-under", "opens many files", opens(4000), same("4000")).at("4,096 descriptors, just under"),
		try("descriptors-over", "opens many files", opens(5000), same("EMFILE")).at("4,096 descriptors, just over"),
		try("raise-descriptors", "raises its own limit of open files", `
try: resource.setrlimit(resource.RLIMIT_NOFILE, (9999, 9999))
except ValueError: print("EPERM")`, same("EPERM")),
		try("raise-file-size", "raises its own limit of file sizes", `
try: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 40, 1 << 40))
except ValueError: print("EPERM")`, same("EPERM")),
		try("priority", "takes the processor before everybody else", `
first(lambda: os.setpriority(os.PRIO_PROCESS, 0, -20), lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99)))`, differ("EACCES EPERM", "done EINVAL")),
		Abuse{ID: "memory-under", What: "takes memory and keeps it", Want: same("done"), do: python(hog, `b = bytearray(32 << 20)`)}.at("64 MiB, just under").rough(),
		Abuse{ID: "memory-over", What: "takes memory and keeps it", Want: differ("killed: out of memory", ended), do: python(hog, `b = bytearray(160 << 20)`)}.at("64 MiB, just over").
			rough().control("mount the memory control group for the engine, and never give runsc --ignore-cgroups"),
		Abuse{ID: "memory-files", What: "takes memory as files", Want: differ("killed: out of memory", ended), do: python(hog, `
for n in ("/tmp/a", "/tmp/b", "/home/learner/a", "/home/learner/b"):
    with open(n, "wb", buffering=0) as f:
        for _ in range(750): f.write(b"x" * (1 << 16))`)}.at("64 MiB, just over").rough(),
		deed("neighbour-after", "takes all memory of its node; then another node is asked for something", neighbourAnswers, same("answers")),
		try("lock-memory", "locks memory so that it cannot be reclaimed", `
b = ctypes.create_string_buffer(16 << 20)
if libc.mlock(b, 16 << 20) < 0: raise OSError(ctypes.get_errno(), "")`, differ("ENOMEM", "ENOMEM")),
		deed("spin", "spins on eight processes; then the other lab is asked for something", spin, same("answers")),
		deed("output-flood", "prints without end", outputFlood, same("kept 4096 bytes, truncated")).at("4 KiB kept"),
		deed("terminal-flood", "prints into a terminal that nobody reads; then the node is asked for something", terminalFlood, same("answers")).at("256 KiB of scrollback"),
		deed("log-flood", "logs without end from the first process's own streams", logFlood, same("answers, log bounded")).at("1 MiB of log"),
		try("kill-first", "kills, stops and ends process 1", `
first(*(lambda s=s: os.kill(1, s) for s in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGSEGV)), lambda: os.pidfd_open(1))`, same("EPERM")),
		deed("kill-all", "kills every process it may; then the node is asked for something", killAll, same("answers")),
		Abuse{ID: "kill-thread", What: "kills a thread of process 1 by its number", Want: differ("lives", ended), do: python(hog, `
for t in os.listdir("/proc/1/task"):
    if t != "1": os.kill(int(t), signal.SIGKILL)
time.sleep(1); print("lives")`)}.rough(),
		try("orphans", "leaves children without parents behind", `
for _ in range(40):
    if os.fork() == 0:
        if os.fork() == 0: time.sleep(0.3); os._exit(0)
        os._exit(0)
for _ in range(40): os.wait()
for _ in range(100):
    time.sleep(0.1)
    left = [p for p in os.listdir("/proc") if p.isdigit() and os.path.exists("/proc/%s/status" % p) and status("State", p).startswith("Z")]
    if not left: break
print(len(left), "left as zombies")`, same("0 left as zombies")),
	}
}

// procs starts sleeping children and tells how many it got.
func procs(n int) string {
	return fmt.Sprintf(`
kids = []
try:
    for _ in range(%d): kids.append(os.posix_spawn("/bin/sleep", ["sleep", "30"], {}))
except OSError: pass
print(len(kids) if len(kids) == %d else "fewer than 96" if len(kids) < 96 else len(kids))
for k in kids: os.kill(k, 9); os.waitpid(k, 0)`, n, n)
}

func opens(n int) string {
	return fmt.Sprintf(`
kept = [open("/dev/null") for _ in range(%d)]
print(len(kept))`, n)
}

// answers asks a node for something small, as the server would.
func answers(ctx context.Context, s *sandbox.Session, node string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, programTime)
	defer cancel()
	res, err := s.Exec(ctx, node, agent.Command{Args: []string{"/bin/echo", "here"}, Timeout: programTime})
	if err != nil {
		return "", fmt.Errorf("asking %s: %w", node, err)
	}
	if strings.TrimSpace(string(res.Stdout)) != "here" {
		return outcome(res), nil
	}
	return "answers", nil
}

// clear ends whatever the learner left running in a node.
const clear = `
for _ in range(50):
    try: os.kill(-1, 9)
    except OSError: break`

func forkStorm(ctx context.Context, l *Lab) (string, error) {
	if _, err := l.shell(ctx, hog, `timeout 2 sh -c 'f() { f | f & }; f; wait' >/dev/null 2>&1; kill -9 -1`, 5*time.Second); err != nil {
		return "", err
	}
	return l.settled(ctx, hog)
}

// settled asks a node again and again until what a storm left has been cleared.
func (l *Lab) settled(ctx context.Context, node string) (seen string, err error) {
	for range 20 {
		if seen, err = answers(ctx, l.session, node); seen == "answers" || err != nil {
			return seen, err
		}
		if _, err := l.shell(ctx, node, "kill -9 -1", time.Second); err != nil {
			return "", err
		}
	}
	return seen, nil
}

func (l *Lab) shell(ctx context.Context, node, line string, limit time.Duration) (agent.Result, error) {
	return l.session.Exec(ctx, node, agent.Command{Args: []string{"/bin/sh", "-c", line}, Timeout: limit, MaxOutput: programOutput})
}

func killAll(ctx context.Context, l *Lab) (string, error) {
	if _, err := l.run(ctx, attacker, clear); err != nil {
		return "", err
	}
	return answers(ctx, l.session, attacker)
}

func neighbourAnswers(ctx context.Context, l *Lab) (string, error) {
	if _, err := l.run(ctx, hog, `b = bytearray(160 << 20)`); err != nil {
		return "", err
	}
	if err := l.restart(ctx, hog); err != nil {
		return "", err
	}
	return answers(ctx, l.session, neighbour)
}

func spin(ctx context.Context, l *Lab) (string, error) {
	done := make(chan error, 1)
	go func() {
		_, err := l.shell(ctx, hog, `for n in 1 2 3 4 5 6 7 8; do timeout 2 sh -c 'while :; do :; done' & done; wait`, 10*time.Second)
		done <- err
	}()
	seen, err := answers(ctx, l.other, neighbour)
	if spun := <-done; spun != nil {
		return "", spun
	}
	return seen, err
}

func outputFlood(ctx context.Context, l *Lab) (string, error) {
	res, err := l.shell(ctx, attacker, "timeout 1 yes", 5*time.Second)
	if err != nil {
		return "", err
	}
	if !res.StdoutTruncated {
		return "not truncated", nil
	}
	return fmt.Sprintf("kept %d bytes, truncated", len(res.Stdout)), nil
}

func terminalFlood(ctx context.Context, l *Lab) (string, error) {
	client, err := l.session.Agent(ctx, attacker)
	if err != nil {
		return "", err
	}
	shell, err := client.OpenShell(ctx, agent.ShellOptions{ID: "flood", Args: []string{"/bin/sh"}, Cols: 80, Rows: 24})
	if err != nil {
		return "", err
	}
	defer client.EndShell(context.WithoutCancel(ctx), "flood") //nolint:errcheck // The lab ends anyway.
	defer shell.Close()
	if _, err := io.WriteString(shell, "timeout 2 yes\n"); err != nil {
		return "", err
	}
	return answers(ctx, l.session, attacker)
}

// logFlood writes to the streams that the engine keeps as the container's log.
func logFlood(ctx context.Context, l *Lab) (string, error) {
	if _, err := l.run(ctx, neighbour, `
first(*(lambda p=p: write(p, "x" * (4 << 20)) for p in ("/proc/1/fd/1", "/proc/1/fd/2")))`); err != nil {
		return "", err
	}
	client, err := l.session.Agent(ctx, neighbour)
	if err != nil {
		return "", err
	}
	log, err := client.Logs(ctx)
	if err != nil {
		return "", err
	}
	seen, err := answers(ctx, l.session, neighbour)
	if len(log) <= mib {
		seen += ", log bounded"
	}
	return seen, err
}
