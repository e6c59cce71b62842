package check

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pattarai/sandbox/agent"
	"pattarai/sandbox/internal/yamldoc"
)

const maxCases = 50

// programProbe runs the learner's program with one input after the other, each in
// a fresh directory that holds the workspace.
type programProbe struct {
	node    string
	file    string // Must be in the workspace; "" when no single file is meant.
	line    string
	command agent.Command
	cases   []programCase
}

// programCase is one run.
type programCase struct {
	name           string
	hidden         bool
	args           []string
	stdin          string
	exit           bound
	anyExit        bool
	stdout, stderr textWant
}

func programKind() kind {
	return kind{
		name:  "program",
		keys:  []string{"in", "file", "run", "args", "env", "timeout", "memory", "cases"},
		parse: parseProgram, // What is expected stands beside each case's input.
	}
}

func parseProgram(p *parser, m, expect yamldoc.Map) prober {
	p.workspace = true
	var x programProbe
	if expect.Present() {
		expect.Problem("forbidden-pair", "\"expect\" beside \"program\"", "each case has its own", "move it into the cases")
	}
	if in, ok := m.Require("in", "add \"in: \" with a node that has no shell"); ok {
		x.node = p.node(in)
		if x.node != "" && x.node == p.shell {
			in.Problem("forbidden-pair", fmt.Sprintf("programs run in %s, where the learner has a shell", x.node), "a node without a shell", "add a node with role runner and name it here")
		}
	}
	optional(m, "file", func(v yamldoc.Value) { x.file = workspacePath(v) })
	x.line, x.command.Args = commandLine(m)
	optional(m, "env", func(v yamldoc.Value) { x.command.Env = words(v) })
	x.command.Timeout = commandTimeout(m)
	x.command.MaxOutput = maxCommandOutput
	x.command.Fresh = true
	if words, plain := plainWords(x.command.Args); plain {
		x.command.Args, x.command.Warm = words, len(words) > 1
	}
	optional(m, "memory", func(v yamldoc.Value) { x.command.Memory, _ = v.Size(8<<20, 2<<30) })
	if v, ok := m.Require("cases", "add \"cases:\" with at least one {stdin, expect}"); ok {
		x.cases = p.cases(v)
	}
	return x
}

func (p *parser) cases(v yamldoc.Value) []programCase {
	items, ok := v.List()
	if !ok {
		return nil
	}
	counted(v, len(items), maxCases, "cases", "choose the telling ones")
	var cases []programCase
	for i, item := range items {
		if m, ok := item.Map("name", "hidden", "args", "stdin", "expect"); ok {
			cases = append(cases, parseCase(m, i+1))
		}
	}
	if len(cases) > 0 && !slices.ContainsFunc(cases, func(c programCase) bool { return !c.hidden }) {
		v.Warn("all-hidden", "every case is hidden", "", "show at least one, so that the learner sees what is meant")
	}
	return cases
}

func parseCase(m yamldoc.Map, n int) programCase {
	c := programCase{name: fmt.Sprintf("run %d", n), exit: exactly(0)}
	optional(m, "hidden", func(v yamldoc.Value) { c.hidden, _ = v.Bool() })
	if c.hidden {
		c.name = say(msgHiddenName, n)
	}
	optional(m, "name", func(v yamldoc.Value) { c.name = limited(v, maxTitle) })
	optional(m, "stdin", func(v yamldoc.Value) { c.stdin = v.Raw() })
	optional(m, "args", func(v yamldoc.Value) {
		items, _ := v.List()
		for _, item := range items {
			arg, _ := item.Scalar()
			c.args = append(c.args, arg)
		}
	})
	v, ok := m.Require("expect", "add \"expect: {stdout: …}\"")
	if !ok {
		return c
	}
	expect, ok := v.Map("exit", "stdout", "stderr")
	if !ok {
		return c
	}
	c.exit, c.anyExit = exitExpectation(expect)
	optional(expect, "stdout", func(v yamldoc.Value) { c.stdout = textExpectation(v, "stdout") })
	optional(expect, "stderr", func(v yamldoc.Value) { c.stderr = textExpectation(v, "stderr") })
	c.stdout.exact, c.stderr.exact = true, true
	return c
}

func (x programProbe) expected() string {
	hidden := 0
	for _, c := range x.cases {
		if c.hidden {
			hidden++
		}
	}
	if hidden > 0 {
		return say(msgCasesHidden, len(x.cases), hidden)
	}
	return say(msgCasesWant, len(x.cases))
}

// try runs the first case that is not hidden.
func (x programProbe) try(shell string) string {
	i := slices.IndexFunc(x.cases, func(c programCase) bool { return !c.hidden })
	if shell == "" || i < 0 {
		return ""
	}
	return x.typed(x.cases[i])
}

// typed is a run as one would type it.
func (x programProbe) typed(c programCase) string {
	line := x.line
	if len(c.args) > 0 {
		line += " " + quoteShell(c.args)
	}
	if c.stdin != "" {
		line = "printf %s " + quoteWord(c.stdin) + " | " + line
	}
	return line
}

func (x programProbe) look(ctx context.Context, e *env) outcome {
	files := e.target.Files()
	if _, ok := files[x.file]; x.file != "" && !ok {
		o := outcome{status: Passed, observed: say(msgNoFile, x.file)}
		o.fail(o.observed)
		return o
	}
	o := outcome{status: Passed}
	good := 0
	for _, c := range x.cases {
		run := x.run(ctx, e, c, files)
		if run.status == Broken || ctx.Err() != nil {
			return run
		}
		o.add(run, c)
		if run.status == Passed {
			good++
		} else if o.try == "" && !c.hidden && e.shell != "" {
			o.try = x.typed(c)
		}
		e.progress(say(msgCasesSeen, good, len(o.cases)))
	}
	o.observed = say(msgCasesSeen, good, len(x.cases))
	return o
}

// add joins the outcome of a run to the whole; the first failure decides.
func (o *outcome) add(run outcome, c programCase) {
	o.cases = append(o.cases, run.cases...)
	for _, r := range run.reasons {
		o.reasons = append(o.reasons, say(msgCaseOff, c.name, r))
	}
	if o.status == Passed {
		o.status = run.status
	}
	if !c.hidden && run.status != Passed && o.output == "" {
		o.output, o.truncated = run.output, run.truncated
	}
}

// run carries out one case.
func (x programProbe) run(ctx context.Context, e *env, c programCase, files map[string][]byte) outcome {
	command := x.command
	command.Files = files
	command.Stdin = []byte(c.stdin)
	command.Args = withArgs(x.command.Args, c.args)
	result, failed := e.exec(ctx, x.node, command)
	if failed != nil {
		return *failed
	}
	result.OutOfMemory = result.OutOfMemory || command.Memory > 0 && memoryError(result)
	o := outcome{status: Passed}
	if o.ran(result, command) {
		c.judge(&o, result)
	}
	row := Case{Name: c.name, OK: o.status == Passed, Hidden: c.hidden}
	if !c.hidden {
		o.show(result)
		row.Input = x.input(c)
		row.Expected = c.expected()
		row.Observed = observedRun(result)
		row.Diff = c.diff(result)
	}
	o.cases = []Case{row}
	return o
}

// plainLine is a shell line that the shell would only cut into words.
var plainLine = regexp.MustCompile(`^[A-Za-z0-9_./:@%+,-]+( +[A-Za-z0-9_./:@%+,=-]+)*$`)

// plainWords are the words of a command that needs no shell. The first one is a
// program, not a shell's own command, because a program of that name is looked for.
func plainWords(args []string) ([]string, bool) {
	if len(args) != 3 || args[0] != "/bin/sh" || args[1] != "-c" {
		return args, len(args) > 0
	}
	words := strings.Fields(args[2])
	if !plainLine.MatchString(args[2]) || !strings.HasPrefix(words[0], "python3") {
		return nil, false
	}
	return words, true
}

// withArgs hands a case's arguments to the command line of the program.
func withArgs(command, args []string) []string {
	if len(args) == 0 {
		return command
	}
	if len(command) == 3 && command[0] == "/bin/sh" && command[1] == "-c" {
		return append([]string{"/bin/sh", "-c", command[2] + ` "$@"`, "sh"}, args...)
	}
	return append(slices.Clone(command), args...)
}

// outOfMemory is how an interpreter says that it was refused memory, with its last
// strength too.
var outOfMemory = regexp.MustCompile(`(?m)^(object type name: )?MemoryError\b`)

// memoryError tells whether an interpreter ended because it was refused memory. It
// says so itself, where a limit of the container makes the kernel end the program.
func memoryError(r agent.Result) bool { return r.Exit != 0 && outOfMemory.Match(r.Stderr) }

// judge compares a run. About hidden data nothing but right or wrong is said.
func (c programCase) judge(o *outcome, r agent.Result) {
	if !c.anyExit && !c.exit.holds(float64(r.Exit)) {
		o.fail(c.public(say(msgExitOff, r.Exit, c.exit), msgHiddenExit))
	}
	before := len(o.reasons)
	o.judge(c.stdout, r.Stdout, r.StdoutTruncated)
	o.judge(c.stderr, r.Stderr, r.StderrTruncated)
	if c.hidden && len(o.reasons) > before && o.status == Failed {
		o.reasons = append(o.reasons[:before], string(msgHiddenOutput))
	}
}

// public is a sentence, or its discreet form for hidden data.
func (c programCase) public(sentence string, discreet message) string {
	if c.hidden {
		return string(discreet)
	}
	return sentence
}

// input is what a run was given, in words.
func (x programProbe) input(c programCase) string {
	if len(c.args) == 0 {
		return c.stdin
	}
	return strings.TrimSuffix(quoteShell(c.args)+"\n"+c.stdin, "\n")
}

func (c programCase) expected() string {
	if c.stdout.equals != nil {
		return *c.stdout.equals
	}
	claims := append(c.stdout.words(), c.stderr.words()...)
	if !c.anyExit {
		claims = append(claims, say(msgExit, c.exit))
	}
	return strings.Join(claims, "; ")
}

// diff compares a run's output with the exact text that was due.
func (c programCase) diff(r agent.Result) string {
	if c.stdout.equals == nil || c.stdout.same(string(r.Stdout), *c.stdout.equals) {
		return ""
	}
	return diff(*c.stdout.equals, string(r.Stdout))
}

// observedRun is what a run printed, and how it ended when that was not well.
func observedRun(r agent.Result) string {
	text := strings.ToValidUTF8(string(r.Stdout), "\uFFFD")
	if len(text) > maxShownOutput {
		text = strings.ToValidUTF8(text[:maxShownOutput], "") + "…"
	}
	if r.Exit != 0 && r.Failure == "" {
		text = strings.TrimSuffix(text, "\n") + "\n" + say(msgExit, strconv.Itoa(r.Exit))
	}
	return text
}
