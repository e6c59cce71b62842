package agent

import (
	"bytes"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Bounds of killing what a command left behind.
const (
	killTime  = 5 * time.Second
	killTries = 20 // Before everything at once is killed, the spared too.
)

// killOthers kills every other process of the container until none is left. It
// spares connections of the server that run in here (pattarai-agent connect), the
// interpreter that waits for the next run and, between runs, what that one has
// forked ahead. Against something that forks faster than it is killed, only a signal
// to all at once helps; the spared pay for it.
func (s *server) killOthers(between bool) error {
	if !s.config.Init {
		return nil
	}
	deadline := time.Now().Add(killTime)
	for try := 0; ; try++ {
		if try > killTries {
			unix.Kill(-1, unix.SIGKILL)
		}
		left, err := s.killAll(between)
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
func (s *server) killAll(between bool) (int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	spared, warm := s.peers.spared(), s.warm.pid()
	self, found := os.Getpid(), 0
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == self || pid == warm || spared[pid] {
			continue
		}
		if dead, parent := kinship(pid); dead || between && warm != 0 && parent == warm {
			continue
		}
		found++
		unix.Kill(pid, unix.SIGKILL)
	}
	return found, nil
}

// kinship tells whether a process is gone or a zombie, and who its parent is. A
// process whose parent ends becomes the first process's, never a third one's.
func kinship(pid int) (dead bool, parent int) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return true, 0
	}
	// "12 (a name (with) brackets) Z 1 …"
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 2 {
		return true, 0
	}
	parent, _ = strconv.Atoi(fields[1])
	return fields[0] == "Z" || fields[0] == "X", parent
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
