package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// reader is the name of a function that makes sense of a text.
var reader = regexp.MustCompile(`^(?:[Pp]arse|[Dd]ecode|[Dd]iagnose|[Uu]npack|Render|Load|Validate)(?:[A-Z]|$)`)

// notFuzzed are packages with such functions and no fuzz target, and why.
func notFuzzed() map[string]string {
	return map[string]string{
		"cmd/pattarai":             "the command line library reads; the configuration is fuzzed in server",
		"sandbox/internal/yamldoc": "fuzzed through sandbox/check and sandbox/compose, which read with it",
		"sandbox/docker":           "hands an archive to the engine and reads nothing of it",
		"server/catalog":           "fuzzed through the packages that it joins",
		"server/store":             "reads only what it has written",
	}
}

// TestParsersAreFuzzed wants a fuzz target in every package that makes sense of a
// text from outside.
func TestParsersAreFuzzed(t *testing.T) {
	t.Parallel()
	readers, targets := map[string][]string{}, map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != "../.." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../../")
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			switch {
			case !ok:
			case strings.HasSuffix(path, "_test.go"):
				targets[dir] = targets[dir] || strings.HasPrefix(f.Name.Name, "Fuzz")
			case reader.MatchString(f.Name.Name) && takesText(f):
				readers[dir] = append(readers[dir], f.Name.Name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(readers) < 8 {
		t.Errorf("only %d packages read anything: %v", len(readers), readers)
	}
	for _, dir := range slices.Sorted(maps.Keys(readers)) {
		if reason := notFuzzed()[dir]; !targets[dir] && reason == "" {
			t.Errorf("%s reads text in %v and has no fuzz target", dir, readers[dir])
		}
	}
}

// takesText tells of a parameter that text may come in.
func takesText(f *ast.FuncDecl) bool {
	return slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		switch kind := p.Type.(type) {
		case *ast.Ident:
			return kind.Name == "string" || kind.Name == "Input" || kind.Name == "Item"
		case *ast.ArrayType:
			element, ok := kind.Elt.(*ast.Ident)
			return ok && element.Name == "byte"
		case *ast.SelectorExpr:
			return kind.Sel.Name == "Reader" || kind.Sel.Name == "FS"
		}
		return false
	})
}
