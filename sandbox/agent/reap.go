package agent

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// children starts and awaits the agent's own processes, and tells them from the
// orphans that a first process inherits: only orphans are reaped here, so that
// nothing is stolen from [exec.Cmd.Wait].
type children struct {
	mu    sync.Mutex
	own   map[int]struct{}
	freed chan struct{} // Poked whenever an own child was awaited.
}

func newChildren() *children {
	return &children{own: map[int]struct{}{}, freed: make(chan struct{}, 1)}
}

// start starts cmd. No reaping happens between its birth and its registration.
func (c *children) start(cmd *exec.Cmd) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	c.own[cmd.Process.Pid] = struct{}{}
	return nil
}

// wait awaits a command that start started and returns its status, 128+n after
// signal n.
func (c *children) wait(cmd *exec.Cmd) int {
	cmd.Wait()
	c.mu.Lock()
	delete(c.own, cmd.Process.Pid)
	c.mu.Unlock()
	select {
	case c.freed <- struct{}{}:
	default:
	}
	return exitStatus(cmd.ProcessState)
}

// reap reaps orphans until ctx ends. Only the first process of a container may
// call it.
func (c *children) reap(ctx context.Context) {
	died := make(chan os.Signal, 1)
	signal.Notify(died, unix.SIGCHLD)
	defer signal.Stop(died)
	for {
		for c.reapOne() {
		}
		select {
		case <-ctx.Done():
			return
		case <-died:
		case <-c.freed:
		}
	}
}

// reapOne reaps one orphan and tells whether it did. It looks before it takes:
// a dead child of our own is left to its waiter, who pokes freed afterwards.
func (c *children) reapOne() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	pid := deadChild()
	if _, ours := c.own[pid]; ours || pid == 0 {
		return false
	}
	_, err := unix.Wait4(pid, nil, unix.WNOHANG, nil)
	return err == nil
}

// deadChild returns a child that has ended and not been awaited, or 0.
func deadChild() int {
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	// x/sys keeps siginfo's union private; on every 64-bit Linux si_pid comes
	// first in it, 16 bytes into the structure.
	return int(*(*int32)(unsafe.Add(unsafe.Pointer(&info), 16)))
}

// exitStatus is the status a shell would report.
func exitStatus(state *os.ProcessState) int {
	if state == nil {
		return -1
	}
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return state.ExitCode()
}

// killGroup sends a signal to the process group that cmd leads.
func killGroup(cmd *exec.Cmd, sig unix.Signal) { unix.Kill(-cmd.Process.Pid, sig) }
