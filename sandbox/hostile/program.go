package hostile

import (
	"context"
	_ "embed" // The prelude.
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
)

//go:embed prelude.py
var prelude string

// ended is what is seen of a node that is no more.
const ended = "the node ended"

const (
	programTime   = 20 * time.Second
	programOutput = 4 << 10
)

// python makes an abuse of a program that runs in a node after the prelude.
func python(node, program string) func(context.Context, *Lab) (string, error) {
	return func(ctx context.Context, l *Lab) (string, error) { return l.run(ctx, node, program) }
}

// run runs a program with what it may know of the labs.
func (l *Lab) run(ctx context.Context, node, program string) (string, error) {
	text, err := json.Marshal(l.facts)
	if err != nil {
		return "", err
	}
	res, err := l.session.Exec(ctx, node, agent.Command{
		Args: []string{"/usr/bin/python3", "-I", "-S", "-c", prelude, strings.TrimSpace(program)},
		Env:  map[string]string{"FACTS": string(text)}, Timeout: programTime, MaxOutput: programOutput,
	})
	if errors.Is(err, agent.ErrLost) || errors.Is(err, sandbox.ErrNotRunning) {
		return ended, nil
	}
	if err != nil {
		return "", err
	}
	return outcome(res), nil
}

// outcome is what a program met, in a few words.
func outcome(res agent.Result) string {
	seen := strings.Join(strings.Fields(string(res.Stdout)), " ")
	switch {
	case res.Failure != "":
		return "could not start: " + res.Failure
	case res.OutOfMemory:
		return join(seen, "killed: out of memory")
	case res.TimedOut:
		return join(seen, "timed out")
	case res.Exit > 128:
		return join(seen, fmt.Sprintf("killed by signal %d", res.Exit-128))
	case res.Exit != 0:
		return join(seen, fmt.Sprintf("exit status %d: %s", res.Exit, lastLine(string(res.Stderr))))
	}
	return seen
}

func join(seen, end string) string {
	if seen == "" {
		return end
	}
	return seen + ", " + end
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
