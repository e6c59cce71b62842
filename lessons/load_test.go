package lessons_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"pattarai/lessons"
	"pattarai/lessons/problem"
)

const fullLesson = `---
title: Round robin
summary: Each in turn.
skills: [round robin, haproxy.cfg]
needs: [c/first]
minutes: 25
level: intermediate
---

An introduction.

## Try it

` + "```bash run=client\necho 1\n```\n\n```output\n1\n```" + `

![A balance](balance.png)

<!-- check: shares -->

<details><summary>Solution</summary>

The secret.

</details>

### Which?
<!-- q:single id=q-1 -->

- [x] one
- [ ] two
`

// full is a content root with one course of two lessons.
func full() fstest.MapFS {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"README.md":                                      file("not a course"),
		"c/course.yaml":                                  file("title: {en: A course, ta: ஒரு பாடம்}\nsummary: About things.\norder: 3\nlanguages: [en, ta]\n"),
		"c/01-first/lesson.md":                           file("---\ntitle: First\n---\n\nText.\n"),
		"c/05-round-robin/lesson.md":                     file(fullLesson),
		"c/05-round-robin/balance.png":                   file("png"),
		"c/05-round-robin/files/haproxy.cfg":             file("global\n"),
		"c/05-round-robin/files/conf/x.cfg":              file("x\n"),
		"c/05-round-robin/solutions/good/a.cfg":          file("good\n"),
		"c/05-round-robin/solutions/bad-x/a.cfg":         file("bad\n"),
		"c/05-round-robin/solutions/bad-x/solution.yaml": file("fails: shares\nsays: app1\nwhy: Weights are forgotten.\n"),
	}
}

func mustLoad(t *testing.T, content fstest.MapFS, validate lessons.Validate) *lessons.Catalog {
	t.Helper()
	catalog, err := lessons.Load(content, validate)
	if err != nil {
		t.Fatal(err)
	}
	return catalog
}

func find(t *testing.T, catalog *lessons.Catalog, id string) *lessons.Lesson {
	t.Helper()
	for _, course := range catalog.Courses {
		for _, lesson := range course.Lessons {
			if lesson.ID() == id {
				return lesson
			}
		}
	}
	t.Fatalf("no lesson %s; problems %v", id, catalog.Problems)
	return nil
}

func TestLoad(t *testing.T) {
	catalog := mustLoad(t, full(), nil)
	if len(catalog.Problems) > 0 || len(catalog.Courses) != 1 {
		t.Fatalf("%d courses, problems %v", len(catalog.Courses), catalog.Problems)
	}
	course := catalog.Courses[0]
	if course.Title["ta"] != "ஒரு பாடம்" || course.Summary["en"] != "About things." || course.Order != 3 || !slices.Equal(course.Languages, []string{"en", "ta"}) {
		t.Errorf("course %+v", course)
	}
	l := find(t, catalog, "c/round-robin")
	if l.Number != 5 || l.Minutes != 25 || l.Level != "intermediate" || !slices.Equal(l.Skills, []string{"round robin", "haproxy.cfg"}) || !slices.Equal(l.Needs, []string{"c/first"}) {
		t.Errorf("lesson %+v", l)
	}
	text := l.Texts["en"]
	if len(text.Steps) != 2 || text.Steps[0].ID != "start" || text.Steps[1].ID != "try-it" || text.Title != "Round robin" {
		t.Errorf("steps %+v", text.Steps)
	}
	if got := text.Runs; len(got) != 1 || got[0].ID != "run-1" || got[0].Node != "client" || got[0].Output != "1" || got[0].Line != 14 {
		t.Errorf("runs %+v", got)
	}
	if string(l.Assets["balance.png"]) != "png" || string(l.Files["conf/x.cfg"]) != "x\n" || len(l.Files) != 2 {
		t.Errorf("assets %v, files %v", l.Assets, l.Files)
	}
	if !strings.Contains(string(text.Locked["try-it"]), "The secret.") || strings.Contains(string(text.Steps[1].HTML), "The secret.") {
		t.Error("the solution is not where it belongs")
	}
	bad := l.Solutions[slices.IndexFunc(l.Solutions, func(s lessons.Solution) bool { return s.Name == "bad-x" })]
	if bad.Fails != "shares" || bad.Says != "app1" || bad.Line != 1 || len(bad.Files) != 1 || string(bad.Files["a.cfg"]) != "bad\n" {
		t.Errorf("solution %+v", bad)
	}
	if l.Questions["q-1"].ID != "q-1" || len(l.Hash) != 64 {
		t.Errorf("questions %v, hash %q", l.Questions, l.Hash)
	}
}

func TestHashCoversTheFolder(t *testing.T) {
	before := find(t, mustLoad(t, full(), nil), "c/round-robin").Hash
	content := full()
	content["c/05-round-robin/solutions/bad-x/a.cfg"] = &fstest.MapFile{Data: []byte("baD\n")}
	if after := find(t, mustLoad(t, content, nil), "c/round-robin").Hash; after == before {
		t.Error("another solution, the same hash")
	}
}

func TestValidateKeepsLessonOut(t *testing.T) {
	catalog := mustLoad(t, full(), func(l *lessons.Lesson) problem.List {
		if l.Slug != "round-robin" {
			return nil
		}
		return problem.List{{File: l.Dir + "/compose.yaml", Line: 3, Code: "x", Severity: problem.Error, Found: "bad"}}
	})
	if len(catalog.Problems) != 1 || len(catalog.Courses[0].Lessons) != 1 {
		t.Errorf("%v, %d lessons", catalog.Problems, len(catalog.Courses[0].Lessons))
	}
}

// TestTranslation translates a lesson with the marks that lint asks for, changes
// the source, and expects exactly the changed step to be stale.
func TestTranslation(t *testing.T) {
	content := full()
	twin := strings.NewReplacer("Round robin", "வட்டச் சுழற்சி", "An introduction.", "<!-- source: M0 -->\n\nஅறிமுகம்.", "## Try it", "## முயன்று பார்\n<!-- source: M1 -->",
		"summary: Each in turn.\n", "", "skills: [round robin, haproxy.cfg]\n", "", "needs: [c/first]\n", "", "minutes: 25\n", "", "level: intermediate\n", "").Replace(fullLesson)
	put := func(text string) { content["c/05-round-robin/lesson.ta.md"] = &fstest.MapFile{Data: []byte(text)} }
	put(twin)
	var marks []string
	for _, p := range mustLoad(t, content, nil).Problems {
		if p.Code != "stale" {
			t.Fatalf("unexpected: %s", p)
		}
		_, mark, _ := strings.Cut(p.Fix, "source: ")
		marks = append(marks, mark[:8])
	}
	if len(marks) != 2 {
		t.Fatalf("marks %v", marks)
	}
	put(strings.NewReplacer("M0", marks[0], "M1", marks[1]).Replace(twin))
	catalog := mustLoad(t, content, nil)
	if len(catalog.Problems) > 0 {
		t.Fatal(catalog.Problems)
	}
	text := find(t, catalog, "c/round-robin").Texts["ta"]
	if text.Title != "வட்டச் சுழற்சி" || text.Steps[1].ID != "முயன்று-பார்" || len(text.Stale) > 0 {
		t.Errorf("text %+v", text)
	}
	content["c/05-round-robin/lesson.md"] = &fstest.MapFile{Data: []byte(strings.Replace(fullLesson, "The secret.", "Another secret.", 1))}
	text = find(t, mustLoad(t, content, nil), "c/round-robin").Texts["ta"]
	if !slices.Equal(text.Stale, []string{"முயன்று-பார்"}) {
		t.Errorf("stale %v", text.Stale)
	}
}

// TestReload checks that unchanged lessons are taken over and changed ones read,
// also when a file changed within the resolution of its time.
func TestReload(t *testing.T) {
	content := full()
	first := mustLoad(t, content, nil)
	reload := func(previous *lessons.Catalog) *lessons.Catalog {
		t.Helper()
		next, err := lessons.Reload(content, nil, previous)
		if err != nil {
			t.Fatal(err)
		}
		return next
	}
	second := reload(first)
	if find(t, first, "c/round-robin") != find(t, second, "c/round-robin") {
		t.Error("an unchanged lesson was read again")
	}
	now := time.Now()
	content["c/01-first/lesson.md"] = &fstest.MapFile{Data: []byte("---\ntitle: Other\n---\n\nText.\n"), ModTime: now}
	third := reload(second)
	if got := find(t, third, "c/first").Texts["en"].Title; got != "Other" {
		t.Errorf("title %q", got)
	}
	content["c/01-first/lesson.md"] = &fstest.MapFile{Data: []byte("---\ntitle: Again\n---\n\nText.\n"), ModTime: now}
	if got := find(t, reload(third), "c/first").Texts["en"].Title; got != "Again" {
		t.Errorf("a change within the same tick was missed: title %q", got)
	}
}

func TestBoundsAndLinksOnDisk(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	text := []byte("---\ntitle: A\n---\n\nText.\n")
	write("c/course.yaml", []byte("title: C\n"))
	for _, name := range []string{"01-file", "02-asset", "03-link", "04-folder", "05-many", "06-good"} {
		write("c/"+name+"/lesson.md", text)
	}
	write("c/01-file/files/big.txt", make([]byte, lessons.MaxFile+1))
	write("c/02-asset/big.png", make([]byte, lessons.MaxAsset+1))
	link("/etc/passwd", "c/03-link/passwd.txt")
	link("/etc", "c/04-folder/files")
	for i := range 600 {
		write(filepath.Join("c/05-many/files", strings.Repeat("x", i/60+1), string(rune('a'+i%26))+strings.Repeat("y", i%60)), nil)
	}
	link("06-good", "c/07-linked")
	catalog, err := lessons.Load(os.DirFS(dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range catalog.Problems {
		got = append(got, p.File+" "+p.Code)
	}
	want := []string{"c/01-file/files/big.txt file-size", "c/02-asset/big.png file-size", "c/03-link/passwd.txt symlink", "c/04-folder/files symlink", "c/05-many folder-size", "c/07-linked symlink"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(catalog.Courses[0].Lessons) != 1 {
		t.Errorf("%d lessons loaded", len(catalog.Courses[0].Lessons))
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(fullLesson, "title: C\n", "fails: x\nwhy: because\n")
	f.Add("---\n? [a]\n: b\n---\n", "title: {en: [}", "- - - -")
	f.Fuzz(func(t *testing.T, text, course, solution string) {
		content := full()
		content["c/05-round-robin/lesson.md"] = &fstest.MapFile{Data: []byte(text)}
		content["c/course.yaml"] = &fstest.MapFile{Data: []byte(course)}
		content["c/05-round-robin/solutions/bad-x/solution.yaml"] = &fstest.MapFile{Data: []byte(solution)}
		catalog, err := lessons.Load(content, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range catalog.Problems {
			if p.Found == "" || p.Code == "" || p.Code == "render-failed" {
				t.Fatalf("%+v", p)
			}
		}
	})
}

// TestRefresh looks only at folders that may have changed, and at new ones.
func TestRefresh(t *testing.T) {
	root := fstest.MapFS{"c/course.yaml": {Data: []byte("title: C\n")}}
	write := func(dir, title string) {
		root["c/"+dir+"/lesson.md"] = &fstest.MapFile{Data: []byte("---\ntitle: " + title + "\n---\n\nText.\n")}
	}
	titles := func(c *lessons.Catalog) (out []string) {
		for _, l := range c.Courses[0].Lessons {
			out = append(out, l.Texts["en"].Title)
		}
		return out
	}
	write("01-one", "One")
	write("02-two", "Two")
	first, err := lessons.Load(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	write("01-one", "Uno")
	write("02-two", "Due")
	write("03-three", "Tre")
	second, err := lessons.Refresh(root, lessons.Options{Previous: first, Changed: func(dir string) bool { return dir == "c/02-two" }})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"One", "Due", "Tre"}, titles(second)); diff != "" {
		t.Error(diff)
	}
	delete(root, "c/02-two/lesson.md")
	third, err := lessons.Refresh(root, lessons.Options{Previous: second, Changed: func(string) bool { return false }})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"One", "Tre"}, titles(third)); diff != "" {
		t.Error(diff)
	}
}
