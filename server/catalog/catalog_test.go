package catalog_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pattarai/lessons/content"
	"pattarai/server/catalog"
)

var images = []string{"haproxy", "python", "shell"}

const lesson = `---
title: A lesson
---

Text.
`

func course(title string, files map[string]string) fstest.MapFS {
	out := fstest.MapFS{"c/course.yaml": {Data: []byte("title: " + title + "\n")}}
	for name, text := range files {
		out[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func load(t *testing.T, root fstest.MapFS) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(images, root)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestContent loads the courses of this program: they have no problem at all
// that keeps a lesson out.
func TestContent(t *testing.T) {
	c, err := catalog.Load(images, content.FS())
	if err != nil {
		t.Fatal(err)
	}
	s := c.Current()
	if len(s.Courses) == 0 {
		t.Fatal("no course was loaded")
	}
	for _, p := range s.Problems {
		t.Log(p)
	}
	for _, course := range s.Courses {
		for _, l := range course.Lessons {
			joined, ok := s.Lesson(l.ID())
			if !ok {
				t.Errorf("%s is in its course and not found by id", l.ID())
				continue
			}
			if len(joined.Exercise.Checks) > 0 && !joined.HasLab() {
				t.Errorf("%s has checks and no lab", l.ID())
			}
		}
	}
}

func TestLaterRootReplacesCourse(t *testing.T) {
	first := course("One", map[string]string{"c/01-a/lesson.md": lesson, "c/02-b/lesson.md": lesson})
	second := course("Two", map[string]string{"c/01-z/lesson.md": lesson})
	c, err := catalog.Load(images, first, second)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Current()
	if len(s.Courses) != 1 || s.Courses[0].Title["en"] != "Two" {
		t.Fatalf("courses %+v", s.Courses)
	}
	if _, ok := s.Lesson("c/a"); ok {
		t.Error("a lesson of the replaced course is still there")
	}
	if _, ok := s.Lesson("c/z"); !ok {
		t.Error("the lesson of the later root is missing")
	}
}

func TestNeedsOfEarlierRoot(t *testing.T) {
	first := course("One", map[string]string{"c/01-a/lesson.md": lesson})
	second := fstest.MapFS{
		"d/course.yaml":    {Data: []byte("title: D\n")},
		"d/01-b/lesson.md": {Data: []byte("---\ntitle: B\nneeds: [c/a]\n---\n\nSee [a](../../c/01-a/lesson.md).\n")},
	}
	c, err := catalog.Load(images, first, second)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Current().Lesson("d/b"); !ok || len(c.Current().Problems) > 0 {
		t.Errorf("problems %v", c.Current().Problems)
	}
}

func TestReloadKeepsLastGood(t *testing.T) {
	root := course("C", map[string]string{"c/01-a/lesson.md": lesson, "c/02-b/lesson.md": lesson})
	c := load(t, root)
	before := c.Current()
	write := func(name, text string) {
		root[name] = &fstest.MapFile{Data: []byte(text), ModTime: time.Now()}
		if err := c.Reload(); err != nil {
			t.Fatal(err)
		}
	}

	write("c/01-a/lesson.md", "no front matter")
	broken := c.Current()
	if l, ok := broken.Lesson("c/a"); !ok || l.Texts["en"].Title != "A lesson" {
		t.Error("the last good form is not kept")
	}
	if !broken.Problems.HasErrors() {
		t.Error("the problem is not listed")
	}
	if _, ok := before.Lesson("c/a"); !ok || len(before.Problems) > 0 {
		t.Error("an old snapshot has changed")
	}

	write("c/01-a/lesson.md", "---\ntitle: Repaired\n---\n\nText.\n")
	if l, _ := c.Current().Lesson("c/a"); l == nil || l.Texts["en"].Title != "Repaired" || c.Current().Problems.HasErrors() {
		t.Errorf("the repaired lesson is not shown: %v", c.Current().Problems)
	}
	if c.Current().Version == before.Version {
		t.Error("the version is the same for other content")
	}

	write("c/course.yaml", "order: x\n")
	if len(c.Current().Courses) != 1 {
		t.Error("the last good course is not kept")
	}
	write("c/course.yaml", "title: C\n")
	delete(root, "c/02-b/lesson.md")
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	if _, ok := c.Current().Lesson("c/b"); ok {
		t.Error("a lesson whose folder is gone is still there")
	}
}

const (
	composeText = `services:
  client:
    image: pattarai/shell
  haproxy:
    image: pattarai/haproxy
`
	exerciseText = `shell: client
edit: [haproxy.cfg]
checks:
  - id: accepted
    title: It is accepted
    exec: {in: haproxy, run: "true"}
    expect: {exit: 0}
`
)

func TestReferences(t *testing.T) {
	tests := map[string]struct{ body, want string }{
		"unknown check": {"<!-- check: acepted -->\n", `c/01-a/lesson.md:5: there is no check "acepted" in exercise.yaml; the checks are accepted; did you mean accepted? [check-missing]`},
		"unknown node":  {"```bash run=cleint\ntrue\n```\n", `c/01-a/lesson.md:5: a run block for the node "cleint", which does not exist; the nodes are client, haproxy; did you mean client? [run-node]`},
		"unknown file":  {"```cfg file=haproxy.conf\nx\n```\n", `c/01-a/lesson.md:5: file=haproxy.conf, which is not in files/; the files are haproxy.cfg; did you mean haproxy.cfg? [fence-file]`},
		"solutions":     {"Text.\n", `c/01-a/solutions: warning: 0 good and 1 bad solutions; a lesson with checks has at least 1 good and 3 bad ones; add what learners get wrong as solutions/bad-… [few-solutions]`},
		"fails":         {"Text.\n", `c/01-a/solutions/bad-x/solution.yaml:1: fails: there is no check "acepted" in exercise.yaml; the checks are accepted; did you mean accepted? [check-missing]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := load(t, course("C", map[string]string{
				"c/01-a/lesson.md":                     "---\ntitle: A\n---\n\n" + test.body,
				"c/01-a/compose.yaml":                  composeText,
				"c/01-a/exercise.yaml":                 exerciseText,
				"c/01-a/files/haproxy.cfg":             "global\n",
				"c/01-a/solutions/bad-x/haproxy.cfg":   "x\n",
				"c/01-a/solutions/bad-x/solution.yaml": "fails: acepted\nwhy: It is wrong.\n",
			}))
			var all []string
			for _, p := range c.Current().Problems {
				all = append(all, p.String())
			}
			if !strings.Contains(strings.Join(all, "\n")+"\n", test.want+"\n") {
				t.Errorf("problems\n%s\nwant\n%s", strings.Join(all, "\n"), test.want)
			}
		})
	}
}

func TestRunWithoutLab(t *testing.T) {
	c := load(t, course("C", map[string]string{"c/01-a/lesson.md": "---\ntitle: A\n---\n\n```bash run\ntrue\n```\n"}))
	if p := c.Current().Problems; len(p) != 1 || p[0].Code != "run-no-lab" {
		t.Errorf("problems %v", p)
	}
}

// TestWatch edits a lesson on disk and waits for the snapshot that shows it.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("c/course.yaml", "title: C\n")
	write("c/01-a/lesson.md", lesson)
	root, err := catalog.OpenDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	c, err := catalog.Load(images, root)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	snapshots, ended := make(chan *catalog.Snapshot, 16), make(chan error, 1)
	go func() { ended <- c.Watch(ctx, func(s *catalog.Snapshot) { snapshots <- s }) }()
	await := func(what string, ok func(*catalog.Snapshot) bool) time.Duration {
		t.Helper()
		start := time.Now()
		for timeout := time.After(10 * time.Second); ; {
			select {
			case s := <-snapshots:
				if ok(s) {
					return time.Since(start)
				}
			case err := <-ended:
				t.Fatalf("watching ended: %v", err)
			case <-timeout:
				t.Fatalf("%s was not seen", what)
			}
		}
	}

	write("c/01-a/lesson.md", strings.Replace(lesson, "A lesson", "Edited", 1))
	took := await("an edit", func(s *catalog.Snapshot) bool {
		l, ok := s.Lesson("c/a")
		return ok && l.Texts["en"].Title == "Edited"
	})
	t.Logf("edit to snapshot: %s", took)
	write("c/02-b/lesson.md", lesson)
	await("a new folder", func(s *catalog.Snapshot) bool { _, ok := s.Lesson("c/b"); return ok })
	write("c/02-b/lesson.md", "broken")
	await("a problem", func(s *catalog.Snapshot) bool { return s.Problems.HasErrors() })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("watching ended with %v", err)
	}
}
