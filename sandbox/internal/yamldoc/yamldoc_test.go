package yamldoc_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pattarai/sandbox/internal/yamldoc"
)

func read(t *testing.T, text string) (*yamldoc.Doc, yamldoc.Value, bool) {
	t.Helper()
	return yamldoc.Read(fstest.MapFS{"a.yaml": {Data: []byte(text)}}, "a.yaml")
}

// TestPlaces counts columns in bytes, also after letters of several bytes, and
// takes CRLF and a byte order mark in its stride.
func TestPlaces(t *testing.T) {
	doc, root, ok := read(t, "\ufefftitle: x\r\nதலைப்பு: {n: wrong}\r\n")
	if !ok {
		t.Fatal(doc.Problems)
	}
	m, _ := root.AnyMap()
	inner, _ := m.Get("தலைப்பு").AnyMap()
	inner.Get("n").Int(1, 2)
	if len(doc.Problems) != 1 {
		t.Fatal(doc.Problems)
	}
	column := len("தலைப்பு: {n: ") + 1
	if p := doc.Problems[0]; p.Line != 2 || p.Col != column {
		t.Errorf("at %d:%d, want 2:%d", p.Line, p.Col, column)
	}
}

func TestMerge(t *testing.T) {
	doc, root, ok := read(t, "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc: {<<: [*a, *b], x: 9}\n")
	if !ok || len(doc.Problems) > 0 {
		t.Fatal(doc.Problems)
	}
	m, _ := root.AnyMap()
	if got := m.Get("c").Canonical(); got != `{"x":!!int"9","y":!!int"2","z":!!int"4"}` {
		t.Error(got)
	}
}

// TestCanonical ignores comments, order and style, and nothing else.
func TestCanonical(t *testing.T) {
	canonical := func(text string) string {
		_, root, _ := read(t, text)
		return root.Canonical()
	}
	same := canonical("{a: [1, x], b: \"y\"}")
	if other := canonical("# c\nb: y\na:\n  - 1\n  - x\n"); other != same {
		t.Errorf("%s and %s", same, other)
	}
	for _, text := range []string{"{a: [1, x], b: z}", "{a: [x, 1], b: y}", "{a: ['1', x], b: y}"} {
		if canonical(text) == same {
			t.Errorf("%s counts as the same", text)
		}
	}
}

func TestRefused(t *testing.T) {
	for name, test := range map[string]struct{ text, code string }{
		"too large":  {strings.Repeat("# x\n", 20_000), "file-too-large"},
		"too deep":   {strings.Repeat("[", 40) + strings.Repeat("]", 40), "too-deep"},
		"too wide":   {"[" + strings.Repeat("x, ", 11_000) + "]", "too-many-values"},
		"list key":   {"? [a]\n: b\n", "key-type"},
		"binary tag": {"a: !!binary aGk=\n", "custom-tag"},
	} {
		doc, _, _ := read(t, test.text)
		if len(doc.Problems) != 1 || doc.Problems[0].Code != test.code {
			t.Errorf("%s: %v", name, doc.Problems)
		}
	}
	if doc, _, ok := yamldoc.Read(fstest.MapFS{}, "a.yaml"); ok || doc.Problems[0].Code != "file-missing" {
		t.Errorf("missing: %v", doc.Problems)
	}
}

func TestSizesAndTimes(t *testing.T) {
	for text, want := range map[string]int64{"64m": 64 << 20, "1.5g": 3 << 29, "256MiB": 256 << 20, "8 KB": 8 << 10, "5": -1, "1t": -1, "x": -1} {
		_, root, _ := read(t, "'"+text+"'")
		if got, ok := root.Size(0, 1<<40); ok != (want >= 0) || ok && got != want {
			t.Errorf("%s: %d %v", text, got, ok)
		}
	}
	for text, want := range map[string]time.Duration{"500ms": 500 * time.Millisecond, "1m30s": 90 * time.Second, "5": -1, "5 m": -1, "": -1} {
		_, root, _ := read(t, "a: "+text)
		m, _ := root.AnyMap()
		if got, ok := m.Get("a").Duration(0, time.Hour); ok != (want >= 0) || ok && got != want {
			t.Errorf("%s: %s %v", text, got, ok)
		}
	}
}
