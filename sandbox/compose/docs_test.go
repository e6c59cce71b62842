package compose_test

import (
	"os"
	"strings"
	"testing"

	"pattarai/sandbox/compose"
)

// TestDocs parses the example of docs/topology.md and looks there for every key a
// service may have.
func TestDocs(t *testing.T) {
	data, err := os.ReadFile("../../docs/topology.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	_, example, ok := strings.Cut(page, "```yaml\n")
	example, _, closed := strings.Cut(example, "\n```")
	if !ok || !closed {
		t.Fatal("no example")
	}
	if _, problems := compose.Parse(lesson(example+"\n"), "compose.yaml", "a/b", images()); len(problems) > 0 {
		t.Error(problems)
	}
	for _, key := range compose.Keys() {
		if !strings.Contains(page, "`"+key+"`") {
			t.Errorf("docs/topology.md does not explain `%s`", key)
		}
	}
}
