package assets_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pattarai/assets"
)

func table(t *testing.T, lang string) map[string]string {
	t.Helper()
	content, err := fs.ReadFile(assets.FS(), "texts/"+lang+".json")
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]string
	if err := json.Unmarshal(content, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

var places = regexp.MustCompile(`%(?:\[\d\])?[.\d]*[a-z]|%%|\{\d\}`)

// counts is how often each place for a value stands in a text, whatever their order.
func counts(text string) map[string]int {
	out := make(map[string]int)
	for _, place := range places.FindAllString(text, -1) {
		out[regexp.MustCompile(`\[\d\]`).ReplaceAllString(place, "")]++
	}
	return out
}

func TestLanguagesHaveTheSameTexts(t *testing.T) {
	english := table(t, "en")
	for _, lang := range assets.Languages()[1:] {
		other := table(t, lang)
		for key, text := range english {
			translated, ok := other[key]
			if !ok || translated == "" {
				t.Errorf("%s has no text for %s", lang, key)
				continue
			}
			want, got := counts(text), counts(translated)
			for place := range want {
				if got[place] == 0 {
					t.Errorf("%s: %s lacks %s", lang, key, place)
				}
			}
		}
		for key := range other {
			if _, ok := english[key]; !ok {
				t.Errorf("%s has %s, which English has not", lang, key)
			}
		}
	}
}

var (
	inTemplate = regexp.MustCompile(`call \$?\.T "([^"]+)"|printf "(\w+)\.%s"`)
	inScript   = regexp.MustCompile("\\bt\\(\"([^\"]+)\"|\\bt\\(`(\\w+)\\.\\$\\{")
)

func TestEveryTextThatIsUsedExists(t *testing.T) {
	english := table(t, "en")
	used := make(map[string]bool)
	scan := func(pattern, prefix string, expression *regexp.Regexp) {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("nothing fits %s: %v", pattern, err)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range expression.FindAllStringSubmatch(string(content), -1) {
				if m[1] != "" {
					used[prefix+m[1]] = true
				} else if m[2] != "" && m[2] != "texts" {
					used[prefix+m[2]+"."] = true // A family of keys.
				}
			}
		}
	}
	scan("templates/*.html", "", inTemplate)
	for _, pattern := range []string{"src/*.ts", "src/*/*.ts"} {
		scan(pattern, "js.", inScript)
	}
	for key := range used {
		if !exists(english, key) {
			t.Errorf("no text for %s", key)
		}
	}
}

func exists(table map[string]string, key string) bool {
	if !strings.HasSuffix(key, ".") {
		_, ok := table[key]
		return ok
	}
	for k := range table {
		if strings.HasPrefix(k, key) {
			return true
		}
	}
	return false
}

func TestTextFallsBack(t *testing.T) {
	for _, c := range []struct{ lang, key, want string }{
		{"ta", "nav.courses", "பாடநெறிகள்"},
		{"fr", "nav.courses", "Courses"},
		{"en", "no.such.key", "no.such.key"},
	} {
		if got := assets.Text(c.lang, c.key); got != c.want {
			t.Errorf("Text(%q, %q) = %q, want %q", c.lang, c.key, got, c.want)
		}
	}
}

var staticName = regexp.MustCompile(`call \.Static "([^"]+)"`)

func TestTemplatesNameFilesThatExist(t *testing.T) {
	for _, page := range []string{"layout", "lesson", "report"} {
		content, err := fs.ReadFile(assets.FS(), "templates/"+page+".html")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range staticName.FindAllStringSubmatch(string(content), -1) {
			if _, err := fs.Stat(assets.FS(), "static/"+m[1]); err != nil {
				t.Errorf("%s.html: %v", page, err)
			}
		}
	}
}

func TestStaticIsImmutable(t *testing.T) {
	url := assets.Static("app.css")
	if want := "/static/" + assets.Hash() + "/app.css"; url != want || len(assets.Hash()) < 12 {
		t.Errorf("Static = %q, want %q", url, want)
	}
}

func TestFontsAreSmall(t *testing.T) {
	entries, err := fs.ReadDir(assets.FS(), "static/fonts")
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		sum += info.Size()
	}
	if sum > 250<<10 {
		t.Errorf("the fonts are %d bytes together; at most 250 KiB", sum)
	}
}

// TestBundleIsMadeFromItsSources finds a bundle that is older than its sources.
func TestBundleIsMadeFromItsSources(t *testing.T) {
	t.Parallel()
	names := []string{"build.mjs", "package-lock.json"}
	for _, dir := range []string{"src", "styles", "texts"} {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				names = append(names, filepath.ToSlash(path))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sum.Write([]byte(name + "\x00"))
		sum.Write(content)
		sum.Write([]byte{0})
	}
	want, err := os.ReadFile("bundle.sum")
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != strings.TrimSpace(string(want)) {
		t.Error("static/ is older than its sources: run make assets and commit static/ and bundle.sum")
	}
}
