package lessons_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"pattarai/lessons"
)

var update = flag.Bool("update", false, "rewrite the golden parts of testdata")

// TestBadInput loads every lesson of testdata/bad and compares what is said about
// it, word by word. Rewrite the expectations with -update and read the diff.
func TestBadInput(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.txtar")
	if err != nil || len(files) < 80 {
		t.Fatalf("%d cases (%v), want at least 80", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			content, want := archive(string(source))
			catalog, err := lessons.Load(content, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, p := range catalog.Problems {
				got.WriteString(p.String() + "\n")
				if p.Line > 0 && p.Found == "" || p.Code == "" {
					t.Errorf("incomplete: %+v", p)
				}
			}
			if got.Len() == 0 {
				t.Error("nothing was said about a bad lesson")
			}
			if *update {
				head, _, _ := strings.Cut(string(source), "-- want --\n")
				if err := os.WriteFile(file, []byte(head+"-- want --\n"+got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got.String()); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

var archiveName = regexp.MustCompile(`(?m)^-- (.+) --\n`)

// archive reads files in the txtar format. A course file is added when there is
// none.
func archive(text string) (content fstest.MapFS, want string) {
	content = fstest.MapFS{}
	marks := archiveName.FindAllStringSubmatchIndex(text, -1)
	for i, m := range marks {
		end := len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		name, body := text[m[2]:m[3]], text[m[1]:end]
		if name == "want" {
			want = body
		} else {
			content[name] = &fstest.MapFile{Data: []byte(body)}
		}
	}
	if content["c/course.yaml"] == nil {
		content["c/course.yaml"] = &fstest.MapFile{Data: []byte("title: A course\nlanguages: [en, ta]\n")}
	}
	return content, want
}
