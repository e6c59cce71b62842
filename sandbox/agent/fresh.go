package agent

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// freshDir is the directory of a Fresh command.
type freshDir struct{ path string }

// remove deletes the directory, if there is one.
func (d *freshDir) remove() {
	if d == nil {
		return
	}
	// The command may have taken away its own permissions.
	filepath.WalkDir(d.path, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			os.Chmod(path, 0o700) //nolint:gosec // A folder without its x bit cannot be emptied.
		}
		return nil
	})
	os.RemoveAll(d.path)
}

// receiveCommand reads the files and stdin that follow an exec request, and
// makes the fresh directory (nil otherwise), which the caller removes even after an
// error.
func receiveCommand(w *wire, cmd *Command) (dir *freshDir, err error) {
	if cmd.Fresh {
		dir, err = receiveFresh(w, cmd)
	}
	in := &frameReader{w: w}
	stdin, readErr := io.ReadAll(io.LimitReader(in, maxStdin+1))
	if len(stdin) > maxStdin {
		in.drain()
		readErr = refuse("stdin of more than %d bytes", maxStdin)
	}
	cmd.Stdin = stdin
	if err == nil {
		err = readErr
	}
	return dir, err
}

func receiveFresh(w *wire, cmd *Command) (*freshDir, error) {
	in := &frameReader{w: w}
	defer in.drain()
	path, err := os.MkdirTemp("", "run-")
	if err != nil {
		return nil, refuse("cannot make a fresh directory: %s; give the node a writable /tmp", err)
	}
	dir := &freshDir{path}
	root, err := os.OpenRoot(path)
	if err != nil {
		return dir, err
	}
	defer root.Close()
	if err := unpack(root, in); err != nil {
		return dir, err
	}
	cmd.Dir = filepath.Join(path, filepath.Join("/", cmd.Dir))
	return dir, nil
}

// killOthers kills every other process of the container until none is left. It
// spares connections of the server that run in here (pattarai-agent connect).
func (s *server) killOthers() error {
	deadline := time.Now().Add(2 * time.Second)
	for {
		left, err := killAll(s.peers.spared())
		if err != nil {
			return refuse("cannot list processes: %s; the container needs /proc", err)
		}
		if left == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return refuse("%d processes survive SIGKILL; replace the container", left)
		}
		time.Sleep(time.Millisecond)
	}
}

// killAll sends SIGKILL to all processes but this one and those spared, and
// tells how many there were. The dead that await their parent do not count.
func killAll(spared map[int]bool) (int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	self, found := os.Getpid(), 0
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == self || spared[pid] || isDead(pid) {
			continue
		}
		found++
		unix.Kill(pid, unix.SIGKILL)
	}
	return found, nil
}

// isDead tells whether a process is gone or a zombie.
func isDead(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return true
	}
	// "12 (a name (with) brackets) Z 1 …"
	for i := len(stat) - 1; i > 0; i-- {
		if stat[i] == ')' {
			return i+2 < len(stat) && (stat[i+2] == 'Z' || stat[i+2] == 'X')
		}
	}
	return false
}

// peers knows the processes at the other end of admitted unix connections.
type peers struct {
	mu   sync.Mutex
	pids map[int]int // Connections per process.
}

// add notes the process behind conn, if it is one of this container, until the
// returned function is called.
func (p *peers) add(conn net.Conn) (remove func()) {
	pid := peerProcess(conn)
	if pid == 0 {
		return func() {}
	}
	p.change(pid, 1)
	return func() { p.change(pid, -1) }
}

func (p *peers) change(pid, by int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pids == nil {
		p.pids = map[int]int{}
	}
	if p.pids[pid] += by; p.pids[pid] == 0 {
		delete(p.pids, pid)
	}
}

func (p *peers) spared() map[int]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	spared := map[int]bool{}
	for pid := range p.pids {
		spared[pid] = true
	}
	return spared
}

// peerProcess returns the process that connected a unix socket, or 0.
func peerProcess(conn net.Conn) (pid int) {
	unixConn, ok := conn.(*net.UnixConn)
	if !ok {
		return 0
	}
	raw, err := unixConn.SyscallConn()
	if err != nil {
		return 0
	}
	raw.Control(func(fd uintptr) {
		if cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			pid = int(cred.Pid)
		}
	})
	return pid
}
