package agent

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

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
	p := &command{cmd: cmd, server: s, fresh: c.Fresh}
	if c.Fresh && s.config.Init {
		return s.runFresh(ctx, p, c)
	}
	return s.runProcess(ctx, p, c)
}

// process is what a run starts, ends and awaits.
type process interface {
	// start begins it with these standard streams, which the caller closes. stdin is
	// nil when there is no input.
	start(stdin, stdout, stderr *os.File) error
	kill()        // Ends it before its time.
	wait() int    // Its exit status; 128+n after signal n.
	sweep() error // Ends what it left running.
}

// command is a process of the agent's own.
type command struct {
	server *server
	cmd    *exec.Cmd
	fresh  bool
}

func (c *command) start(stdin, stdout, stderr *os.File) error {
	if stdin != nil {
		c.cmd.Stdin = stdin
	}
	c.cmd.Stdout, c.cmd.Stderr = stdout, stderr
	if err := c.server.children.start(c.cmd); err != nil {
		return errors.New(notStarted(c.cmd, err))
	}
	return nil
}

func (c *command) kill()     { killGroup(c.cmd, unix.SIGKILL) }
func (c *command) wait() int { return c.server.children.wait(c.cmd) }

func (c *command) sweep() error {
	if c.fresh {
		c.kill() // Nothing it left behind shall hold up the end of its output.
	}
	return nil
}

// runProcess runs p to its end, its timeout or the end of ctx.
func (s *server) runProcess(ctx context.Context, p process, c Command) Result {
	began, ooms := time.Now(), s.load.ooms()
	out, err := newOutput(c.MaxOutput)
	if err != nil {
		return Result{Exit: -1, Failure: err.Error()}
	}
	in, err := newInput(c)
	if err == nil {
		err = p.start(in.reader, out.writers[0], out.writers[1])
	}
	if err != nil {
		in.close()
		out.abandon()
		return Result{Exit: -1, Failure: err.Error()}
	}
	timeout, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	killed := false
	over := make(chan struct{})
	stop := context.AfterFunc(timeout, func() {
		defer close(over)
		killed = true
		p.kill()
	})
	out.collect()
	in.feed()
	exit := p.wait()
	if !stop() {
		<-over // It might hit the next run.
	}
	swept := p.sweep()
	in.close()
	out.finish()
	res := Result{unswept: swept, Exit: exit, Stdout: out.stdout.buf, Stderr: out.stderr.buf, StdoutTruncated: out.stdout.truncated, StderrTruncated: out.stderr.truncated}
	res.TimedOut = killed && ctx.Err() == nil
	res.OutOfMemory = !killed && s.load.starved(ooms, exit)
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
