package compose

import (
	"fmt"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"pattarai/sandbox/internal/yamldoc"
)

// command is one line, split as a shell would, or an argument vector.
func (w *walker) command(v yamldoc.Value) {
	if !v.IsList() {
		w.commandLine(v)
		return
	}
	items, _ := v.List()
	if len(items) == 0 {
		v.Problem("empty", "an empty command", "a command line or a list of arguments", "remove the key to run the image's own command")
	}
	for _, item := range items {
		item.Scalar()
	}
}

// commandLine is split by compose-go, which knows no pipes and no variables.
func (w *walker) commandLine(v yamldoc.Value) {
	text, ok := v.Text()
	var args types.ShellCommand
	if ok && args.DecodeMapstructure(text) != nil {
		v.Problem("command", fmt.Sprintf("the command line %q", yamldoc.Shorten(text)), "words and closed quotes are allowed; pipes and variables need a shell", "write it as a list: [sh, -c, \"…\"]")
	}
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// environment is a map, or a list of NAME=VALUE.
func (w *walker) environment(v yamldoc.Value) {
	if v.IsList() {
		items, _ := v.List()
		for _, item := range items {
			w.assignment(item)
		}
		return
	}
	m, ok := v.AnyMap()
	if !ok {
		return
	}
	for _, e := range m.Entries {
		w.variableName(e.Key, e.Name())
		if value, ok := e.Value.Scalar(); ok {
			w.variableValue(e.Value, value)
		}
	}
}

func (w *walker) assignment(item yamldoc.Value) {
	text, ok := item.Text()
	if !ok {
		return
	}
	name, value, found := strings.Cut(text, "=")
	if !found {
		item.Problem("environment", fmt.Sprintf("%q has no value", yamldoc.Shorten(text)), "a topology takes nothing from the environment", fmt.Sprintf("write %s=VALUE", name))
		return
	}
	w.variableName(item, name)
	w.variableValue(item, value)
}

func (w *walker) variableName(at yamldoc.Value, name string) {
	if !envName.MatchString(name) {
		at.Problem("environment", fmt.Sprintf("the variable name %q", yamldoc.Shorten(name)), "letters, digits and _, not beginning with a digit", "rename the variable")
	}
}

func (w *walker) variableValue(at yamldoc.Value, value string) {
	if strings.Contains(value, "\n") {
		at.Problem("environment", "a line break in a variable's value", "one line is allowed", "put longer text into files/")
	}
}

func (w *walker) workingDir(v yamldoc.Value) {
	if text, ok := v.Text(); ok && !cleanAbsolute(text) {
		v.Problem("path", fmt.Sprintf("the working directory %q", yamldoc.Shorten(text)), "a plain absolute path is allowed", "write it like /home/learner")
	}
}

// cleanAbsolute tells whether p is an absolute path without "..", "//" or a final "/".
func cleanAbsolute(p string) bool { return path.IsAbs(p) && path.Clean(p) == p }

// expose lists ports that the picture shows.
func (w *walker) expose(v yamldoc.Value) {
	items, ok := v.List()
	if !ok {
		return
	}
	seen := map[int]bool{}
	for _, item := range items {
		number, ok := w.port(item)
		if ok && seen[number] {
			item.Problem("duplicate-port", fmt.Sprintf("port %d twice", number), "a port may stand once", "remove one of the two")
		}
		seen[number] = true
	}
}

// port reads a port number; Compose allows it to be quoted.
func (w *walker) port(v yamldoc.Value) (int, bool) {
	text, ok := v.Scalar()
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		v.Problem("port", fmt.Sprintf("the port %q", yamldoc.Shorten(text)), "a number from 1 to 65535, without protocol or range", "write the number only")
		return 0, false
	}
	if n < 1 || n > 65535 {
		v.Problem("port", fmt.Sprintf("the port %d", n), "1 to 65535 is allowed", "choose a port in this range")
		return 0, false
	}
	return n, true
}

const minMemory = 16 << 20

func (w *walker) memLimit(v yamldoc.Value) int64 {
	text, ok := v.Scalar()
	if !ok {
		return DefaultMemory
	}
	var size types.UnitBytes
	if err := size.DecodeMapstructure(text); err != nil {
		v.Problem("size", fmt.Sprintf("%q is no size", yamldoc.Shorten(text)), "a number with k, m or g is expected", "write it like 64m")
		return DefaultMemory
	}
	bytes := int64(size)
	if bytes < minMemory || bytes > MaxMemory {
		v.Problem("out-of-range", "a memory limit of "+mebibytes(bytes),
			fmt.Sprintf("%s to %s is allowed", mebibytes(minMemory), mebibytes(MaxMemory)), "choose a limit in this range")
		return DefaultMemory
	}
	return bytes
}

// mebibytes is a size in words.
func mebibytes(n int64) string {
	return strconv.FormatFloat(math.Round(float64(n)/(1<<20)*10)/10, 'f', -1, 64) + " MiB"
}

// cpus is a number of cores; Compose allows it to be quoted.
func (w *walker) cpus(v yamldoc.Value) float64 {
	text, ok := v.Scalar()
	if !ok {
		return 0
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || f < 0.05 || f > 4 {
		v.Problem("out-of-range", fmt.Sprintf("cpus %q", yamldoc.Shorten(text)), "0.05 to 4 cores are allowed", "write it like 0.5")
		return 0
	}
	return f
}

// healthcheck tells whether the service tests its health.
func (w *walker) healthcheck(v yamldoc.Value) bool {
	m, ok := v.AnyMap()
	if !ok {
		return false
	}
	w.keys(m, []string{"test", "interval", "timeout", "start_period", "retries"}, refusedHealth)
	present(m, "interval", func(v yamldoc.Value) { v.Duration(100*time.Millisecond, time.Minute) })
	present(m, "timeout", func(v yamldoc.Value) { v.Duration(100*time.Millisecond, time.Minute) })
	present(m, "start_period", func(v yamldoc.Value) { v.Duration(0, 5*time.Minute) })
	present(m, "retries", func(v yamldoc.Value) { v.Int(1, 100) })
	test, ok := m.Require("test", "add \"test: [CMD, program, argument]\" or a shell line")
	return ok && w.healthTest(test)
}

func (w *walker) healthTest(v yamldoc.Value) bool {
	if !v.IsList() {
		_, ok := v.Text()
		return ok
	}
	items, _ := v.List()
	for _, item := range items {
		if _, ok := item.Scalar(); !ok {
			return false
		}
	}
	if len(items) < 2 || items[0].Raw() != "CMD" && items[0].Raw() != "CMD-SHELL" {
		v.Problem("health-test", "a test that does not begin with CMD or CMD-SHELL and have a command after it",
			"[CMD, program, arguments…], [CMD-SHELL, line] or a shell line", "write it like [CMD, haproxy, -v]")
		return false
	}
	return true
}
