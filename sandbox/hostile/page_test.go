package hostile_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pattarai/sandbox/hostile"
)

var update = flag.Bool("update", false, "write docs/hostile.md")

// TestPage compares docs/hostile.md with the table.
func TestPage(t *testing.T) {
	t.Parallel()
	const page = "../../docs/hostile.md"
	if *update {
		if err := os.WriteFile(page, []byte(hostile.Page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(hostile.Page(), string(written)); diff != "" {
		t.Errorf("docs/hostile.md is out of date; run go test ./sandbox/hostile -run TestPage -update\n%s", diff)
	}
}

// TestTable wants every abuse to be complete and its name unique, and enough of
// them to be controls.
func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, a := range hostile.Abuses() {
		if seen[a.ID] || a.ID == "" || a.What == "" || a.Area == "" || a.Want.Standard == "" || a.Want.Hardened == "" {
			t.Errorf("%+v is incomplete, or a second one of its name", a)
		}
		seen[a.ID] = true
	}
	if len(seen) < 120 {
		t.Errorf("%d abuses", len(seen))
	}
	if n := len(hostile.Controls()); n < 25 {
		t.Errorf("%d controls", n)
	}
}
