package check

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"pattarai/sandbox/agent"
	"pattarai/sandbox/check/dialect"
	"pattarai/sandbox/internal/yamldoc"
)

// The bounds of an author's program.
const (
	maxScriptFiles = 50
	maxScriptBytes = 512 << 10 // Of all its files.
	maxScriptTold  = 10        // Failed tests told as reasons.
)

// scriptProbe runs a program of the author's, which tells results that other test
// tools know how to write.
type scriptProbe struct {
	node    string
	line    string
	reads   string // A dialect.
	results string // Path of the results; "" for stdout.
	learner bool   // The learner's files lie beside the author's.
	command agent.Command
	want    scriptWant
}

// scriptWant is what is expected of the tests. Without anything all must pass.
type scriptWant struct {
	passed, failed *bound
	tests          []string // Names of tests that must pass.
}

func scriptKind() kind {
	return kind{
		name:   "script",
		keys:   []string{"in", "run", "args", "env", "timeout", "memory", "files", "workspace", "reads", "results"},
		expect: []string{"passed", "failed", "tests"},
		parse:  parseScript,
	}
}

func parseScript(p *parser, m, expect yamldoc.Map) prober {
	var x scriptProbe
	if v, ok := m.Require("in", "add \"in: \" with a node: "+strings.Join(p.nodeNames(), ", ")); ok {
		x.node = p.node(v)
	}
	x.line, x.command.Args = commandLine(m)
	optional(m, "env", func(v yamldoc.Value) { x.command.Env = words(v) })
	x.command.Timeout = commandTimeout(m)
	x.command.MaxOutput = dialect.MaxInput + 1
	optional(m, "memory", func(v yamldoc.Value) { x.command.Memory, _ = v.Size(8<<20, 2<<30) })
	optional(m, "files", func(v yamldoc.Value) { x.command.Files = p.lessonFiles(v) })
	optional(m, "workspace", func(v yamldoc.Value) { x.learner, _ = v.Bool() })
	p.workspace = p.workspace || x.learner
	x.command.Fresh = m.Has("files") || x.learner
	if in := m.Get("in"); x.command.Fresh && x.node != "" && x.node == p.shell {
		in.Problem("forbidden-pair", fmt.Sprintf("files are put into %s, where the learner has a shell", x.node), "a node without a shell and without a service", "add a node with role runner and name it here")
	}
	if v, ok := m.Require("reads", "add \"reads: \" with one of "+strings.Join(dialect.Names(), ", ")); ok {
		x.reads, _ = v.Choice(dialect.Names()...)
	}
	optional(m, "results", func(v yamldoc.Value) { x.results = resultPath(v) })
	x.command.Args = x.withResults(x.command.Args)
	optional(expect, "passed", func(v yamldoc.Value) { x.want.passed = optionalNumber(v) })
	optional(expect, "failed", func(v yamldoc.Value) { x.want.failed = optionalNumber(v) })
	optional(expect, "tests", func(v yamldoc.Value) { x.want.tests, _ = v.Texts() })
	return x
}

// resultPath reads where the results are: in the directory of the run, or anywhere.
func resultPath(v yamldoc.Value) string {
	text, ok := v.Text()
	if ok && (path.Clean(text) != text || strings.HasPrefix(text, "..")) {
		v.Problem("path", "the path "+v.Words(), "a plain path", "write it like results.xml")
	}
	return text
}

// withResults makes the command tell the results and nothing else on stdout.
func (x scriptProbe) withResults(args []string) []string {
	if x.results == "" || len(args) == 0 {
		return args
	}
	const told = `out=$1; shift; "$@" >&2; status=$?; cat -- "$out"; exit $status`
	return append([]string{"/bin/sh", "-c", told, "sh", x.results}, args...)
}

// lessonFiles reads files of the lesson's folder: the author's own, which learners
// do not see.
func (p *parser) lessonFiles(v yamldoc.Value) map[string][]byte {
	files, total := map[string][]byte{}, 0
	for _, item := range v.OneOrMore() {
		name, ok := item.Text()
		if !ok {
			continue
		}
		if !fs.ValidPath(name) || !strings.HasPrefix(name, "tests/") {
			item.Problem("path", "the path "+item.Words(), "files below tests/ of the lesson's folder", "write it like tests/test_shop.py")
			continue
		}
		data, err := fs.ReadFile(p.fsys, name)
		if err != nil {
			item.Problem("file-missing", name+" is no file of this lesson", "a file below tests/", "create it, or correct the name")
			continue
		}
		total += len(data)
		files[strings.TrimPrefix(name, "tests/")] = data
		p.read(name, data)
	}
	if total > maxScriptBytes || len(files) > maxScriptFiles {
		v.Problem("too-long", fmt.Sprintf("%d files of %s", len(files), yamldoc.Bytes(int64(total))), fmt.Sprintf("at most %d of %s together", maxScriptFiles, yamldoc.Bytes(maxScriptBytes)), "put what is large into an image")
	}
	return files
}

func (x scriptProbe) expected() string {
	var claims []string
	if x.want.passed != nil {
		claims = append(claims, say(msgScriptPassed, *x.want.passed))
	}
	if x.want.failed != nil {
		claims = append(claims, say(msgScriptFailed, *x.want.failed))
	}
	if len(x.want.tests) > 0 {
		claims = append(claims, say(msgScriptTests, strings.Join(x.want.tests, ", ")))
	}
	if len(claims) == 0 {
		return string(msgScriptWant)
	}
	return strings.Join(claims, "; ")
}

func (x scriptProbe) try(shell string) string {
	if x.node != shell || x.command.Fresh {
		return "" // The learner has no shell there, or not its files.
	}
	return x.line
}

func (x scriptProbe) look(ctx context.Context, e *env) outcome {
	command := x.command
	if x.learner {
		command.Files = map[string][]byte{}
		for name, data := range e.target.Files() {
			command.Files[name] = data
		}
		for name, data := range x.command.Files { // The author's win.
			command.Files[name] = data
		}
	}
	result, failed := e.exec(ctx, x.node, command)
	if failed != nil {
		return *failed
	}
	o := outcome{status: Passed, text: string(result.Stdout)}
	shown := result
	if shown.Stdout = nil; len(result.Stderr) == 0 {
		shown.Stdout = result.Stdout
	}
	o.show(shown)
	o.observed = say(msgEnded, result.Exit, span(result.Duration))
	if !o.ran(result, command) {
		return o
	}
	if result.StdoutTruncated {
		o.limit(LimitExceeded, say(msgCommandOutput, yamldoc.Bytes(dialect.MaxInput), "stdout"))
		return o
	}
	all, err := dialect.Read(x.reads, result.Stdout)
	if err != nil {
		o.fail(say(msgScriptNone, err))
		return o
	}
	x.want.judge(&o, all)
	return o
}

// judge compares the tests with what is expected of them.
func (w scriptWant) judge(o *outcome, all dialect.Results) {
	passed := all.Passed()
	o.observed = say(msgScriptSeen, passed, len(all.Tests))
	for _, t := range all.Tests {
		o.cases = append(o.cases, Case{Name: t.Name, OK: t.Status == dialect.Passed, Observed: told(t)})
	}
	if all.Score != nil {
		o.score, o.scored = *all.Score, true
	}
	if w.passed != nil && !w.passed.holds(float64(passed)) {
		o.fail(say(msgScriptFew, passed, *w.passed))
	}
	failed := len(all.Tests) - passed - skipped(all)
	if w.failed != nil && !w.failed.holds(float64(failed)) {
		o.fail(say(msgScriptMany, failed, *w.failed))
	}
	for _, name := range w.tests {
		i := slices.IndexFunc(all.Tests, func(t dialect.Test) bool { return t.Name == name })
		switch {
		case i < 0:
			o.fail(say(msgScriptMissing, name))
		case all.Tests[i].Status != dialect.Passed:
			o.fail(say(msgScriptOff, name, told(all.Tests[i])))
		}
	}
	if w.passed == nil && w.failed == nil && len(w.tests) == 0 {
		w.every(o, all)
	}
}

// every claims that all tests passed, and that there were some.
func (w scriptWant) every(o *outcome, all dialect.Results) {
	if len(all.Tests) == 0 {
		o.fail(say(msgScriptNone, firstOf(all.Message, say(msgScriptSeen, 0, 0))))
	}
	var off []string
	for _, t := range all.Tests {
		if t.Status != dialect.Passed {
			off = append(off, say(msgScriptOff, t.Name, told(t)))
		}
	}
	if more := len(off) - maxScriptTold; more > 0 {
		off = append(off[:maxScriptTold], say(msgScriptMore, more))
	}
	o.fail(off...)
}

func skipped(all dialect.Results) int {
	n := 0
	for _, t := range all.Tests {
		if t.Status == dialect.Skipped {
			n++
		}
	}
	return n
}

// told is why a test did not pass.
func told(t dialect.Test) string {
	switch {
	case t.Message != "":
		return t.Message
	case t.Status == dialect.Skipped:
		return string(msgScriptSkipped)
	case t.Status == dialect.Failed:
		return string(msgScriptNoWhy)
	}
	return ""
}
