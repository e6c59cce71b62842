package check

import (
	"bytes"
	"context"
	_ "embed" // For the program that makes the calls.
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"pattarai/sandbox/agent"
	"pattarai/sandbox/internal/yamldoc"
)

// callsProgram makes the calls in the node. It knows the arguments and nothing of
// what is expected.
//
//go:embed calls.py
var callsProgram string

// The bounds of calls.
const (
	defaultCallTimeout = time.Second
	maxCallTimeout     = 10 * time.Second
	callsGrace         = 10 * time.Second // For starting the interpreter once per call.
	maxCallsOutput     = 8 << 20
)

// callsProbe calls functions of the learner's.
type callsProbe struct {
	node   string
	file   string
	limit  time.Duration // Per call.
	memory int64
	cases  []callCase
}

// callCase is one call.
type callCase struct {
	name     string
	hidden   bool
	function string
	args     []any
	kwargs   map[string]any
	want     callWant
}

func callsKind() kind {
	return kind{
		name:  "calls",
		keys:  []string{"in", "file", "function", "timeout", "memory", "cases"},
		parse: parseCalls, // What is expected stands beside each call's arguments.
	}
}

func parseCalls(p *parser, m, expect yamldoc.Map) prober {
	p.workspace = true
	c := callsProbe{limit: defaultCallTimeout}
	if expect.Present() {
		expect.Problem("forbidden-pair", "\"expect\" beside \"calls\"", "each case has its own", "move it into the cases")
	}
	c.node = p.runner(m, "functions are called")
	if v, ok := m.Require("file", "add \"file: \" with the learner's file, such as stats.py"); ok {
		c.file = workspacePath(v)
		if c.file != "" && !strings.HasSuffix(c.file, ".py") {
			v.Problem("language", "a file that is not Python", "*.py", "use \"program\" for other languages")
		}
	}
	optional(m, "timeout", func(v yamldoc.Value) { c.limit, _ = v.Duration(50*time.Millisecond, maxCallTimeout) })
	optional(m, "memory", func(v yamldoc.Value) { c.memory, _ = v.Size(32<<20, 2<<30) })
	function := ""
	optional(m, "function", func(v yamldoc.Value) { function = functionName(v) })
	if v, ok := m.Require("cases", "add \"cases:\" with at least one {args, result}"); ok {
		c.cases = p.calls(v, function)
	}
	return c
}

// runner reads a node where the learner has no shell.
func (p *parser) runner(m yamldoc.Map, what string) string {
	in, ok := m.Require("in", "add \"in: \" with a node that has no shell")
	if !ok {
		return ""
	}
	node := p.node(in)
	if node != "" && node == p.shell {
		in.Problem("forbidden-pair", fmt.Sprintf("%s in %s, where the learner has a shell", what, node), "a node without a shell", "add a node with role runner and name it here")
	}
	return node
}

// functionName reads a name, or a path of names such as Shop.total.
func functionName(v yamldoc.Value) string {
	text, ok := v.Text()
	if ok && !functionPattern.MatchString(text) {
		v.Problem("name", "the function "+v.Words(), "a name, or names joined by dots", "write it like mean, or Shop.total")
	}
	return text
}

func (p *parser) calls(v yamldoc.Value, function string) []callCase {
	items, ok := v.List()
	if !ok {
		return nil
	}
	counted(v, len(items), maxCases, "cases", "choose the telling ones")
	var cases []callCase
	for i, item := range items {
		if m, ok := item.Map("name", "hidden", "function", "args", "kwargs", "result", "within", "unordered", "raises", "stdout"); ok {
			cases = append(cases, parseCall(m, i+1, function))
		}
	}
	if len(cases) > 0 && !slices.ContainsFunc(cases, func(c callCase) bool { return !c.hidden }) {
		v.Warn("all-hidden", "every case is hidden", "", "show at least one, so that the learner sees what is meant")
	}
	return cases
}

func parseCall(m yamldoc.Map, n int, function string) callCase {
	c := callCase{function: function}
	optional(m, "function", func(v yamldoc.Value) { c.function = functionName(v) })
	if c.function == "" && !m.Has("function") {
		m.Problem("missing-key", "a case without a function", "\"function\" here or beside \"cases\"", "add \"function: \" with its name")
	}
	optional(m, "args", func(v yamldoc.Value) {
		if _, ok := v.List(); ok {
			c.args, _ = v.Plain().([]any)
		}
	})
	optional(m, "kwargs", func(v yamldoc.Value) {
		if _, ok := v.AnyMap(); ok {
			c.kwargs, _ = v.Plain().(map[string]any)
		}
	})
	optional(m, "hidden", func(v yamldoc.Value) { c.hidden, _ = v.Bool() })
	if c.name = c.typed(); c.hidden {
		c.name = say(msgCallHiddenN, n)
	}
	optional(m, "name", func(v yamldoc.Value) { c.name = limited(v, maxTitle) })
	c.want = readCallWant(m)
	return c
}

// typed is the call as one would write it.
func (c callCase) typed() string {
	var parts []string
	for _, a := range c.args {
		parts = append(parts, python(a))
	}
	for _, name := range sortedKeys(c.kwargs) {
		parts = append(parts, name+"="+python(c.kwargs[name]))
	}
	text := []rune(c.function + "(" + strings.Join(parts, ", ") + ")")
	if len(text) > maxTitle {
		return string(text[:maxTitle-1]) + "…"
	}
	return string(text)
}

func (c callsProbe) expected() string {
	hidden := 0
	for _, one := range c.cases {
		if one.hidden {
			hidden++
		}
	}
	if hidden > 0 {
		return say(msgCallsHidden, len(c.cases), hidden)
	}
	return say(msgCallsWant, len(c.cases))
}

// try makes the first call that is not hidden.
func (c callsProbe) try(shell string) string {
	i := slices.IndexFunc(c.cases, func(one callCase) bool { return !one.hidden })
	if shell == "" || i < 0 {
		return ""
	}
	return c.tryCase(c.cases[i])
}

func (c callsProbe) tryCase(one callCase) string {
	module := strings.ReplaceAll(strings.TrimSuffix(c.file, ".py"), "/", ".")
	return "python3 -c " + quoteWord(fmt.Sprintf("import %s as m; print(repr(m.%s))", module, one.typed()))
}

func (c callsProbe) look(ctx context.Context, e *env) outcome {
	files := e.target.Files()
	if _, ok := files[c.file]; !ok {
		o := outcome{status: Passed, observed: say(msgNoFile, c.file)}
		o.fail(o.observed)
		return o
	}
	command, err := c.request(files)
	if err != nil {
		return outcome{status: Broken, reasons: []string{say(msgOurs, c.node, err)}}
	}
	result, failed := e.exec(ctx, c.node, command)
	if failed != nil {
		return *failed
	}
	o := outcome{status: Passed}
	if !o.ran(result, command) {
		return o
	}
	c.judge(&o, e, results(result.Stdout), strings.TrimSpace(string(result.Stderr)))
	return o
}

// request is the command that makes all calls.
func (c callsProbe) request(files map[string][]byte) (agent.Command, error) {
	type call struct {
		Function string         `json:"function"`
		Args     []any          `json:"args,omitempty"`
		Kwargs   map[string]any `json:"kwargs,omitempty"`
	}
	var calls []call
	for _, one := range c.cases {
		calls = append(calls, call{one.function, one.args, one.kwargs})
	}
	stdin, err := json.Marshal(map[string]any{"file": c.file, "limit": c.limit.Seconds(), "calls": calls})
	return agent.Command{
		Args: []string{"python3", "-I", "-B", "-c", callsProgram}, Stdin: stdin, Files: files, Fresh: true,
		Timeout: min(time.Duration(len(calls))*c.limit+callsGrace, maxTimeout), MaxOutput: maxCallsOutput, Memory: c.memory,
	}, err
}

// returned is what came of one call.
type returned struct {
	Value   json.RawMessage `json:"value"`
	Shown   string          `json:"shown"` // As the language writes it.
	Raises  string          `json:"raises"`
	Load    string          `json:"load"` // The exception that loading the file or finding the function raised.
	Message string          `json:"message"`
	Kinds   []string        `json:"kinds"` // The exception's class and those it belongs to.
	Line    int             `json:"line"`
	Timeout bool            `json:"timeout"`
	Large   bool            `json:"large"`
	Died    *int            `json:"died"`
	Printed string          `json:"printed"`
	More    bool            `json:"more"`
}

// results reads a line for each call, until one is none: the learner's code could
// have written anything.
func results(out []byte) []returned {
	var all []returned
	for line := range bytes.Lines(out) {
		var r returned
		if json.Unmarshal(line, &r) != nil {
			break
		}
		all = append(all, r)
	}
	return all
}

// judge compares every call.
func (c callsProbe) judge(o *outcome, e *env, all []returned, complaint string) {
	good := 0
	for i, one := range c.cases {
		row := Case{Name: one.name, Hidden: one.hidden, OK: true}
		r := returned{}
		var unmet []string
		if i < len(all) {
			r = all[i]
			unmet = c.unmet(o, one, r)
		} else {
			unmet = []string{say(msgCallNone, one.name, lastLine(complaint))}
		}
		if one.hidden && len(unmet) > 0 && o.status != TimedOut {
			unmet = []string{say(msgAMQPOff, one.name, string(msgCallDiscreet))}
		}
		o.fail(unmet...)
		if row.OK = len(unmet) == 0; row.OK {
			good++
		} else if o.try == "" && !one.hidden && e.shell != "" {
			o.try = c.tryCase(one)
		}
		if !one.hidden {
			row.Input, row.Expected, row.Observed = one.typed(), one.want.words(), r.words()
		}
		o.cases = append(o.cases, row)
	}
	o.observed = say(msgCallsSeen, good, len(c.cases))
}

// unmet is why a call is not as expected. Its time limit decides over the status.
func (c callsProbe) unmet(o *outcome, one callCase, r returned) []string {
	if r.Timeout {
		if o.status == Passed {
			o.status = TimedOut
		}
		return []string{say(msgCallLong, one.name, span(c.limit))}
	}
	return one.want.unmet(one.name, c.file, r)
}

func lastLine(text string) string {
	if text == "" {
		return string(msgEmptyText)
	}
	line := text[strings.LastIndexByte(text, '\n')+1:]
	return yamldoc.Shorten(strings.ToValidUTF8(line, "\uFFFD"))
}
