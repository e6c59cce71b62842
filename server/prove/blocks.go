package prove

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pattarai/lessons"
	"pattarai/quizzes"
	"pattarai/sandbox"
	"pattarai/sandbox/agent"
)

const blockTime = time.Minute

// blocks runs the blocks of the text, in its course's first language.
func (t trial) blocks(ctx context.Context, s *sandbox.Session) ([]Step, error) {
	var steps []Step
	for _, run := range t.runs() {
		took := stopwatch()
		step := Step{Name: fmt.Sprintf("%s (line %d)", run.ID, run.Line)}
		command, ok := sandbox.Script(run.Lang, run.Code)
		command.Timeout = blockTime
		if !ok {
			step.OK, step.Skipped = true, fmt.Sprintf("blocks in %s are not run here", run.Lang)
			steps = append(steps, step)
			continue
		}
		result, err := s.Exec(ctx, t.node(run), command)
		if err != nil && ours(ctx, err) {
			return steps, err
		}
		step.Reason = notPrinted(run, result, err)
		step.OK, step.Took = step.Reason == "", took()
		steps = append(steps, step)
	}
	return steps, nil
}

// runs are the blocks of the default language; every language has the same code.
func (t trial) runs() []lessons.Run {
	text := t.lesson.Texts["en"]
	for _, other := range t.lesson.Texts {
		if text == nil || len(other.Runs) > len(text.Runs) {
			text = other
		}
	}
	if text == nil {
		return nil
	}
	return text.Runs
}

// node is where a block runs.
func (t trial) node(run lessons.Run) string {
	if run.Node != "" {
		return run.Node
	}
	return t.lesson.Exercise.Shell
}

// notPrinted says why a block did not do what the text says; "" when it did.
func notPrinted(run lessons.Run, r agent.Result, err error) string {
	printed := string(r.Stdout) + string(r.Stderr)
	switch {
	case err != nil:
		return err.Error()
	case r.Failure != "":
		return "it could not be started: " + r.Failure
	case r.TimedOut:
		return fmt.Sprintf("it did not end within %s; it had printed:\n%s", blockTime, printed)
	case run.HasOutput && !quizzes.MatchOutput(ellipses(run.Output), printed):
		return fmt.Sprintf("it should print:\n%s\nbut printed:\n%s", strings.TrimRight(run.Output, "\n"), strings.TrimRight(printed, "\n"))
	case !run.HasOutput && r.Exit != 0:
		return fmt.Sprintf("it ended with exit status %d and printed:\n%s", r.Exit, printed)
	}
	return ""
}

// ellipses lets three dots on a line of their own match anything too.
func ellipses(output string) string {
	lines := strings.Split(output, "\n")
	for i, line := range lines {
		if strings.TrimSpace(line) == "..." {
			lines[i] = "…"
		}
	}
	return strings.Join(lines, "\n")
}
