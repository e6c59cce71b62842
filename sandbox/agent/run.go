package agent

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// outputGrace is how long the output of a command that has ended is awaited
// when something it left running keeps the pipes open.
const outputGrace = 200 * time.Millisecond

// maxGraces bounds how often something that goes on printing is waited for.
const maxGraces = 15

// run runs a command to its end, its timeout or the end of ctx.
func (s *server) run(ctx context.Context, c Command) Result {
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.MaxOutput <= 0 {
		c.MaxOutput = defaultOutput
	}
	c.MaxOutput = min(c.MaxOutput, maxOutput)
	cmd, err := s.command(c.Args, c.Dir, c.Env)
	if c.Fresh && err == nil {
		cmd.Dir = c.Dir // Below the temporary directory, not below Root.
	}
	if err != nil {
		return Result{Exit: -1, Failure: err.Error()}
	}
	limitMemory(cmd, c.Memory)
	return s.runCommand(ctx, cmd, c)
}

func (s *server) runCommand(ctx context.Context, cmd *exec.Cmd, c Command) Result {
	began, ooms := time.Now(), s.load.ooms()
	out, err := newOutput(cmd, c.MaxOutput)
	if err != nil {
		return Result{Exit: -1, Failure: err.Error()}
	}
	if len(c.Stdin) > 0 {
		cmd.Stdin = bytes.NewReader(c.Stdin)
	}
	cmd.WaitDelay = outputGrace
	if err := s.children.start(cmd); err != nil {
		out.abandon()
		return Result{Exit: -1, Failure: notStarted(cmd, err)}
	}
	timeout, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	var killed atomic.Bool
	stop := context.AfterFunc(timeout, func() {
		killed.Store(true)
		killGroup(cmd, unix.SIGKILL)
	})
	out.collect()
	exit := s.children.wait(cmd)
	stop()
	if c.Fresh {
		killGroup(cmd, unix.SIGKILL) // Nothing it left behind shall hold up the end of its output.
	}
	out.finish()
	res := Result{Exit: exit, Stdout: out.stdout.buf, Stderr: out.stderr.buf, StdoutTruncated: out.stdout.truncated, StderrTruncated: out.stderr.truncated}
	res.TimedOut = killed.Load() && ctx.Err() == nil
	res.OutOfMemory = !killed.Load() && s.load.starved(ooms, exit)
	res.Duration = time.Since(began)
	return res
}

// command makes a command in a process group of its own.
func (s *server) command(args []string, dir string, env map[string]string) (*exec.Cmd, error) {
	if len(args) == 0 || args[0] == "" {
		return nil, errors.New("no program was named")
	}
	environ := s.environ(env)
	program, err := lookPath(args[0], environ)
	if err != nil {
		return nil, err
	}
	cmd := &exec.Cmd{Path: program, Args: args, Env: environ, Dir: s.dir(dir)}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd, nil
}

// dir is where a command runs; without a name the agent's own directory, or Root.
func (s *server) dir(name string) string {
	if name == "" && s.config.Root == "" {
		return ""
	}
	return s.path(name)
}

// environ is the node's environment with additions; the last value of a name wins.
func (s *server) environ(more map[string]string) []string {
	env := slices.Clone(s.config.Env)
	for name, value := range more {
		env = append(env, name+"="+value)
	}
	return env
}

// limitMemory makes a command limit its address space before its program begins:
// a shell limits itself and becomes the program.
func limitMemory(cmd *exec.Cmd, bytes int64) {
	if bytes <= 0 {
		return
	}
	kib := strconv.FormatInt(max(bytes>>10, 1), 10)
	cmd.Args = append([]string{"sh", "-c", `ulimit -v "$0" && exec "$@"`, kib, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = "/bin/sh"
}

// lookPath finds a program in the PATH of the environment it will run in.
func lookPath(name string, environ []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, dir := range filepath.SplitList(getenv(environ, "PATH", defaultPath)) {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if filepath.IsAbs(path) && err == nil && info.Mode().IsRegular() && unix.Access(path, unix.X_OK) == nil {
			return path, nil
		}
	}
	return "", errors.New("no such program: " + name)
}

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// getenv returns the last value of a variable, or fallback.
func getenv(environ []string, name, fallback string) string {
	for _, entry := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return fallback
}

// notStarted says in plain words why a program did not start.
func notStarted(cmd *exec.Cmd, err error) string {
	switch info, dirErr := os.Stat(cmd.Dir); {
	case cmd.Dir != "" && (dirErr != nil || !info.IsDir()):
		return "no such directory: " + cmd.Dir
	case errors.Is(err, syscall.ENOENT):
		return "no such program: " + cmd.Path
	case errors.Is(err, syscall.EACCES):
		return "not executable: " + cmd.Path
	case errors.Is(err, syscall.ENOEXEC):
		return "neither a program for this machine nor a script with a #! line: " + cmd.Path
	}
	return err.Error()
}

// output collects what a command prints, over pipes of our own: they can be
// closed while something that the command left behind still holds the other end.
type output struct {
	stdout, stderr head
	readers        [2]*os.File
	writers        [2]*os.File
	done           chan struct{}
}

func newOutput(cmd *exec.Cmd, limit int) (*output, error) {
	o := &output{stdout: head{max: limit}, stderr: head{max: limit}, done: make(chan struct{})}
	for i := range o.readers {
		var err error
		if o.readers[i], o.writers[i], err = os.Pipe(); err != nil {
			o.abandon()
			return nil, err
		}
	}
	cmd.Stdout, cmd.Stderr = o.writers[0], o.writers[1]
	return o, nil
}

// collect starts reading, once the command runs.
func (o *output) collect() {
	for _, f := range o.writers {
		f.Close()
	}
	var reading sync.WaitGroup
	reading.Go(func() { io.Copy(&o.stdout, o.readers[0]) })
	reading.Go(func() { io.Copy(&o.stderr, o.readers[1]) })
	go func() {
		reading.Wait()
		close(o.done)
	}()
}

// finish waits for the end of the output. After outputGrace it gives up on pipes
// that something still holds open, but not before what is in them has been read:
// on a busy machine the readers may not have had their turn yet.
func (o *output) finish() {
	ticker := time.NewTicker(outputGrace)
	defer ticker.Stop()
	for range maxGraces {
		select {
		case <-o.done:
			closeAll(o.readers[:])
			return
		case <-ticker.C:
		}
		if !o.unread() {
			break
		}
	}
	closeAll(o.readers[:])
	<-o.done
}

// unread tells whether the pipes hold something that was not read yet.
func (o *output) unread() bool {
	waiting := false
	for _, f := range o.readers {
		raw, err := f.SyscallConn()
		if err != nil {
			continue
		}
		_ = raw.Control(func(fd uintptr) {
			n, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ)
			waiting = waiting || err == nil && n > 0
		})
	}
	return waiting
}

// abandon closes everything when the command did not start.
func (o *output) abandon() {
	closeAll(o.readers[:])
	closeAll(o.writers[:])
}

func closeAll(files []*os.File) {
	for _, f := range files {
		if f != nil {
			f.Close()
		}
	}
}
