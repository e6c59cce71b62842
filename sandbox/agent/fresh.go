package agent

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"

	"pattarai/sandbox/jail"
)

// Where a fresh command may write. All of it is emptied after every run.
const (
	temporary = "/tmp"
	shared    = "/dev/shm"
	freshPath = temporary + "/run" // Always the same: a program may print where it runs.
)

// runnerGC is the garbage collector's percentage in an agent that runs programs: such
// a node has nothing else to do, and time is dearer there than two MiB.
const runnerGC = 200

// cell is the confinement of fresh commands, made when the first one comes.
type cell struct {
	once sync.Once
	jail *jail.Jail
	err  error
}

// open returns the jail. A kernel that confines less than planned is worth a line.
func (c *cell) open(log *slog.Logger) (*jail.Jail, error) {
	c.once.Do(func() {
		debug.SetGCPercent(runnerGC)
		c.jail, c.err = jail.New(temporary, shared)
		if c.err == nil && !c.jail.Level().Scoped() {
			log.Warn("programs are confined less than on a newer kernel", "by", c.jail.Level())
		}
	})
	return c.jail, c.err
}

// close ends it.
func (c *cell) close() {
	c.once.Do(func() { c.err = net.ErrClosed })
	if c.jail != nil {
		c.jail.Close()
	}
}

// runFresh runs a fresh command confined: warm where that is wanted and possible.
func (s *server) runFresh(ctx context.Context, p *command, c Command) Result {
	confinement, err := s.cell.open(s.log)
	if err != nil {
		return Result{Exit: -1, Failure: "no confinement: " + err.Error()}
	}
	res, done := Result{}, false
	if c.Warm && confinement.Level().Scoped() {
		res, done = s.runWarm(ctx, c)
	}
	if !done {
		res = s.runProcess(ctx, &prisoner{command: p, jail: confinement}, c)
	}
	res.Isolation = confinement.Level().String()
	return res
}

// prisoner is a confined command, a session of its own.
type prisoner struct {
	*command
	jail *jail.Jail
}

func (p *prisoner) start(stdin, stdout, stderr *os.File) error {
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	reserveThreads() // One of them is used up.
	return p.jail.Do(func() error { return p.command.start(stdin, stdout, stderr) })
}

func (p *prisoner) kill()        { _ = p.server.killOthers(false) } // Sweeping tells what is left.
func (p *prisoner) sweep() error { return p.server.killOthers(true) }

// freshDir is the directory of a fresh command.
type freshDir struct{ path string }

// remove deletes the directory, if there is one.
func (d *freshDir) remove() {
	if d != nil {
		_ = purge(d.path) // What is left is found before the next run.
		os.Remove(d.path)
	}
}

// receiveStdin reads the input that follows an exec request.
func receiveStdin(w *wire) ([]byte, error) {
	in := &frameReader{w: w}
	stdin, err := io.ReadAll(io.LimitReader(in, maxStdin+1))
	if len(stdin) > maxStdin {
		in.drain()
		err = refuse("stdin of more than %d bytes", maxStdin)
	}
	return stdin, err
}

// receiveFresh reads the files and the input that follow an exec request, and makes
// the fresh directory, which the caller removes even after an error.
func (s *server) receiveFresh(w *wire, cmd *Command) (*freshDir, error) {
	dir, err := s.receiveFiles(w, cmd)
	stdin, readErr := receiveStdin(w)
	cmd.Stdin = stdin
	if err == nil {
		err = readErr
	}
	return dir, err
}

func (s *server) receiveFiles(w *wire, cmd *Command) (*freshDir, error) {
	in := &frameReader{w: w}
	defer in.drain()
	dir, err := s.makeFresh()
	if err != nil {
		return nil, refuse("cannot make a fresh directory: %s; give the node a writable /tmp", err)
	}
	root, err := os.OpenRoot(dir.path)
	if err != nil {
		return dir, err
	}
	defer root.Close()
	if err := unpack(root, in); err != nil {
		return dir, err
	}
	cmd.Dir = filepath.Join(dir.path, filepath.Join("/", cmd.Dir))
	return dir, nil
}

// makeFresh makes the directory: always the same one where this agent has the
// container to itself.
func (s *server) makeFresh() (*freshDir, error) {
	if !s.config.Init {
		path, err := os.MkdirTemp("", "run-")
		return &freshDir{path}, err
	}
	err := os.Mkdir(freshPath, 0o700)
	if errors.Is(err, fs.ErrExist) { // Of a command that was not fresh.
		if err = purge(temporary); err == nil {
			err = os.Mkdir(freshPath, 0o700)
		}
	}
	return &freshDir{freshPath}, err
}

// wipe empties the places where the command may have written.
func (s *server) wipe(dir *freshDir) error {
	if !s.config.Init {
		dir.remove()
		return nil
	}
	for _, place := range []string{temporary, shared} {
		if err := purge(place); err != nil {
			return refuse("what the command wrote cannot be deleted: %s; replace the container", err)
		}
	}
	return nil
}
