package check_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"pattarai/sandbox/check"
)

var fence = regexp.MustCompile("(?ms)^```yaml (exercise|check)\n(.*?)^```$")

// TestDocs parses every example of docs/exercise.md.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/exercise.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := fence.FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 10 {
		t.Fatalf("only %d examples found", len(blocks))
	}
	for _, b := range blocks {
		text := example(b)
		if _, problems := check.Parse(folder(text), "exercise.yaml", topology()); len(problems) > 0 {
			t.Errorf("%v\n%s", problems, text)
		}
	}
}

// TestDocsComplete finds every key that the parser knows in docs/exercise.md.
func TestDocsComplete(t *testing.T) {
	page, err := os.ReadFile("../../docs/exercise.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range check.Keys() {
		if !strings.Contains(string(page), "`"+key+"`") {
			t.Errorf("docs/exercise.md does not explain `%s`", key)
		}
	}
}

// example is a block of the page as a whole exercise.
func example(block []string) string {
	text := block[2]
	if block[1] == "check" {
		text = "checks:\n  - " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ") + "\n"
	}
	return text
}
