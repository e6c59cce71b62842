package check

import (
	"context"
	"path"
	"strings"

	"pattarai/sandbox/agent"
	"pattarai/sandbox/internal/yamldoc"
)

// fileProbe reads a file of a node or of the workspace.
type fileProbe struct {
	node   string // "" for the workspace.
	path   string
	absent bool
	text   textWant
}

func fileKind() kind {
	return kind{
		name:   "file",
		keys:   []string{"in", "path", "workspace"},
		expect: append([]string{"absent"}, textKeys()...),
		parse:  parseFile,
	}
}

func parseFile(p *parser, m, expect yamldoc.Map) prober {
	var f fileProbe
	switch {
	case m.Has("workspace") && (m.Has("in") || m.Has("path")):
		m.Key("workspace").Problem("forbidden-pair", "\"workspace\" beside \"in\" or \"path\"", "a file of the workspace, or a path in a node", "remove one of the two")
	case m.Has("workspace"):
		p.workspace = true
		f.path = workspacePath(m.Get("workspace"))
	default:
		if in, ok := m.Require("in", "add \"in: \" with a node, or use \"workspace: \""); ok {
			f.node = p.node(in)
		}
		if v, ok := m.Require("path", "add \"path: \" with an absolute path"); ok {
			f.path = absolute(v)
		}
	}
	f.text.name = f.path
	optional(expect, "absent", func(v yamldoc.Value) { f.absent, _ = v.Bool() })
	f.text.read(expect)
	if f.absent && f.text.claims() {
		expect.Key("absent").Problem("forbidden-pair", "\"absent\" beside a claim about the content", "an absent file has no content", "remove one of the two")
	}
	return f
}

// workspacePath reads a workspace path that need not be among the starter files.
func workspacePath(v yamldoc.Value) string {
	text, ok := v.Text()
	if ok && (path.IsAbs(text) || path.Clean(text) != text || strings.HasPrefix(text, "..")) {
		v.Problem("path", "the workspace path "+v.Words(), "a plain path below files/ is allowed", "write it like haproxy.cfg")
	}
	return text
}

func absolute(v yamldoc.Value) string {
	text, ok := v.Text()
	if ok && (!path.IsAbs(text) || path.Clean(text) != text) {
		v.Problem("path", "the path "+v.Words(), "a plain absolute path is allowed", "write it like /etc/haproxy/haproxy.cfg")
	}
	return text
}

func (f fileProbe) expected() string {
	if f.absent {
		return say(msgFileAbsent, f.path)
	}
	if claims := f.text.words(); len(claims) > 0 {
		return strings.Join(claims, "; ")
	}
	return say(msgFileExists, f.path)
}

func (f fileProbe) try(shell string) string {
	if f.node == "" || f.node != shell {
		return ""
	}
	return "cat " + quoteWord(f.path)
}

func (f fileProbe) look(ctx context.Context, e *env) outcome {
	if f.node == "" {
		data, ok := e.target.Files()[f.path]
		return f.compare(data, ok)
	}
	// The status tells an absent file from one that cannot be read.
	result, failed := e.exec(ctx, f.node, agent.Command{
		Args:      []string{"/bin/sh", "-c", `test -e "$1" || exit 66; exec cat -- "$1"`, "sh", f.path},
		MaxOutput: maxCommandOutput,
	})
	if failed != nil {
		return *failed
	}
	o := outcome{status: Passed}
	switch {
	case !o.ran(result, agent.Command{Timeout: defaultCommandTimeout}):
		return o
	case result.Exit == 66:
		return f.compare(nil, false)
	case result.Exit != 0:
		o.observed = say(msgFileFailed, f.path, strings.TrimSpace(string(result.Stderr)))
		o.fail(o.observed)
		return o
	case result.StdoutTruncated:
		o.observed = say(msgFileTooLarge, f.path, yamldoc.Bytes(maxCommandOutput))
		o.limit(LimitExceeded, o.observed)
		return o
	}
	return f.compare(result.Stdout, true)
}

// compare judges what was found.
func (f fileProbe) compare(data []byte, there bool) outcome {
	o := outcome{status: Passed, text: string(data)}
	switch {
	case !there:
		o.observed = say(msgFileMissing, f.path)
		if !f.absent {
			o.fail(o.observed)
		}
	case f.absent:
		o.observed = say(msgFileThere, f.path, yamldoc.Bytes(int64(len(data))))
		o.fail(o.observed)
	default:
		o.observed = say(msgFileThere, f.path, yamldoc.Bytes(int64(len(data))))
		o.fail(f.text.unmet(string(data))...)
	}
	return o
}
