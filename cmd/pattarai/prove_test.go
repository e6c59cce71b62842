package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pattarai/server/catalog"
)

// TestChangedSince changes one lesson, adds a file to another, and then the course.
func TestChangedSince(t *testing.T) {
	repository := t.TempDir()
	root := filepath.Join(repository, "deep", "courses")
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", repository, "-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	write("c/course.yaml", "title: C\n")
	for _, dir := range []string{"01-one", "02-two", "03-three"} {
		write("c/"+dir+"/lesson.md", "---\ntitle: T\n---\n\nText.\n")
	}
	git("init", "-q")
	git("add", "-A")
	git("commit", "-qm", "first")

	dir, err := catalog.OpenDir(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	loaded, err := catalog.Load(nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	command := proveCommand{Content: []string{root}, ChangedSince: "HEAD", Repeat: 1}
	changed := func() []string {
		t.Helper()
		ids, err := command.chosen(t.Context(), loaded.Current())
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	if ids := changed(); len(ids) > 0 {
		t.Errorf("nothing changed, and it chose %v", ids)
	}
	write("c/01-one/lesson.md", "---\ntitle: T\n---\n\nOther text.\n")
	write("c/03-three/files/நிரல்.py", "print()\n")
	if diff := cmp.Diff([]string{"c/one", "c/three"}, changed()); diff != "" {
		t.Error(diff)
	}
	write("c/course.yaml", "title: D\n")
	if diff := cmp.Diff([]string{"c/one", "c/two", "c/three"}, changed()); diff != "" {
		t.Error(diff)
	}
	for revision, says := range map[string]string{"no-such": "asking git what changed", "--output=x": "is no revision"} {
		command.ChangedSince = revision
		if _, err := command.chosen(t.Context(), loaded.Current()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", revision, err)
		}
	}
}

func TestProveFlags(t *testing.T) {
	for says, command := range map[string]proveCommand{
		"":                         {Repeat: 2},
		"1 to 100 are allowed":     {Repeat: 0},
		"add --content":            {Repeat: 1, ChangedSince: "HEAD"},
		"leave one of the two out": {Repeat: 1, ChangedSince: "HEAD", Content: []string{"."}, Lessons: []string{"a/b"}},
	} {
		if err := command.Validate(); (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want %q", command, err, says)
		}
	}
}
