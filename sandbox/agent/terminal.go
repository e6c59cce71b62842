package agent

import (
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Bounds of terminals.
const (
	maxShells  = 8
	scrollback = 256 << 10
	maxSide    = 500                    // Columns or rows.
	hangGrace  = 2 * time.Second        // From SIGHUP to SIGKILL.
	keyTimeout = 2 * time.Second        // For a program to take keys before they are dropped.
	ptyGrace   = 100 * time.Millisecond // For the last output when something still holds the terminal.
)

// shells are the terminals of a node.
type shells struct {
	server *server
	mu     sync.Mutex
	byID   map[string]*terminal
	closed bool
}

func newShells(s *server) *shells {
	return &shells{server: s, byID: map[string]*terminal{}}
}

// open returns the terminal of that id, started if need be.
func (h *shells) open(o ShellOptions) (*terminal, error) {
	if o.ID == "" || len(o.ID) > 64 {
		return nil, refuse("a terminal's id has 1 to 64 characters, not %d", len(o.ID))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if t, ok := h.byID[o.ID]; ok {
		t.resize(window{Cols: o.Cols, Rows: o.Rows})
		return t, nil
	}
	switch {
	case h.closed:
		return nil, refuse("the node is shutting down")
	case len(h.byID) >= maxShells:
		return nil, refuse("%d terminals exist and more are not allowed; close one first", maxShells)
	}
	t, err := h.server.startTerminal(o)
	if err != nil {
		return nil, err
	}
	h.byID[o.ID] = t
	return t, nil
}

func (h *shells) list() []ShellInfo {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]ShellInfo, 0, len(h.byID))
	for id, t := range h.byID {
		list = append(list, ShellInfo{ID: id, Started: t.started, Running: t.running()})
	}
	slices.SortFunc(list, func(a, b ShellInfo) int { return a.Started.Compare(b.Started) })
	return list
}

func (h *shells) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.byID)
}

// end hangs up and forgets a terminal, waiting until its shell is gone.
func (h *shells) end(id string) {
	h.mu.Lock()
	t := h.byID[id]
	delete(h.byID, id)
	h.mu.Unlock()
	if t != nil {
		t.hangUp()
	}
}

// close hangs up all terminals for good.
func (h *shells) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	var ending sync.WaitGroup
	for _, info := range h.list() {
		ending.Go(func() { h.end(info.ID) })
	}
	ending.Wait()
}

// terminal is a shell on a pseudo-terminal.
type terminal struct {
	cmd     *exec.Cmd
	pty     *os.File // Non-blocking, so that deadlines and Close wake its reader.
	started time.Time
	done    chan struct{}
	status  int // Valid once done is closed.

	mu      sync.Mutex
	output  ring
	watched map[*attachment]struct{}
}

// attachment is one viewer of a terminal, with output it has not taken yet.
type attachment struct {
	wake    chan struct{}
	pending []byte
	spare   []byte
}

// startTerminal starts a shell.
func (s *server) startTerminal(o ShellOptions) (*terminal, error) {
	cmd, err := s.shellCommand(o)
	if err != nil {
		return nil, err
	}
	master, tty, err := pty.Open()
	if err != nil {
		return nil, refuse("open a terminal: %s", err)
	}
	defer tty.Close()
	defer master.Close()
	if err := pty.Setsize(master, clamp(window{Cols: o.Cols, Rows: o.Rows})); err != nil {
		return nil, err
	}
	control, err := nonBlocking(master)
	if err != nil {
		return nil, err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	if err := s.children.start(cmd); err != nil {
		control.Close()
		return nil, refuse("%s", notStarted(cmd, err))
	}
	t := &terminal{cmd: cmd, pty: control, started: time.Now(), done: make(chan struct{}), output: ring{max: scrollback}, watched: map[*attachment]struct{}{}}
	go t.run(s.children)
	return t, nil
}

// shellCommand is the shell that o asks for, in a session of its own.
func (s *server) shellCommand(o ShellOptions) (*exec.Cmd, error) {
	env := s.environ(nil)
	if len(o.Args) == 0 {
		o.Args = []string{"sh"}
		if _, err := lookPath("bash", env); err == nil {
			o.Args = []string{"bash", "-l"}
		}
	}
	if o.Dir == "" {
		o.Dir = getenv(env, "HOME", "/")
	}
	more := map[string]string{"TERM": "xterm-256color", "LANG": getenv(env, "LANG", "C.UTF-8")}
	for name, value := range o.Env {
		more[name] = value
	}
	cmd, err := s.command(o.Args, o.Dir, more)
	if err != nil {
		return nil, err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	return cmd, nil
}

// nonBlocking returns another handle on the same terminal whose reads can be woken.
func nonBlocking(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// run keeps the terminal's output until the shell ends.
func (t *terminal) run(c *children) {
	read := make(chan struct{})
	go func() {
		defer close(read)
		t.copyOutput()
	}()
	status := c.wait(t.cmd)
	t.pty.SetReadDeadline(time.Now().Add(ptyGrace))
	<-read
	t.pty.Close()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status = status
	close(t.done)
	for a := range t.watched {
		a.poke()
	}
}

func (t *terminal) copyOutput() {
	buf := make([]byte, chunkSize)
	for {
		n, err := t.pty.Read(buf)
		if n > 0 {
			t.show(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

// show keeps output and hands it to every viewer.
func (t *terminal) show(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.output.Write(p)
	for a := range t.watched {
		a.add(p)
	}
}

// attach adds a viewer, who gets the scrollback first.
func (t *terminal) attach() *attachment {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := &attachment{wake: make(chan struct{}, 1), pending: t.output.tail(scrollback)}
	t.watched[a] = struct{}{}
	return a
}

func (t *terminal) detach(a *attachment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.watched, a)
}

// take returns what a viewer has not seen, valid until the next call, and whether
// the shell has ended.
func (t *terminal) take(a *attachment) (output []byte, ended bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	output = a.pending
	a.pending, a.spare = a.spare[:0], output
	return output, !t.running()
}

func (t *terminal) running() bool {
	select {
	case <-t.done:
		return false
	default:
		return true
	}
}

// add queues output for a viewer. One that does not keep up loses the older half.
func (a *attachment) add(p []byte) {
	a.pending = append(a.pending, p...)
	if len(a.pending) > scrollback {
		rest := afterLine(a.pending[len(a.pending)-scrollback/2:])
		a.pending = a.pending[:copy(a.pending, rest)]
	}
	a.poke()
}

func (a *attachment) poke() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// press types keys. A program that takes none for two seconds loses them.
func (t *terminal) press(keys []byte) {
	t.pty.SetWriteDeadline(time.Now().Add(keyTimeout))
	t.pty.Write(keys)
}

func (t *terminal) resize(size window) {
	raw, err := t.pty.SyscallConn()
	if err != nil {
		return
	}
	c := clamp(size)
	raw.Control(func(fd uintptr) {
		unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: c.Rows, Col: c.Cols})
	})
}

// hangUp ends the shell as a closed line would, and waits for it.
func (t *terminal) hangUp() {
	if !t.running() {
		return
	}
	killGroup(t.cmd, unix.SIGHUP)
	killGroup(t.cmd, unix.SIGCONT)
	t.pty.Close() // The kernel hangs up whatever runs in the foreground.
	kill := time.AfterFunc(hangGrace, func() { killGroup(t.cmd, unix.SIGKILL) })
	defer kill.Stop()
	<-t.done
}

func clamp(w window) *pty.Winsize {
	side := func(n int) uint16 { return uint16(min(max(n, 1), maxSide)) }
	return &pty.Winsize{Cols: side(w.Cols), Rows: side(w.Rows)}
}
