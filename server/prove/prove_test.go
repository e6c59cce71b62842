package prove_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox"
	"pattarai/sandbox/sandboxtest"
	"pattarai/server/catalog"
	"pattarai/server/prove"
)

// content is a course with one lesson: a node whose file must say "size 3". The
// fake engine runs commands on this host, below $ROOT.
func content() map[string]string {
	return map[string]string{
		"c/course.yaml": "title: A course\n",
		"c/01-size/lesson.md": `---
title: Size
---

# Size

Look at the file.

` + "```bash run\ncat $ROOT/etc/app.conf; echo $((40 + 2))\n```\n\n```output\nsize …\n42\n```" + `

### How large?

<!-- q:single id=size-q1 -->

- [ ] two
- [x] three
`,
		"c/01-size/compose.yaml": `services:
  app:
    image: shell
    volumes: ["./files/app.conf:/etc/app.conf"]
    x-pattarai: {apply: {check: "grep -q size $$ROOT/etc/app.conf", reload: "true"}}
`,
		"c/01-size/exercise.yaml": `shell: app
edit: [app.conf]
checks:
  - id: right
    title: The size is three
    exec: {in: app, run: "cat $ROOT/etc/app.conf"}
    expect: {stdout: {contains: size 3}}
  - id: once
    title: The size is said once
    needs: right
    exec: {in: app, run: "cat $ROOT/etc/app.conf"}
    expect: {stdout: {lines: 1}}
`,
		"c/01-size/files/app.conf":                   "size 1\n",
		"c/01-size/solutions/good/app.conf":          "size 3\n",
		"c/01-size/solutions/bad-two/app.conf":       "size 2\n",
		"c/01-size/solutions/bad-two/solution.yaml":  "fails: right\nsays: size 3\nwhy: Two is not three.\n",
		"c/01-size/solutions/bad-many/app.conf":      "size 3\nsize 3\n",
		"c/01-size/solutions/bad-many/solution.yaml": "fails: once\nwhy: Said twice.\n",
		"c/01-size/solutions/bad-typo/app.conf":      "sise 3\n",
		"c/01-size/solutions/bad-typo/solution.yaml": "fails: right\nwhy: The node refuses it, so the old file runs on.\n",
	}
}

func load(t *testing.T, files map[string]string) *catalog.Snapshot {
	t.Helper()
	root := fstest.MapFS{}
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := catalog.Load([]string{"shell"}, root)
	if err != nil {
		t.Fatal(err)
	}
	return c.Current()
}

// options prove content on a fake engine.
func options(t *testing.T, files map[string]string) (prove.Options, *sandboxtest.Fake) {
	t.Helper()
	fake := sandboxtest.NewFake(t.TempDir())
	t.Cleanup(fake.Close)
	return prove.Options{Catalog: load(t, files), Engine: fake}, fake
}

func TestProve(t *testing.T) {
	var out bytes.Buffer
	o, fake := options(t, content())
	o.Out = &out
	summary, err := prove.Prove(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !summary.OK() {
		t.Errorf("not proved:\n%s", &out)
	}
	var names []string
	for _, s := range summary.Lessons[0].Steps {
		names = append(names, s.Name)
	}
	want := []string{"quiz size-q1 (en)", "run-1 (line 9)", "starter", "bad-many", "bad-two", "bad-typo", "good", "good, again"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	for _, line := range []string{"ok    c/size  good, again", "c/size  8      0", "1 lesson proved in"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("%q is not in:\n%s", line, &out)
		}
	}
	if labs, err := fake.List(t.Context()); err != nil || len(labs) != 0 {
		t.Errorf("labs left behind: %v, %v", labs, err)
	}
}

// TestFaultyLessons breaks the lesson in every way that prove should notice.
func TestFaultyLessons(t *testing.T) {
	for _, test := range []struct {
		name, file, text string
		step, says       string
	}{
		{"block prints something else", "lesson.md", strings.Replace(content()["c/01-size/lesson.md"], "42", "43", 1), "run-1 (line 9)", "it should print:\nsize …\n43\nbut printed:\nsize 1\n42"},
		{"block fails", "lesson.md", "---\ntitle: t\n---\n\n```bash run\necho oh; false\n```\n", "run-1 (line 5)", "it ended with exit status 1 and printed:\noh"},
		{"starter passes", "files/app.conf", "size 3\n", "starter", "the starter files pass every check"},
		{"good fails", "solutions/good/app.conf", "size 33\nsize\n", "good", `it should pass every check, but "once" failed: stdout has 2 lines; expected 1`},
		{"good is refused", "solutions/good/app.conf", "nothing\n", "good", "app refused it"},
		{"bad passes", "solutions/bad-two/app.conf", "size 3\n", "bad-two", `it passes every check; it should fail on "right"`},
		{"bad fails elsewhere first", "solutions/bad-many/app.conf", "size 2\nsize 2\n", "bad-many", `it should fail on "once" first, but "right" failed`},
		{"bad says something else", "solutions/bad-two/solution.yaml", "fails: right\nsays: size 4\nwhy: w\n", "bad-two", `it fails on "right", but does not say "size 4"`},
		{"check that spoils the lab", "exercise.yaml", content()["c/01-size/exercise.yaml"] + `  - id: spoils
    title: t
    exec: {in: app, run: "test ! -e $ROOT/tmp/spoilt && touch $ROOT/tmp/spoilt"}
`, "good, again", `"spoils" failed: it ended with exit status 1`},
		{"another check fails", "exercise.yaml", strings.Replace(content()["c/01-size/exercise.yaml"], "checks:\n", `checks:
  - id: gone
    title: t
    tcp: {address: "app:1"}
    fault: {kill: app}
    expect: {connected: true}
`, 1), "good", `it should pass every check, but "gone" failed`},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := content()
			files["c/01-size/"+test.file] = test.text
			o, _ := options(t, files)
			summary, err := prove.Prove(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if summary.OK() {
				t.Error("it was proved")
			}
			for _, l := range summary.Lessons {
				for _, s := range l.Steps {
					if s.Name == test.step {
						if s.OK || !strings.Contains(s.Reason, test.says) {
							t.Errorf("%s: %v %q", s.Name, s.OK, s.Reason)
						}
						return
					}
				}
			}
			t.Errorf("no step %s in %+v", test.step, summary)
		})
	}
}

// TestUsedLab wants one lab for everything, another one where the first has worn
// out, a word about what only a fresh lab decides, and all that not with Fresh.
func TestUsedLab(t *testing.T) {
	prove := func(exercise string, fresh bool) (out string, labs int) {
		t.Helper()
		files := content()
		files["c/01-size/exercise.yaml"] += exercise
		var told bytes.Buffer
		o, fake := options(t, files)
		counted := &counting{Engine: fake}
		o.Engine, o.Out, o.Parallel, o.Fresh, o.Bar = counted, &told, 1, fresh, true
		summary, err := prove.Prove(t.Context(), o)
		if err != nil || !summary.OK() {
			t.Fatalf("%v\n%s", err, &told)
		}
		return told.String(), int(counted.launched.Load())
	}
	out, labs := prove("", false)
	if labs != 1 || strings.Contains(out, "fresh lab") {
		t.Errorf("%d labs, want one:\n%s", labs, out)
	}
	if !strings.Contains(out, "[------------------------------] 0 of 6\r") || !strings.Contains(out, "[#########################-----] 5 of 6\r") {
		t.Errorf("no bar:\n%q", out)
	}
	if _, labs = prove("", true); labs != 5 {
		t.Errorf("%d labs with Fresh, want one for the starter and each solution", labs)
	}
	// Only good gets past its need, is the last, and finds what "many" left.
	out, labs = prove(`  - id: first
    title: Nobody was here
    exec: {in: app, run: "test $(cat $ROOT/tmp/log | wc -l) -le 3"}
  - id: traces
    title: It leaves traces
    exec: {in: app, run: "echo x >> $ROOT/tmp/log"}
`, false)
	if labs != 2 || !strings.Contains(out, "as it should be in a fresh lab only; in one that was used before: good") {
		t.Errorf("%d labs, want a second one to decide:\n%s", labs, out)
	}
}

// counting counts the labs that are launched.
type counting struct {
	sandbox.Engine
	launched atomic.Int32
}

func (c *counting) Launch(ctx context.Context, spec sandbox.Spec) error {
	c.launched.Add(1)
	return c.Engine.Launch(ctx, spec)
}

func TestProblemsCount(t *testing.T) {
	files := content()
	files["c/02-broken/lesson.md"] = "no front matter\n"
	o, _ := options(t, files)
	summary, err := prove.Prove(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if summary.OK() || len(summary.Problems) == 0 || summary.Failed() != 0 {
		t.Errorf("summary %+v", summary)
	}
	o.Lessons = []string{"c/size"}
	if summary, err = prove.Prove(t.Context(), o); err != nil || !summary.OK() {
		t.Errorf("one lesson: %+v, %v", summary, err)
	}
}

func TestErrors(t *testing.T) {
	t.Run("unknown lesson", func(t *testing.T) {
		o, _ := options(t, content())
		o.Lessons = []string{"c/sise"}
		if _, err := prove.Prove(t.Context(), o); err == nil || !strings.Contains(err.Error(), "there are: c/size") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("no engine", func(t *testing.T) {
		o, _ := options(t, content())
		o.Engine = nil
		if _, err := prove.Prove(t.Context(), o); !errors.Is(err, sandbox.ErrEngine) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("engine gone", func(t *testing.T) {
		o, fake := options(t, content())
		fake.Break(errors.New("socket closed"))
		if _, err := prove.Prove(t.Context(), o); !errors.Is(err, sandbox.ErrEngine) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("engine not needed", func(t *testing.T) {
		files := content()
		maps.DeleteFunc(files, func(name, _ string) bool {
			return strings.Contains(name, "yaml") && !strings.Contains(name, "course") || strings.Contains(name, "solutions")
		})
		files["c/01-size/lesson.md"] = "---\ntitle: t\n---\n\n### How large?\n\n<!-- q:number id=n -->\n\n- 3.5\n"
		o, _ := options(t, files)
		o.Engine = nil
		if s, err := prove.Prove(t.Context(), o); err != nil || !s.OK() {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

func TestReports(t *testing.T) {
	files := content()
	files["c/01-size/solutions/bad-two/app.conf"] = "size 3\n"
	o, _ := options(t, files)
	var out bytes.Buffer
	o.Out, o.JSON, o.JUnit = &out, true, filepath.Join(t.TempDir(), "junit.xml")
	summary, err := prove.Prove(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var read prove.Summary
	if err := json.Unmarshal(out.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(summary, read); diff != "" {
		t.Error(diff)
	}
	data, err := os.ReadFile(o.JUnit)
	if err != nil {
		t.Fatal(err)
	}
	var junit struct {
		Failures int `xml:"failures,attr"`
		Cases    []struct {
			Name    string `xml:"name,attr"`
			Failure *struct {
				Message string `xml:"message,attr"`
			} `xml:"failure"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(data, &junit); err != nil {
		t.Fatal(err)
	}
	if junit.Failures != 1 || len(junit.Cases) != 8 || junit.Cases[4].Failure == nil || junit.Cases[4].Name != "bad-two" {
		t.Errorf("JUnit %+v", junit)
	}
}
