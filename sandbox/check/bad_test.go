package check_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"pattarai/sandbox/check"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestBadInput compares every message about a faulty exercise with
// testdata/bad.golden. Each case there is a title, its YAML (or, after "step:",
// what stands beside id and title of a check) and, below >>>, what is said.
func TestBadInput(t *testing.T) {
	const golden = "testdata/bad.golden"
	data, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cases := strings.Split(strings.TrimPrefix(string(data), "=== "), "\n=== ")
	for _, c := range cases {
		title, rest, _ := strings.Cut(c, "\n")
		text, _, _ := strings.Cut(rest, "\n>>>")
		yaml := strings.NewReplacer("<TAB>", "\t", "<NUL>", "\x00", "<BAD>", "\xff").Replace(text) + "\n"
		if inner, ok := strings.CutPrefix(yaml, "step: "); ok {
			yaml = "shell: client\nchecks:\n  - {id: a, title: t, " + strings.TrimSpace(inner) + "}\n"
		}
		_, problems := check.Parse(folder(yaml), "exercise.yaml", topology())
		if len(problems) == 0 {
			t.Errorf("%s: nothing was said", title)
		}
		out.WriteString("=== " + title + "\n" + text + "\n>>>\n")
		for _, p := range problems {
			out.WriteString(p.String() + "\n")
		}
	}
	if len(cases) < 50 {
		t.Errorf("only %d cases", len(cases))
	}
	got := strings.TrimSuffix(out.String(), "\n")
	if *update {
		if err := os.WriteFile(golden, []byte(got+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := strings.TrimSuffix(string(data), "\n"); got != want {
		t.Errorf("the messages differ from %s; look at what -update makes of them:\n%s", golden, got)
	}
}
