// Package check turns an author's checks into observations and compares them with
// what was claimed. Probes look from inside the lab; expectations are compared
// here, on the server, so nothing a learner's program writes can become a verdict.
//
// [Parse] reads the format that docs/exercise.md describes; [Run] carries it out.
// Each kind of probe is one file with one entry in the table of kinds; a check is a list of
// steps, each a probe with its expectations and perhaps a fault before it.
package check

import (
	"context"
	"encoding/json"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/agent"
)

// Exercise is a parsed exercise.yaml.
type Exercise struct {
	Shell  string   `json:"shell"`  // Node where a new terminal opens; "" means none.
	Edit   []string `json:"edit"`   // Workspace paths the learner edits, first one open.
	Checks []Check  `json:"checks"` //
	Hash   string   `json:"hash"`   // Hex SHA-256 of the checks: what a verdict was given by.
}

// Check is one named assertion.
type Check struct {
	ID     string   `json:"id"`
	Title  string   `json:"title"`
	Needs  []string `json:"needs"`
	Points float64  `json:"points"`
	Help   string   `json:"help"`

	steps   []step        // At least one; most checks have one.
	timeout time.Duration // For all steps and their waits together.
	try     string        // The author's own command for TryIt.
	partial bool          // Cases that are right earn their part of the points.
}

// Status is how one check ended.
type Status string

// The statuses. See docs/state.md.
const (
	Passed        Status = "passed"
	Failed        Status = "failed"
	Skipped       Status = "skipped"        // A check it needs did not pass.
	TimedOut      Status = "timed_out"      // Its own time limit was hit; Observed names the limit.
	LimitExceeded Status = "limit_exceeded" // Output, memory or another limit was hit; Observed names it.
	Broken        Status = "broken"         // We failed; costs nothing.
	Running       Status = "running"        // Only in events.
)

// Verdict is the outcome of a whole report.
type Verdict string

// The verdicts. There is no "error": a failure of ours makes a report that is not gradable.
const (
	VerdictPassed        Verdict = "passed"
	VerdictFailed        Verdict = "failed"
	VerdictTimedOut      Verdict = "timed_out"
	VerdictLimitExceeded Verdict = "limit_exceeded"
	VerdictPending       Verdict = "pending"
)

// Result is what came of one check, in words and numbers for the person who asked.
type Result struct {
	ID        string        `json:"id"`
	Title     string        `json:"title"` // The claim.
	Status    Status        `json:"status"`
	Needs     []string      `json:"needs,omitempty"`
	Expected  string        `json:"expected,omitempty"` // "app1 : app2 : app3 = 2 : 1 : 3, within 3 %, of 600 requests"
	Observed  string        `json:"observed,omitempty"` // "app1 198, app2 205, app3 197 of 600"
	Reasons   []string      `json:"reasons,omitempty"`  // Each unmet expectation as a sentence.
	Bars      []Bar         `json:"bars,omitempty"`     // For shares.
	Cases     []Case        `json:"cases,omitempty"`    // For request tables and programs.
	Output    string        `json:"output,omitempty"`   // What a command printed, at most 4 KiB.
	Truncated bool          `json:"truncated,omitempty"`
	TryIt     string        `json:"try_it,omitempty"` // A command to see it oneself in the lesson's terminal.
	Help      string        `json:"help,omitempty"`   // The author's line; only when not passed.
	Points    float64       `json:"points"`
	MaxPoints float64       `json:"max_points"`
	Took      time.Duration `json:"took"` // Nanoseconds in JSON.
}

// Bar is one bar of a shares picture. Shares are fractions of 1.
type Bar struct {
	Label    string  `json:"label"`
	Count    int     `json:"count"`
	Observed float64 `json:"observed"`
	Expected float64 `json:"expected"` // Negative when nothing was claimed for this label.
	OK       bool    `json:"ok"`
}

// Case is one row of a table of requests or program runs.
type Case struct {
	Name     string `json:"name"`
	OK       bool   `json:"ok"`
	Input    string `json:"input,omitempty"`
	Expected string `json:"expected,omitempty"` // Empty for hidden cases.
	Observed string `json:"observed,omitempty"`
	Diff     string `json:"diff,omitempty"` // Unified, with spaces and line ends made visible where they matter.
	Hidden   bool   `json:"hidden,omitempty"`
}

// Report is the outcome of a run over all checks.
type Report struct {
	Verdict   Verdict       `json:"verdict"`
	Gradable  bool          `json:"gradable"`         // False when we failed: no attempt is counted.
	Reason    string        `json:"reason,omitempty"` // With Gradable false: what of ours failed.
	Points    float64       `json:"points"`
	MaxPoints float64       `json:"max_points"`
	Results   []Result      `json:"results"` // In the author's order.
	Started   time.Time     `json:"started"`
	Took      time.Duration `json:"took"`
}

// Target is the running lab a check looks at. *sandbox.Session is one.
type Target interface {
	Topology() sandbox.Topology
	States() []sandbox.NodeState
	Exec(ctx context.Context, node string, cmd agent.Command) (agent.Result, error)
	Probe(ctx context.Context, kind string, spec any, progress func(json.RawMessage)) (json.RawMessage, error)
	// Sources are n addresses that the probe node can send from.
	Sources(ctx context.Context, n int) ([]string, error)
	Control(ctx context.Context, node string, action sandbox.Action) error
	// Break makes a running node suffer something, Mend ends all that is of a kind.
	Break(ctx context.Context, node string, f sandbox.Fault) error
	Mend(ctx context.Context, node string, kind sandbox.FaultKind) error
	// Apply brings workspace files to the nodes that use them.
	Apply(ctx context.Context, files map[string][]byte) (sandbox.Applied, error)
	// Files are the workspace files that are judged: those handed in.
	Files() map[string][]byte
}
