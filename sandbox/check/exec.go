package check

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pattarai/sandbox/agent"
	"pattarai/sandbox/internal/yamldoc"
)

// The bounds of what a command prints.
const (
	maxCommandOutput = 64 << 10 // Judged.
	maxShownOutput   = 4 << 10  // Shown in a result.
)

// execProbe runs a command in a node and compares what it prints.
type execProbe struct {
	node           string
	line           string // What the author wrote, for trying it.
	command        agent.Command
	exit           bound
	anyExit        bool
	stdout, stderr textWant
}

func execKind() kind {
	return kind{
		name:   "exec",
		keys:   []string{"in", "run", "args", "stdin", "dir", "env", "timeout", "memory"},
		expect: []string{"exit", "stdout", "stderr"},
		parse:  parseExec,
	}
}

func parseExec(p *parser, probe, expect yamldoc.Map) prober {
	x := execProbe{stdout: textWant{name: "stdout"}, stderr: textWant{name: "stderr"}}
	if in, ok := probe.Require("in", "add \"in: \" with a node: "+strings.Join(p.nodeNames(), ", ")); ok {
		x.node = p.node(in)
	}
	x.line, x.command.Args = commandLine(probe)
	optional(probe, "stdin", func(v yamldoc.Value) {
		text, _ := v.Scalar()
		x.command.Stdin = []byte(text)
	})
	optional(probe, "dir", func(v yamldoc.Value) { x.command.Dir, _ = v.Text() })
	optional(probe, "env", func(v yamldoc.Value) { x.command.Env = words(v) })
	x.command.Timeout = commandTimeout(probe)
	x.command.MaxOutput = maxCommandOutput
	optional(probe, "memory", func(v yamldoc.Value) { x.command.Memory, _ = v.Size(8<<20, 2<<30) })
	x.exit, x.anyExit = exitExpectation(expect)
	optional(expect, "stdout", func(v yamldoc.Value) { x.stdout = textExpectation(v, "stdout") })
	optional(expect, "stderr", func(v yamldoc.Value) { x.stderr = textExpectation(v, "stderr") })
	return x
}

// commandLine reads "run", a line for /bin/sh, or "args", an argument vector.
func commandLine(probe yamldoc.Map) (line string, args []string) {
	switch run, vector := probe.Get("run"), probe.Get("args"); {
	case run.Present() && vector.Present():
		probe.Key("args").Problem("forbidden-pair", "\"args\" beside \"run\"", "one of the two", "keep run for a shell line, args for an argument vector")
	case vector.Present():
		items, ok := vector.List()
		if ok && len(items) == 0 {
			vector.Problem("empty", "an empty command", "at least the program", "write it like [haproxy, -c]")
		}
		for _, item := range items {
			arg, _ := item.Scalar()
			args = append(args, arg)
		}
		return quoteShell(args), args
	case run.Present():
		line, _ = run.Text()
		line = strings.TrimRight(line, "\n")
		return line, []string{"/bin/sh", "-c", line}
	default:
		probe.Problem("missing-key", "no command", "run (a shell line) or args (a list)", "add \"run: \" with the command")
	}
	return "", nil
}

const (
	defaultCommandTimeout = 10 * time.Second
	maxCommandTimeout     = time.Minute
)

func commandTimeout(probe yamldoc.Map) time.Duration {
	d := defaultCommandTimeout
	optional(probe, "timeout", func(v yamldoc.Value) { d, _ = v.Duration(50*time.Millisecond, maxCommandTimeout) })
	return d
}

// words reads a map of plain values.
func words(v yamldoc.Value) map[string]string {
	m, ok := v.AnyMap()
	if !ok {
		return nil
	}
	out := map[string]string{}
	for _, e := range m.Entries {
		out[e.Name()], _ = e.Value.Scalar()
	}
	return out
}

// exitExpectation reads "exit": a status, a bound, or the word any. A command
// about which nothing is said must succeed.
func exitExpectation(expect yamldoc.Map) (b bound, whatever bool) {
	b = exactly(0)
	optional(expect, "exit", func(v yamldoc.Value) {
		if v.Raw() == "any" {
			whatever = true
			return
		}
		if v.IsMap() {
			b, _ = numberBound(v)
			return
		}
		n, _ := v.Int(0, 255)
		b = exactly(float64(n))
	})
	return b, whatever
}

func (x execProbe) expected() string {
	claims := append(x.stdout.words(), x.stderr.words()...)
	if !x.anyExit {
		claims = append([]string{say(msgExit, x.exit)}, claims...)
	}
	if len(claims) == 0 {
		return string(msgExitAny)
	}
	return strings.Join(claims, "; ")
}

func (x execProbe) try(shell string) string {
	if x.node != shell {
		return "" // The learner has no shell there.
	}
	return x.line
}

func (x execProbe) look(ctx context.Context, e *env) outcome {
	result, failed := e.exec(ctx, x.node, x.command)
	if failed != nil {
		return *failed
	}
	o := outcome{status: Passed, text: string(result.Stdout)}
	o.show(result)
	o.observed = say(msgEnded, result.Exit, span(result.Duration))
	if !o.ran(result, x.command) {
		return o
	}
	if !x.anyExit && !x.exit.holds(float64(result.Exit)) {
		o.fail(say(msgExitOff, result.Exit, x.exit))
	}
	o.judge(x.stdout, result.Stdout, result.StdoutTruncated)
	o.judge(x.stderr, result.Stderr, result.StderrTruncated)
	return o
}

// judge compares an output stream. What was cut off cannot be judged.
func (o *outcome) judge(w textWant, text []byte, cut bool) {
	if cut && w.claims() {
		o.limit(LimitExceeded, say(msgCommandOutput, yamldoc.Bytes(maxCommandOutput), w.name))
		return
	}
	o.fail(w.unmet(string(text))...)
}

// ran notes limits a command hit, and tells whether it ended by itself.
func (o *outcome) ran(r agent.Result, c agent.Command) bool {
	switch {
	case r.Failure != "":
		o.observed = say(msgNoStart, r.Failure)
		o.fail(o.observed)
	case r.TimedOut:
		o.observed = say(msgCommandLong, span(c.Timeout))
		o.limit(TimedOut, o.observed)
	case r.OutOfMemory:
		o.observed = say(msgCommandMemory, memoryLimit(c.Memory))
		o.limit(LimitExceeded, o.observed)
	default:
		return true
	}
	return false
}

// memoryLimit names a limit that a command had of its own.
func memoryLimit(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s)", yamldoc.Bytes(n))
}

// show keeps what a command printed for the result.
func (o *outcome) show(r agent.Result) {
	text := strings.ToValidUTF8(string(r.Stdout)+string(r.Stderr), "\uFFFD")
	o.truncated = r.StdoutTruncated || r.StderrTruncated || len(text) > maxShownOutput
	if len(text) > maxShownOutput {
		text = strings.ToValidUTF8(text[:maxShownOutput], "")
	}
	o.output = text
}
