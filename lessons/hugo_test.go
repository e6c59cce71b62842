package lessons_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pattarai/lessons"
	"pattarai/lessons/codecache"
)

// BenchmarkAgainstHugo loads 1000 lessons with highlighted code and has Hugo build
// a site of the same files, by turns. hugo-ratio is our time divided by Hugo's:
// the first load of all, and one that finds its code in the cache.
func BenchmarkAgainstHugo(b *testing.B) {
	hugo, err := exec.LookPath("hugo")
	if err != nil {
		if strings.Contains(os.Getenv("PATTARAI_TEST_REQUIRE"), "hugo") {
			b.Fatal("hugo is missing; apt-get install hugo")
		}
		b.Skip("SKIPPED: hugo is missing; apt-get install hugo")
	}
	site, content := b.TempDir(), b.TempDir()
	put := func(dir, name string, data []byte) {
		b.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for name, file := range generated(1000, "python") {
		put(content, name, file.Data)
		if strings.HasSuffix(name, "lesson.md") {
			put(site, "content/"+strings.TrimSuffix(name, "lesson.md")+"index.md", file.Data)
		}
	}
	put(site, "config.toml", []byte("baseURL = \"http://localhost/\"\ndisableKinds = [\"taxonomy\", \"term\", \"RSS\", \"sitemap\"]\n[markup.highlight]\nnoClasses = false\n"))
	put(site, "layouts/_default/single.html", []byte("<h1>{{ .Title }}</h1>{{ .Content }}\n"))
	put(site, "layouts/_default/list.html", []byte("<ul>{{ range .Pages }}<li>{{ .Title }}</li>{{ end }}</ul>\n"))
	root, err := os.OpenRoot(content)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	cache := filepath.Join(b.TempDir(), "code")
	var theirs, first, cached time.Duration
	for b.Loop() {
		_ = os.RemoveAll(cache)
		first += timed(b, func() error { return loadWith(cache, root.FS()) })
		theirs += timed(b, func() error {
			return exec.CommandContext(b.Context(), hugo, "--quiet", "--source", site, "--destination", b.TempDir()).Run()
		})
		cached += timed(b, func() error { return loadWith(cache, root.FS()) })
	}
	b.ReportMetric(first.Seconds()/theirs.Seconds(), "hugo-ratio-first")
	b.ReportMetric(cached.Seconds()/theirs.Seconds(), "hugo-ratio-cached")
	b.ReportMetric(theirs.Seconds()/float64(b.N), "s-hugo")
}

// loadWith loads all lessons as a server does when it starts.
func loadWith(cache string, root fs.FS) error {
	code := codecache.Open(cache)
	loaded, err := lessons.Refresh(root, lessons.Options{Code: code})
	if err == nil && len(loaded.Courses[0].Lessons) != 1000 {
		err = fmt.Errorf("%d lessons", len(loaded.Courses[0].Lessons))
	}
	return errors.Join(err, code.Save())
}

func timed(b *testing.B, do func() error) time.Duration {
	b.Helper()
	began := time.Now()
	if err := do(); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}
