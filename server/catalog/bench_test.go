package catalog_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pattarai/lessons/content"
	"pattarai/server/catalog"
)

// BenchmarkEditVisible measures from the end of a write to the snapshot that has
// it, in a catalogue of the built-in courses and 1000 more lessons. The wait for
// the editor's next write is in it.
func BenchmarkEditVisible(b *testing.B) {
	root := b.TempDir()
	write := func(name, text string) {
		b.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	write("many/course.yaml", "title: Many\n")
	for i := range 1000 {
		write(fmt.Sprintf("many/%03d-lesson-%d/lesson.md", i, i), longLesson(i))
	}
	dir, err := catalog.OpenDir(root)
	if err != nil {
		b.Fatal(err)
	}
	defer dir.Close()
	c, err := catalog.Load([]string{"haproxy", "python", "redis", "shell"}, content.FS(), dir)
	if err != nil {
		b.Fatal(err)
	}
	snapshots := make(chan *catalog.Snapshot, 16)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- c.Watch(ctx, func(s *catalog.Snapshot) { snapshots <- s }) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	}()
	write("many/500-lesson-500/lesson.md", longLesson(-1))
	await(b, snapshots) // It watches now.
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		write("many/500-lesson-500/lesson.md", longLesson(2000+i))
		began := time.Now()
		await(b, snapshots)
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "ms-longest")
}

func await(b *testing.B, snapshots <-chan *catalog.Snapshot) {
	b.Helper()
	select {
	case <-snapshots:
	case <-time.After(30 * time.Second):
		b.Fatal("the edit was not seen")
	}
}

func longLesson(i int) string {
	return fmt.Sprintf("---\ntitle: Lesson %d\n---\n\n", i) +
		strings.Repeat("## A step\n\nSome **words** about `things`.\n\n```python\nfor n in range(7):\n    print(n)\n```\n\n", 8)
}
