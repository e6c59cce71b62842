package check_test

import (
	"flag"
	"strings"
	"testing"

	"pattarai/lessons/problem"
	"pattarai/lessons/problem/problemtest"
	"pattarai/sandbox/check"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestBadInput compares every message about a faulty exercise with
// testdata/bad.golden. A text is YAML or, after "step:", what stands beside id and
// title of a check.
func TestBadInput(t *testing.T) {
	problemtest.Golden(t, "testdata/bad.golden", 50, *update, func(_ *testing.T, _, text string) string {
		yaml := text + "\n"
		if inner, ok := strings.CutPrefix(yaml, "step: "); ok {
			yaml = "shell: client\nchecks:\n  - {id: a, title: t, " + strings.TrimSpace(inner) + "}\n"
		}
		_, problems := check.Parse(folder(yaml), "exercise.yaml", topology())
		return said(problems)
	})
}

// said are problems as lint prints them.
func said(problems problem.List) string {
	var out strings.Builder
	for _, p := range problems {
		out.WriteString(p.String() + "\n")
	}
	return out.String()
}
