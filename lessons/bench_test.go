package lessons_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pattarai/lessons"
)

// BenchmarkLoad loads 1000 generated lessons of about 10 kB with tables and code.
func BenchmarkLoad(b *testing.B) {
	for _, lang := range []string{"text", "python"} {
		content := generated(1000, lang)
		b.Run("cold/"+lang, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				load(b, content, nil)
			}
		})
		b.Run("reload/"+lang, func(b *testing.B) {
			previous := load(b, content, nil)
			b.ReportAllocs()
			for b.Loop() {
				load(b, content, previous)
			}
		})
	}
}

func load(b *testing.B, content fstest.MapFS, previous *lessons.Catalog) *lessons.Catalog {
	catalog, err := lessons.Reload(content, nil, previous)
	if err != nil || len(catalog.Courses) != 1 || len(catalog.Courses[0].Lessons) != 1000 {
		b.Fatalf("%v, problems %v", err, catalog.Problems)
	}
	return catalog
}

func generated(n int, lang string) fstest.MapFS {
	content := fstest.MapFS{"c/course.yaml": {Data: []byte("title: C\n")}}
	for i := range n {
		content[fmt.Sprintf("c/%03d-lesson-%d/lesson.md", i, i)] = &fstest.MapFile{Data: []byte(generatedLesson(i, lang))}
	}
	return content
}

func generatedLesson(i int, lang string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "---\ntitle: Lesson %d\nminutes: 20\nlevel: beginner\n---\n\nAn introduction to number %d.\n", i, i)
	for step := range 8 {
		fmt.Fprintf(&out, "\n## Step %d of %d\n\n", step, i)
		out.WriteString(strings.Repeat("Some **words** about `things` that [balance](https://example.org/) the load of a shop. ", 5) + "\n\n")
		fmt.Fprintf(&out, "| server | weight | requests |\n|---|---:|---:|\n| app1 | 2 | %d |\n| app2 | 1 | %d |\n| app3 | 3 | %d |\n\n", 2*i, i, 3*i)
		fmt.Fprintf(&out, "```%s\nfor n in range(%d):\n    name = f\"app{n}\"\n    if n %% 2 == 0:\n        print(name, n * %d, 'even')\n    else:\n        print(name, [x for x in range(n)])\n```\n", lang, i+3, step)
		fmt.Fprintf(&out, "\n- one\n- two\n  - three %d\n", step)
	}
	return out.String()
}

// BenchmarkEdit changes one of 1000 lessons on disk and reloads.
func BenchmarkEdit(b *testing.B) {
	dir := b.TempDir()
	write := func(name string, data []byte, age time.Duration) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			b.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(path, then, then); err != nil {
			b.Fatal(err)
		}
	}
	for name, file := range generated(1000, "python") {
		write(name, file.Data, time.Hour)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	catalog, err := lessons.Load(root.FS(), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		write("c/500-lesson-500/lesson.md", []byte(generatedLesson(i, "python")), 0)
		if catalog, err = lessons.Reload(root.FS(), nil, catalog); err != nil {
			b.Fatal(err)
		}
	}
}
