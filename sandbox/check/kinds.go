package check

import (
	"context"

	"pattarai/sandbox/internal/yamldoc"
)

// kind is a kind of probe: how an author writes it.
type kind struct {
	name   string
	keys   []string // Of the probe itself.
	expect []string // Of its expectations.
	// parse reads both; problems are noted in the document. expect is the zero Map
	// when the author wrote none.
	parse func(p *parser, probe, expect yamldoc.Map) prober
}

// kinds is the table of kinds. A new kind is a file with an entry here.
func kinds() []kind {
	return []kind{
		httpKind(), tcpKind(), sqlKind(), redisKind(), amqpKind(),
		execKind(), fileKind(), programKind(), callsKind(), scriptKind(), applyKind(),
	}
}

func kindNames() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// prober looks at a lab and compares what it sees with what was expected of it.
type prober interface {
	// expected is the claim in words.
	expected() string
	// try is a command to see it oneself in a terminal of the shell node, or "".
	try(shell string) string
	// look looks once. It honours ctx and reports failures of ours in the outcome.
	look(ctx context.Context, e *env) outcome
}

// outcome is what a look saw, compared with what was expected.
type outcome struct {
	status    Status
	observed  string
	reasons   []string
	bars      []Bar
	cases     []Case
	output    string
	truncated bool
	text      string  // What remember, unchanged and changed read.
	try       string  // Replaces the prober's, when the look knows better.
	score     float64 // Part of the points that was earned, where the look knows better than its cases.
	scored    bool
}

// fail adds a reason; the first one decides that the outcome is a failure.
func (o *outcome) fail(reasons ...string) {
	if len(reasons) == 0 {
		return
	}
	if o.status == Passed {
		o.status = Failed
	}
	o.reasons = append(o.reasons, reasons...)
}

// limit notes that a limit was hit, which decides over mere failures.
func (o *outcome) limit(status Status, reason string) {
	if o.status == Passed || o.status == Failed {
		o.status = status
	}
	o.reasons = append([]string{reason}, o.reasons...)
}
