package grade_test

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"pattarai/sandbox"
	"pattarai/sandbox/check"
	"pattarai/sandbox/sandboxtest"
	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/grade"
	"pattarai/server/submit"
)

// replayed is a course whose lesson wants a file to say "size 3". The fake engine
// runs commands on this host, below $ROOT.
func replayed(t *testing.T) *catalog.Snapshot {
	t.Helper()
	root := fstest.MapFS{}
	for name, text := range map[string]string{
		"c/course.yaml":       "title: A course\n",
		"c/01-size/lesson.md": "---\ntitle: Size\n---\n\n# Size\n\nLook.\n",
		"c/01-size/compose.yaml": "services:\n  app:\n    image: shell\n    volumes: [\"./files/app.conf:/etc/app.conf\"]\n" +
			"    x-pattarai: {apply: {check: \"grep -q size $$ROOT/etc/app.conf\", reload: \"true\"}}\n",
		"c/01-size/exercise.yaml": "shell: app\nedit: [app.conf]\nchecks:\n  - id: right\n    title: The size is three\n" +
			"    exec: {in: app, run: \"cat $ROOT/etc/app.conf\"}\n    expect: {stdout: {contains: size 3}}\n",
		"c/01-size/files/app.conf":          "size 1\n",
		"c/01-size/solutions/good/app.conf": "size 3\n",
	} {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := catalog.Load([]string{"shell"}, root)
	if err != nil {
		t.Fatal(err)
	}
	return c.Current()
}

func TestReplay(t *testing.T) {
	content := replayed(t)
	for name, tt := range map[string]struct {
		lesson, file string
		verdict      check.Verdict
		want         fault.Kind
	}{
		"right":        {"c/size", "size 3\n", check.VerdictPassed, ""},
		"wrong":        {"c/size", "size 2\n", check.VerdictFailed, ""},
		"refused":      {"c/size", "sise 3\n", check.VerdictFailed, ""}, // As for the learner: the old file runs on.
		"untouched":    {"c/size", "size 1\n", "", fault.Invalid},
		"lesson gone":  {"c/gone", "size 3\n", "", fault.NotFound},
		"engine fails": {"c/size", "size 3\n", "", fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engine := sandboxtest.NewFake(t.TempDir())
			t.Cleanup(engine.Close)
			if tt.want == fault.Internal {
				engine.Break(sandbox.ErrEngine)
			}
			n := 0
			r := &grade.Replayer{Lessons: content.Lesson, Engine: engine, Tier: sandbox.Standard, NewID: func() string { n++; return fmt.Sprintf("replay%04d", n) }}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			got, err := r.Regrade(ctx, submit.Submission{ID: "s1", Lesson: tt.lesson, Files: map[string][]byte{"app.conf": []byte(tt.file)}})
			if tt.want != "" {
				if fault.Of(err) == nil || fault.Of(err).Kind != tt.want {
					t.Fatalf("error %v, want a fault of kind %s", err, tt.want)
				}
			} else if err != nil || got.Verdict != tt.verdict || !got.Gradable || got.ChecksHash == "" || len(got.Report.Results) != 1 {
				t.Fatalf("%+v, %v; want %s", got, err, tt.verdict)
			}
			engine.Break(nil)
			if labs, err := engine.List(t.Context()); err != nil || len(labs) > 0 || r.Uses("replay0001") {
				t.Errorf("a lab was left behind: %v, %v", labs, err)
			}
		})
	}
}
