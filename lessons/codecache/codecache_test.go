package codecache_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pattarai/lessons"
	"pattarai/lessons/codecache"
	"pattarai/lessons/content"
)

func TestCache(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cache", "code")
	c := codecache.Open(file)
	c.Put("a", "<b>a</b>")
	c.Put("b", "<b>b</b>")
	c.Put("large", strings.Repeat("x", codecache.MaxEntry+1))
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	c = codecache.Open(file)
	if html, ok := c.Get("a"); !ok || html != "<b>a</b>" {
		t.Errorf("%q, %v", html, ok)
	}
	if _, ok := c.Get("large"); ok {
		t.Error("it kept what is too large")
	}
	c.Put("c", "c")
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	c = codecache.Open(file)
	for key, want := range map[string]bool{"a": true, "b": false, "c": true} {
		if _, ok := c.Get(key); ok != want {
			t.Errorf("%s: %v, want %v: what was not used goes", key, ok, want)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestDamage wants an empty cache of whatever is in the file.
func TestDamage(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "code")
	c := codecache.Open(file)
	c.Put("a", "a")
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"empty": nil, "half": whole[:len(whole)/2], "noise": []byte("no gob at all")} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok := codecache.Open(file).Get("a"); ok {
			t.Errorf("%s: it was believed", name)
		}
	}
}

// TestSameLessons loads the built-in courses without a cache, with a new one and
// with a full one.
func TestSameLessons(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "code")
	var all [][]string
	for i := range 3 {
		o := lessons.Options{}
		cache := codecache.Open(file)
		if i > 0 {
			o.Code = cache
		}
		loaded, err := lessons.Refresh(content.FS(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := cache.Save(); err != nil {
			t.Fatal(err)
		}
		var pages []string
		for _, course := range loaded.Courses {
			for _, lesson := range course.Lessons {
				for _, step := range lesson.Texts["en"].Steps {
					pages = append(pages, string(step.HTML))
				}
			}
		}
		all = append(all, pages)
	}
	for _, pages := range all[1:] {
		if diff := cmp.Diff(all[0], pages); diff != "" {
			t.Errorf("the cache changes pages:\n%.1000s", diff)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Size() < 10_000 {
		t.Errorf("nothing was kept: %v, %v", info, err)
	}
}
