package check_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox/agent"
)

// TestWarmIsFresh runs programs warm and fresh: what they print and how they end is
// the same. The fresh interpreter is the oracle.
func TestWarmIsFresh(t *testing.T) {
	r := newRunner(t, 1)
	paths, err := filepath.Glob("testdata/program/same/*.py")
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d programs, %v", len(paths), err)
	}
	for _, path := range paths {
		name := filepath.Base(path)
		t.Run(strings.TrimSuffix(name, ".py"), func(t *testing.T) {
			source := program(t, "same/"+name)
			var ran [2]agent.Result
			for i, warm := range []bool{false, true} {
				c := python(warm, source, "one", "two words", "ö")
				c.Stdin = []byte("first line\nsecond ö line\nno end")
				c.Files["neighbour.py"] = []byte("VALUE = 42\n")
				if name == "shadows.py" {
					c.Files["random.py"] = []byte("VALUE = 4\n")
				}
				ran[i] = r.run(t, c)
				if shadowing := strings.Contains(string(source), "# fresh only"); ran[i].Warm != (warm && !shadowing) {
					t.Errorf("warm is %v, asked for %v", ran[i].Warm, warm)
				}
			}
			if diff := cmp.Diff(shown(ran[0]), shown(ran[1])); diff != "" {
				t.Errorf("(-fresh +warm)\n%s", diff)
			}
		})
	}
}

// shown is what a learner sees of a run.
func shown(r agent.Result) map[string]any {
	return map[string]any{"stdout": string(r.Stdout), "stderr": string(r.Stderr), "exit": r.Exit, "timed out": r.TimedOut, "memory": r.OutOfMemory}
}
