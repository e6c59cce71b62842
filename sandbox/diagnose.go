package sandbox

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Diagnostic is a message that belongs to a line of a workspace file.
type Diagnostic struct {
	File     string `json:"file"`     // Workspace path.
	Line     int    `json:"line"`     // From 1.
	Severity string `json:"severity"` // "error" or "warning".
	Message  string `json:"message"`
}

// diagnose finds the lines of workspace files that the node's output names.
func (n *edited) diagnose(files map[string][]byte) []Diagnostic {
	kind := ""
	if n.node.Apply != nil {
		kind = n.node.Apply.Errors
	}
	sources := map[string]string{} // Absolute path to workspace path.
	for name := range files {
		for _, target := range n.targets(name) {
			sources[target] = name
		}
	}
	var out []Diagnostic
	for _, f := range findings(kind, n.output) {
		if d, ok := f.locate(sources, files); ok && !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}

// finding is a message of a program about a file it read.
type finding struct {
	path     string // "" when the message names none.
	line     int
	section  string // A name in quotes that may help to find the line.
	severity string
	message  string
}

// locate says where a finding belongs in the workspace.
func (f finding) locate(sources map[string]string, files map[string][]byte) (Diagnostic, bool) {
	name, ok := sources[f.path]
	d := Diagnostic{File: name, Line: f.line, Severity: f.severity, Message: f.message}
	if ok || f.path != "" {
		return d, ok
	}
	for _, name := range sources {
		if line := sectionLine(files[name], f.section); line > 0 {
			d.File, d.Line = name, line
			return d, true
		}
	}
	return d, false
}

// sectionLine finds the line that opens "backend apps" and the like.
func sectionLine(file []byte, section string) int {
	if section == "" {
		return 0
	}
	for i, line := range strings.Split(string(file), "\n") {
		words := strings.Fields(line)
		if len(words) >= 2 && words[1] == section && slices.Contains([]string{"frontend", "backend", "listen", "defaults"}, words[0]) {
			return i + 1
		}
	}
	return 0
}

// findings reads a program's output.
func findings(kind, output string) []finding {
	switch kind {
	case "haproxy":
		return haproxyFindings(output)
	case "python":
		return pythonFindings(output)
	case "nginx":
		return nginxFindings(output)
	}
	return nil
}

var (
	haproxyLine    = regexp.MustCompile(`^\[(ALERT|WARNING|NOTICE)\]\s+\(\d+\) : (?:config : )?(.*)$`)
	haproxyPlace   = regexp.MustCompile(`^parsing \[([^\]]+):(\d+)\]\s*:\s*(.*)$`)
	haproxySection = regexp.MustCompile(`(?:frontend|backend|listen|proxy|defaults)(?: section)? '([^']+)'`)
	haproxySummary = regexp.MustCompile(`^(Error\(s\) found in|Fatal errors found|Loading failure|.*: Error\(s\) found)`)
	pythonPlace    = regexp.MustCompile(`^\s*File "([^"]+)", line (\d+)`)
	pythonEnd      = regexp.MustCompile(`^(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception|Warning|Exit|Interrupt)\b.*$`)
	nginxPlace     = regexp.MustCompile(`\[(emerg|alert|crit|error|warn)\](?: \d+#\d+:)? (.*) in ([^\s:]+):(\d+)`)
)

// haproxyFindings reads what HAProxy prints about its configuration, where a
// message may go on in lines that begin with a bar.
func haproxyFindings(output string) []finding {
	var out []finding
	for _, m := range haproxyMessages(output) {
		f := finding{severity: "error", message: m.text}
		if m.level == "WARNING" {
			f.severity = "warning"
		}
		if p := haproxyPlace.FindStringSubmatch(m.text); p != nil {
			f.path, f.message = p[1], p[3]
			f.line, _ = strconv.Atoi(p[2])
		} else if s := haproxySection.FindStringSubmatch(m.text); s != nil {
			f.section = s[1]
		}
		out = append(out, f)
	}
	return out
}

type haproxyMessage struct{ level, text string }

func haproxyMessages(output string) []haproxyMessage {
	var out []haproxyMessage
	open := false
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		if m := haproxyLine.FindStringSubmatch(line); m != nil {
			open = m[1] != "NOTICE" && !haproxySummary.MatchString(m[2])
			if open {
				out = append(out, haproxyMessage{m[1], m[2]})
			}
			continue
		}
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "|"); ok && open {
			out[len(out)-1].text += " " + strings.TrimSpace(rest)
		}
	}
	return out
}

// pythonFindings reads tracebacks: the innermost place before the last line that
// names the exception. Places outside the workspace are passed over later, so
// each place becomes a finding, innermost first, of which only one is kept.
func pythonFindings(output string) []finding {
	var out []finding
	var places []finding
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		if m := pythonPlace.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[2])
			places = append(places, finding{path: m[1], line: n, severity: "error"})
			continue
		}
		if len(places) > 0 && pythonEnd.MatchString(strings.TrimSpace(line)) && !strings.HasPrefix(line, "    ") {
			f := innermost(places)
			f.message = strings.TrimSpace(line)
			out, places = append(out, f), nil
		}
	}
	return out
}

// innermost is the last place in a program that does not belong to Python itself.
func innermost(places []finding) finding {
	for _, p := range slices.Backward(places) {
		if !strings.HasPrefix(p.path, "/usr/") && !strings.HasPrefix(p.path, "<") {
			return p
		}
	}
	return places[len(places)-1]
}

func nginxFindings(output string) []finding {
	var out []finding
	for line := range strings.Lines(output) {
		m := nginxPlace.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		f := finding{path: m[3], severity: "error", message: m[2]}
		if m[1] == "warn" {
			f.severity = "warning"
		}
		f.line, _ = strconv.Atoi(m[4])
		out = append(out, f)
	}
	return out
}
