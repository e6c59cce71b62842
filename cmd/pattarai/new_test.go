package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pattarai/lessons/scaffold"
	"pattarai/sandbox/docker"
	"pattarai/sandbox/images"
)

// TestNew makes a course with a lesson of every kind, which lint finds nothing to
// say of, and sees that nothing is written over.
func TestNew(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	beginCourse(t, root)
	loaded, err := loadContent([]string{root})
	if err != nil {
		t.Fatal(err)
	}
	snapshot := loaded.Current()
	if len(snapshot.Problems) > 0 || len(snapshot.Courses) != 1 || len(snapshot.Courses[0].Lessons) != len(scaffold.Kinds()) {
		t.Errorf("%d courses, problems %v", len(snapshot.Courses), snapshot.Problems)
	}
	course := filepath.Join(root, "cooking")
	for _, c := range []struct {
		name, says string
		run        func() error
	}{
		{"course twice", "exists already", func() error { return (&newCourse{course}).Run(t.Context()) }},
		{"lesson twice", "there is a lesson begin-quiz already", func() error { return (&newLesson{filepath.Join(course, "begin-quiz"), "quiz"}).Run(t.Context()) }},
		{"no course", "it has no course.yaml; make it with: pattarai new course", func() error { return (&newLesson{filepath.Join(root, "sewing", "begin"), "quiz"}).Run(t.Context()) }},
		{"bad course", `the course is called "Cook Book"; a name has small letters`, func() error { return (&newCourse{filepath.Join(root, "Cook Book")}).Run(t.Context()) }},
		{"bad lesson", `the lesson is called "a_b"`, func() error { return (&newLesson{filepath.Join(course, "a_b"), "quiz"}).Run(t.Context()) }},
		{"no such kind", `no kind of lesson called "cobol"; there are: haproxy`, func() error { return (&newLesson{filepath.Join(course, "old"), "cobol"}).Run(t.Context()) }},
	} {
		if err := c.run(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := (&newLesson{filepath.Join(course, "42-far"), "quiz"}).Run(t.Context()); err != nil {
		t.Error(err)
	}
	if err := (&newLesson{filepath.Join(course, "further"), "quiz"}).Run(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(course, "43-further", "lesson.md")); err != nil {
		t.Error(err)
	}
}

// TestNewIsProved proves what "new" makes on real containers.
func TestNewIsProved(t *testing.T) {
	needImages(t)
	root := t.TempDir()
	beginCourse(t, root)
	if status := run(t.Context(), []string{"prove", "--content", root}); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func beginCourse(t *testing.T, root string) {
	t.Helper()
	if err := (&newCourse{filepath.Join(root, "cooking")}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, kind := range scaffold.Kinds() {
		if err := (&newLesson{filepath.Join(root, "cooking", "begin-"+kind), kind}).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// needImages skips a test where there are no lab images to run.
func needImages(t *testing.T) {
	t.Helper()
	client, err := docker.NewClient("")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	missing, err := images.New(client, os.Getenv("PATTARAI_AGENT"), nil).Missing(t.Context(), []string{"haproxy", "python", "shell"})
	if err == nil && len(missing) == 0 {
		return
	}
	if strings.Contains(os.Getenv("PATTARAI_TEST_REQUIRE"), "docker") {
		t.Fatalf("lab images %v are missing (%v); set PATTARAI_AGENT and run make images", missing, err)
	}
	t.Skipf("SKIPPED: lab images %v are missing (%v); set PATTARAI_AGENT and run make images", missing, err)
}
