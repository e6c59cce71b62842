package check

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pattarai/sandbox"
	"pattarai/sandbox/internal/yamldoc"
)

// applyProbe brings the handed-in files to the nodes that use them, as the
// learner's own "save and apply" does, and looks at what they say.
type applyProbe struct {
	files    []string // Workspace paths; all that were handed in when empty.
	accepted bool
	warnings bound
	anyWarn  bool
}

func applyKind() kind {
	return kind{
		name:   "apply",
		keys:   []string{"files"},
		expect: []string{"accepted", "warnings"},
		parse:  parseApply,
	}
}

func parseApply(p *parser, probe, expect yamldoc.Map) prober {
	a := applyProbe{accepted: true, anyWarn: true}
	p.workspace = true
	optional(probe, "files", func(v yamldoc.Value) {
		for _, item := range v.OneOrMore() {
			a.files = append(a.files, workspacePath(item))
		}
	})
	optional(expect, "accepted", func(v yamldoc.Value) { a.accepted, _ = v.Bool() })
	optional(expect, "warnings", func(v yamldoc.Value) {
		a.anyWarn = false
		a.warnings, _ = numberBound(v)
	})
	return a
}

func (a applyProbe) expected() string {
	switch {
	case !a.accepted:
		return string(msgRefusalWanted)
	case a.anyWarn:
		return string(msgAcceptWanted)
	default:
		return say(msgAcceptWarnings, a.warnings)
	}
}

func (a applyProbe) try(string) string { return "" } // The button "Save and apply" is nearer.

func (a applyProbe) look(ctx context.Context, e *env) outcome {
	files, missing := a.handedIn(e.target.Files())
	if len(missing) > 0 {
		o := outcome{status: Passed, observed: say(msgNotHandedIn, strings.Join(missing, ", "))}
		o.fail(o.observed)
		return o
	}
	applied, err := e.target.Apply(ctx, files)
	if err != nil {
		return e.blame(ctx, strings.Join(applied.Nodes, ", "), err)
	}
	return a.judge(applied)
}

// handedIn picks the probe's files out of all, and names those that are not there.
func (a applyProbe) handedIn(all map[string][]byte) (files map[string][]byte, missing []string) {
	if len(a.files) == 0 {
		return all, nil
	}
	files = map[string][]byte{}
	for _, name := range a.files {
		content, ok := all[name]
		if !ok {
			missing = append(missing, name)
			continue
		}
		files[name] = content
	}
	return files, missing
}

func (a applyProbe) judge(applied sandbox.Applied) outcome {
	o := outcome{status: Passed, output: applied.Output, text: applied.Output}
	warnings := count(applied.Diagnostics, "warning")
	o.observed = observedApply(applied, warnings)
	if applied.Accepted != a.accepted {
		o.fail(append([]string{o.observed}, complaints(applied.Diagnostics, "error")...)...)
		return o
	}
	if applied.Accepted && !a.anyWarn && !a.warnings.holds(float64(warnings)) {
		o.fail(append([]string{say(msgWarningsOff, warnings, a.warnings)}, complaints(applied.Diagnostics, "warning")...)...)
	}
	return o
}

func observedApply(applied sandbox.Applied, warnings int) string {
	nodes := strings.Join(applied.Nodes, ", ")
	switch {
	case !applied.Accepted:
		return say(msgRefused, nodes)
	case warnings > 0:
		return say(msgAcceptedWith, nodes, warnings)
	default:
		return say(msgAccepted, nodes)
	}
}

func count(all []sandbox.Diagnostic, severity string) int {
	n := 0
	for _, d := range all {
		if d.Severity == severity {
			n++
		}
	}
	return n
}

// complaints are the first diagnostics of a severity as sentences.
func complaints(all []sandbox.Diagnostic, severity string) []string {
	const most = 5
	var out []string
	for _, d := range all {
		if d.Severity != severity {
			continue
		}
		place := d.File
		if d.Line > 0 {
			place = fmt.Sprintf("%s, line %d", d.File, d.Line)
		}
		out = append(out, place+": "+d.Message)
	}
	return slices.Clip(out[:min(len(out), most)])
}
