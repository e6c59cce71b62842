package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// warmDir holds a folder for each interpreter that can be kept warm, named like it.
// With that folder in PYTHONPATH and a socket of messages at descriptor 3 the
// interpreter starts, stops short of its program, says "ready" and forks for every
// order. An order is one message with the three standard streams, of words that end
// with a zero byte: directory, limit of memory, arguments. The answers are those
// below.
const (
	warmDir  = "/usr/lib/pattarai/warm"
	warmPath = "PYTHONPATH"
)

// The answers of a warm parent and of its forks.
const (
	warmReady   = "ready"
	warmStarted = "started" // The fork is the program from now on.
	warmFresh   = "fresh"   // The fork would not do the same as a fresh run.
	warmEnded   = "ended"   // With the fork's wait status.
)

// Times and sizes of a warm parent.
const (
	warmStart  = 20 * time.Second // Until it is ready, on a very busy machine.
	warmBegin  = 10 * time.Second // Until a fork is the program.
	warmOrder  = 4 << 10          // Bytes of an order; a longer one is run afresh.
	warmAnswer = 64
)

// errNotWarm means that a command has to be run afresh.
var errNotWarm = errors.New("not to be run warm")

// warmth keeps one warm parent at most: that of the program that ran last.
type warmth struct {
	mu     sync.Mutex
	parent *warmParent
	failed bool // One did not start; no further ones are tried.
}

// warmParent is an interpreter that waits at the beginning of a program.
type warmParent struct {
	key  string
	cmd  *exec.Cmd
	conn *net.UnixConn
	done chan struct{} // Closed when the process has ended.
}

// pid is the warm parent's process, or 0.
func (w *warmth) pid() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.parent == nil {
		return 0
	}
	return w.parent.cmd.Process.Pid
}

// close ends the warm parent.
func (w *warmth) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.parent != nil {
		w.parent.close()
		w.parent = nil
	}
}

// runWarm runs a command as a fork of a warm parent. done is false when it has to
// be run afresh, with nothing of it having run.
func (s *server) runWarm(ctx context.Context, c Command) (res Result, done bool) {
	parent, err := s.warm.find(s, c)
	if err != nil {
		return Result{}, false
	}
	fork := &fork{server: s, parent: parent, order: order(c)}
	res = s.runProcess(ctx, fork, c)
	if fork.broken {
		s.warm.close()
		_ = s.killOthers(false) // The fresh run sweeps again.
	}
	if !fork.started {
		return Result{}, false
	}
	res.Warm = true
	return res, true
}

// find returns a warm parent for a command, starting one when there is none.
func (w *warmth) find(s *server, c Command) (*warmParent, error) {
	if len(c.Args) < 2 || strings.HasPrefix(c.Args[1], "-") || slices.ContainsFunc(c.Args, func(a string) bool { return strings.Contains(a, "\x00") }) || strings.Contains(c.Args[0], "/") || c.Dir != freshPath {
		return nil, errNotWarm
	}
	environ := s.environ(c.Env)
	key := strings.Join(append([]string{c.Args[0], c.Args[1]}, slices.Sorted(slices.Values(environ))...), "\x00")
	w.mu.Lock()
	parent, failed := w.parent, w.failed
	w.mu.Unlock()
	if parent != nil && parent.key == key && parent.lives() {
		return parent, nil
	}
	hook := filepath.Join(warmDir, c.Args[0])
	program, pathErr := lookPath(c.Args[0], environ)
	if _, err := os.Stat(hook); err != nil || pathErr != nil || failed || getenv(environ, warmPath, "") != "" {
		return nil, errNotWarm
	}
	w.close()
	cmd := &exec.Cmd{Path: program, Args: []string{c.Args[0], c.Args[1]}, Env: append(environ, warmPath+"="+hook), Dir: freshPath}
	parent, err := startWarm(s, cmd)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.failed = true
		s.log.Error("start a warm interpreter; programs run afresh from now on", "program", program, "error", err)
		return nil, errNotWarm
	}
	parent.key = key
	w.parent = parent
	return parent, nil
}

// startWarm starts a warm parent and waits until it is ready.
func startWarm(s *server, cmd *exec.Cmd) (*warmParent, error) {
	conn, far, err := messagePair()
	if err != nil {
		return nil, err
	}
	defer far.Close()
	cmd.ExtraFiles = []*os.File{far}
	// Pipes, as a run has: an interpreter looks at what its streams are.
	streams, err := newOutput(0)
	if err != nil {
		conn.Close()
		return nil, err
	}
	defer streams.abandon()
	prison := &prisoner{command: &command{server: s, cmd: cmd}, jail: s.cell.jail}
	if err := prison.start(streams.readers[0], streams.writers[0], streams.writers[1]); err != nil {
		conn.Close()
		return nil, err
	}
	p := &warmParent{cmd: cmd, conn: conn, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		s.children.wait(cmd)
	}()
	answer, err := p.answer(warmStart)
	if err != nil || answer != warmReady {
		p.close()
		return nil, fmt.Errorf("answer %q: %w", answer, err)
	}
	return p, nil
}

// messagePair is a socket of messages: our end, and the file for the other.
func messagePair() (*net.UnixConn, *os.File, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	near, far := os.NewFile(uintptr(pair[0]), "orders"), os.NewFile(uintptr(pair[1]), "orders")
	defer near.Close()
	conn, err := net.FileConn(near)
	if err != nil {
		far.Close()
		return nil, nil, err
	}
	return conn.(*net.UnixConn), far, nil
}

// answer reads one message.
func (p *warmParent) answer(within time.Duration) (string, error) {
	var deadline time.Time
	if within > 0 {
		deadline = time.Now().Add(within)
	}
	if err := p.conn.SetReadDeadline(deadline); err != nil {
		return "", err
	}
	buf := make([]byte, warmAnswer)
	n, err := p.conn.Read(buf)
	return string(buf[:n]), err
}

func (p *warmParent) lives() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// close ends the parent at once.
func (p *warmParent) close() {
	p.conn.Close()
	p.cmd.Process.Kill()
	<-p.done
}

// order is what a fork is told.
func order(c Command) []byte {
	words := append([]string{c.Dir, strconv.FormatInt(c.Memory, 10)}, c.Args[2:]...)
	return []byte(strings.Join(words, "\x00") + "\x00")
}

// fork is a run of a warm parent's program.
type fork struct {
	server  *server
	parent  *warmParent
	order   []byte
	started bool // It is the program, or was.
	broken  bool // The parent cannot be used any more.
}

func (f *fork) start(stdin, stdout, stderr *os.File) error {
	if len(f.order) > warmOrder {
		return errNotWarm
	}
	rights := unix.UnixRights(int(stdin.Fd()), int(stdout.Fd()), int(stderr.Fd()))
	f.broken = true
	if _, _, err := f.parent.conn.WriteMsgUnix(f.order, rights, nil); err != nil {
		return errNotWarm
	}
	answer, err := f.parent.answer(warmBegin)
	if err == nil && answer == warmFresh {
		_, err = f.parent.answer(warmBegin) // How that fork ended.
		f.broken = err != nil
		return errNotWarm
	}
	if err != nil || answer != warmStarted {
		return errNotWarm
	}
	f.started, f.broken = true, false
	return nil
}

func (f *fork) kill()        { _ = f.server.killOthers(false) } // Sweeping tells what is left.
func (f *fork) sweep() error { return f.server.killOthers(true) }

// wait is over when the parent says so. A parent that was killed together with its
// fork, for want of memory, says nothing.
func (f *fork) wait() int {
	var status unix.WaitStatus
	answer, err := f.parent.answer(0)
	if _, scanErr := fmt.Sscanf(answer, warmEnded+" %d", &status); err != nil || scanErr != nil {
		f.broken = true
		return 128 + int(unix.SIGKILL)
	}
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}
