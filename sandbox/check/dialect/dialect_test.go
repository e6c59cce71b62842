package dialect_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"pattarai/sandbox/check/dialect"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden reads every file of testdata, named DIALECT-what.in, and compares what
// is made of it with its .golden.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.in")
	if err != nil || len(files) < 16 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		name, _, _ := strings.Cut(filepath.Base(file), "-")
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, golden := told(dialect.Read(name, data)), strings.TrimSuffix(file, ".in")+".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if want, err := os.ReadFile(golden); err != nil || string(want) != got {
			t.Errorf("%s: %v\n%s", golden, err, got)
		}
	}
}

func told(r dialect.Results, err error) string {
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	var b strings.Builder
	for _, t := range r.Tests {
		fmt.Fprintf(&b, "%s: %s: %q\n", t.Status, t.Name, t.Message)
	}
	fmt.Fprintf(&b, "%d of %d; %q", r.Passed(), len(r.Tests), r.Message)
	if r.Score != nil {
		fmt.Fprintf(&b, "; score %g", *r.Score)
	}
	return b.String() + "\n"
}

func TestBounds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ dialect, text, says string }{
		"too long":   {"junit", strings.Repeat(" ", dialect.MaxInput+1), "at most"},
		"too many":   {"junit", "<testsuite>" + strings.Repeat("<testcase/>", dialect.MaxTests+1) + "</testsuite>", "501 tests"},
		"many JSON":  {"exercism", `{"version":3,"status":"pass","tests":[` + strings.Repeat(`{"status":"pass"},`, dialect.MaxTests) + `{}]}`, "501 tests"},
		"too deep":   {"junit", strings.Repeat("<testsuite>", 30), "20 deep"},
		"no dialect": {"tap", "1..2", `called "tap"`},
		"empty":      {"check50", " \n", "nothing in it"},
	} {
		if _, err := dialect.Read(test.dialect, []byte(test.text)); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.in")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for i := range dialect.Names() {
			f.Add(i, data)
		}
	}
	f.Fuzz(func(t *testing.T, which int, data []byte) {
		names := dialect.Names()
		r, err := dialect.Read(names[uint(which)%uint(len(names))], data)
		if err != nil {
			return
		}
		if len(r.Tests) > dialect.MaxTests || r.Score != nil && !(*r.Score >= 0 && *r.Score <= 1) {
			t.Errorf("%d tests, score %v", len(r.Tests), r.Score)
		}
		for _, test := range r.Tests {
			if test.Name == "" || !utf8.ValidString(test.Name+test.Message) || len([]rune(test.Message)) > 1000 {
				t.Errorf("%+v", test)
			}
		}
	})
}
