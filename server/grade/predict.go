package grade

import (
	"context"
	"time"

	"pattarai/lessons"
	"pattarai/sandbox"
	"pattarai/server/catalog"
)

// A run that marks a prediction is bounded: somebody waits for it, and it is stored.
const (
	predictTime   = 10 * time.Second
	predictOutput = 16 << 10 // Bytes.
)

// Predictions runs the code of predict items in the learner's lab. It implements
// submit.Runner.
type Predictions struct{ Sessions Sessions }

// Output is what the block prints now in the lab that runs; ok is false when there is
// none, or the run did not end well: then the output that was proved marks the answer.
func (p Predictions) Output(ctx context.Context, learner string, lesson *catalog.Lesson, run lessons.Run) (output string, ok bool) {
	command, ok := sandbox.Script(run.Lang, run.Code)
	if !ok || !lesson.HasLab() {
		return "", false
	}
	session, err := p.Sessions.Session(ctx, learner, lesson.ID())
	if err != nil {
		return "", false
	}
	node := run.Node
	if node == "" {
		node = lesson.Exercise.Shell
	}
	ctx, cancel := context.WithTimeout(ctx, 2*predictTime)
	defer cancel()
	command.Timeout = predictTime
	result, err := session.Exec(ctx, node, command)
	output = string(result.Stdout) + string(result.Stderr)
	if err != nil || result.Failure != "" || result.TimedOut || result.StdoutTruncated || len(output) > predictOutput {
		return "", false
	}
	return output, true
}
