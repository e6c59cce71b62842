package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Defaults and bounds of a [Command].
const (
	defaultTimeout = 10 * time.Second
	defaultOutput  = 64 << 10
	maxOutput      = 16 << 20
	maxStdin       = 16 << 20
)

// Command is a process to run inside a node.
type Command struct {
	Args      []string          `json:"args"`       // Argument vector; Args[0] is looked up in PATH.
	Dir       string            `json:"dir"`        // "" means the agent's own.
	Env       map[string]string `json:"env"`        // Added to the node's environment.
	Stdin     []byte            `json:"stdin"`      // At most 16 MiB.
	Timeout   time.Duration     `json:"timeout"`    // 0 means ten seconds. The whole process group is killed then.
	MaxOutput int               `json:"max_output"` // Bytes kept of stdout and of stderr each; 0 means 64 KiB, at most 16 MiB.
	Memory    int64             `json:"memory"`     // RLIMIT_AS in bytes; 0 means none. Needs /bin/sh in the node.
	// Fresh runs the command confined, in a new empty directory filled with Files.
	// Whatever the command left running is killed and whatever it wrote is deleted
	// afterwards, with all of /tmp and /dev/shm. Only for nodes without a service and
	// without shells. Dir is then relative to the new directory.
	Fresh bool              `json:"fresh"`
	Files map[string][]byte `json:"files"` // With Fresh: relative path to content.
	// Warm allows a Fresh command to be forked off an interpreter that has started
	// already, where the node has one for Args[0] and the kernel can keep the two
	// apart. Args[1] must be the program's file. The result is the same.
	Warm bool `json:"warm"`
}

// Result is how a command ended. A command that fails is a result, not an error.
type Result struct {
	Exit            int           `json:"exit"`   // Exit status; 128+n after signal n; -1 when it could not start.
	Stdout          []byte        `json:"stdout"` //
	Stderr          []byte        `json:"stderr"` //
	StdoutTruncated bool          `json:"stdout_truncated"`
	StderrTruncated bool          `json:"stderr_truncated"`
	TimedOut        bool          `json:"timed_out"`
	OutOfMemory     bool          `json:"out_of_memory"`
	Failure         string        `json:"failure"` // Why it could not start: "no such program: foo".
	Duration        time.Duration `json:"duration"`
	Isolation       string        `json:"isolation"` // With Fresh: how it was confined, "landlock 7, seccomp" or "none".
	Warm            bool          `json:"warm"`      // It was forked off a started interpreter.

	unswept error // What a fresh command left running cannot be ended.
}

// Exec runs a command to its end. The error is ours only: connection lost,
// context ended (the command is killed then), or an [*Error] when the command
// breaks a bound of [Command].
func (c *Client) Exec(ctx context.Context, cmd Command) (Result, error) {
	if len(cmd.Stdin) > maxStdin {
		return Result{}, refuse("stdin of %d bytes; at most %d are allowed", len(cmd.Stdin), maxStdin)
	}
	line := cmd
	line.Stdin, line.Files = nil, nil // They follow in frames.
	p, err := c.begin(ctx, opExec, line)
	if err != nil {
		return Result{}, err
	}
	defer p.finish()
	if err := sendCommand(p.wire, cmd); err != nil {
		return Result{}, p.failure(err)
	}
	if err := p.answer(nil); err != nil {
		return Result{}, err
	}
	res, err := p.result()
	if err == nil && ctx.Err() != nil {
		return Result{}, ctx.Err() // The command was ended, which its result would not say.
	}
	return res, err
}

// sendCommand sends what does not fit the request line: the files and stdin.
func sendCommand(w *wire, cmd Command) error {
	if cmd.Fresh {
		if err := sendFiles(w, cmd.Files); err != nil {
			return err
		}
	}
	if err := w.sendAll(frameData, cmd.Stdin); err != nil {
		return err
	}
	return w.writeFrame(frameEnd, nil)
}

// result collects the output and the outcome.
func (p *call) result() (res Result, err error) {
	var stdout, stderr []byte
	for {
		kind, payload, err := p.frame()
		if err != nil {
			return Result{}, err
		}
		switch kind {
		case frameData:
			stdout = append(stdout, payload...)
		case frameStderr:
			stderr = append(stderr, payload...)
		case frameResult:
			err := json.Unmarshal(payload, &res)
			res.Stdout, res.Stderr = stdout, stderr
			return res, err
		}
		if len(stdout) > maxOutput || len(stderr) > maxOutput {
			return Result{}, fmt.Errorf("the agent sent more than %d bytes of output", maxOutput)
		}
	}
}

// exec answers opExec.
func (s *server) exec(ctx context.Context, w *wire, body json.RawMessage) error {
	var cmd Command
	if err := json.Unmarshal(body, &cmd); err != nil {
		return err
	}
	if cmd.Fresh {
		return s.execFresh(ctx, w, cmd)
	}
	var err error
	if cmd.Stdin, err = receiveStdin(w); err != nil {
		return err
	}
	s.fresh.RLock() // A fresh command would kill it.
	defer s.fresh.RUnlock()
	ctx, stop := untilHangUp(ctx, w)
	defer stop()
	return sendResult(w, s.run(ctx, cmd))
}

// execFresh runs a fresh command: nothing else happens in the container meanwhile,
// and nothing of the command is left when its result is sent.
func (s *server) execFresh(ctx context.Context, w *wire, cmd Command) error {
	s.fresh.Lock()
	defer s.fresh.Unlock()
	dir, err := s.receiveFresh(w, &cmd)
	defer dir.remove()
	if err != nil {
		return err
	}
	if s.service.running() || s.shells.count() > 0 {
		return refuse("a fresh command needs a node without a service and without shells; stop them or use another node")
	}
	ctx, stop := untilHangUp(ctx, w)
	defer stop()
	res := s.run(ctx, cmd)
	if err := errors.Join(res.unswept, s.wipe(dir)); err != nil {
		return err
	}
	return sendResult(w, res)
}

// sendResult sends the header, the output and the outcome. A caller that has
// gone away is nobody's failure.
func sendResult(w *wire, res Result) error {
	if w.writeLine(response{}) != nil || w.sendAll(frameData, res.Stdout) != nil || w.sendAll(frameStderr, res.Stderr) != nil {
		return nil //nolint:nilerr // See above.
	}
	res.Stdout, res.Stderr = nil, nil
	w.writeJSON(frameResult, res)
	return nil
}
