package main

import (
	"encoding/json"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"pattarai/lessons"
	"pattarai/lessons/content"
	"pattarai/lessons/problem"
	"pattarai/lessons/scaffold"
	"pattarai/sandbox"
	"pattarai/sandbox/check"
	"pattarai/sandbox/compose"
)

var update = flag.Bool("update", false, "add to the schemas what the parsers allow")

// TestSchemasMatchContent validates every YAML file of the catalogue and of what
// "pattarai new" makes.
func TestSchemasMatchContent(t *testing.T) {
	t.Parallel()
	made := t.TempDir()
	if err := scaffold.Course(path.Join(made, "c")); err != nil {
		t.Fatal(err)
	}
	for _, kind := range scaffold.Kinds() {
		if _, err := scaffold.Lesson(path.Join(made, "c", kind), kind); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]int{}
	for _, root := range []fs.FS{content.FS(), os.DirFS(made)} {
		err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			kind := strings.TrimSuffix(path.Base(name), path.Ext(name))
			if path.Ext(name) != ".yaml" && path.Base(name) != "lesson.md" || schema(t, kind) == nil {
				return nil
			}
			data, err := fs.ReadFile(root, name)
			if err != nil {
				return err
			}
			seen[kind]++
			if kind == "lesson" {
				_, rest, _ := strings.Cut(string(data), "---\n")
				front, _, _ := strings.Cut(rest, "\n---\n")
				data = []byte(front)
			}
			if err := compiled(t, kind).Validate(instance(t, data)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 5 || seen["exercise"] < 20 {
		t.Errorf("it looked at %v", seen)
	}
}

// TestSchemasMatchParsers asks the parsers which keys they allow, at every place
// where a schema lists keys: whoever gives a parser another key gives it to the
// schema as well. With -update keys are added, with any value; say more of them by
// hand.
func TestSchemasMatchParsers(t *testing.T) {
	t.Parallel()
	for kind, allowed := range map[string]func(t *testing.T, tree any) problem.List{
		"course": func(t *testing.T, tree any) problem.List { return loadProblems(t, "c/course.yaml", text(t, tree)) },
		"lesson": func(t *testing.T, tree any) problem.List {
			return loadProblems(t, "c/01-a/lesson.md", "---\n"+text(t, tree)+"---\n\nText.\n")
		},
		"solution": func(t *testing.T, tree any) problem.List {
			return loadProblems(t, "c/01-a/solutions/bad-x/solution.yaml", text(t, tree))
		},
		"compose": func(t *testing.T, tree any) problem.List {
			_, problems := compose.Parse(fstest.MapFS{"compose.yaml": {Data: []byte(text(t, tree))}}, "compose.yaml", "c/01-a", []string{"shell"})
			return problems
		},
		"exercise": func(t *testing.T, tree any) problem.List {
			_, problems := check.Parse(fstest.MapFS{"exercise.yaml": {Data: []byte(text(t, tree))}}, "exercise.yaml", sandbox.Topology{Nodes: []sandbox.Node{{Name: "a"}}})
			return problems
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := &schemaWalk{t: t, root: schema(t, kind), ask: allowed}
			w.visit(w.root, nil, "")
			if *update {
				w.save(kind)
				return
			}
			if w.places == 0 {
				t.Error("it compared nothing")
			}
		})
	}
}

// schemaWalk goes through a schema and compares its keys with a parser's.
type schemaWalk struct {
	t      *testing.T
	root   map[string]any
	ask    func(*testing.T, any) problem.List
	path   []string // Names of the $defs on the way, against circles.
	places int
}

const unknown = "zzz"

// visit compares a part of the schema. wrap makes a whole document of a value for
// it; nil for the root.
func (w *schemaWalk) visit(part any, wrap func(any) any, place string) {
	node, ok := part.(map[string]any)
	if !ok {
		return
	}
	if wrap == nil {
		wrap = func(v any) any { return v }
	}
	if to, ok := node["$ref"].(string); ok {
		if slices.Contains(w.path, to) || strings.Count(place, ".") > 8 {
			return
		}
		w.path = append(w.path, to)
		w.visit(w.resolve(to), wrap, place)
		w.path = w.path[:len(w.path)-1]
		return
	}
	for _, choice := range list(node["anyOf"]) {
		w.visit(choice, wrap, place)
	}
	if items, ok := node["items"]; ok {
		w.visit(items, func(v any) any { return wrap([]any{v}) }, place+"[]")
	}
	properties, _ := node["properties"].(map[string]any)
	if node["additionalProperties"] == false {
		w.compare(properties, wrap, place)
	} else if extra, ok := node["additionalProperties"].(map[string]any); ok {
		w.visit(extra, func(v any) any { return wrap(map[string]any{"en": v}) }, place+".*")
	}
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		w.visit(properties[key], func(v any) any { return wrap(map[string]any{key: v}) }, place+"."+key)
	}
}

func (w *schemaWalk) resolve(to string) any {
	var at any = w.root
	for step := range strings.SplitSeq(strings.TrimPrefix(to, "#/"), "/") {
		switch in := at.(type) {
		case map[string]any:
			at = in[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil {
				w.t.Fatal(err)
			}
			at = in[i]
		}
	}
	return at
}

// compare puts a key that nobody knows into the place.
func (w *schemaWalk) compare(properties map[string]any, wrap func(any) any, place string) {
	w.t.Helper()
	keys := slices.Sorted(maps.Keys(properties))
	documents := []any{wrap(map[string]any{unknown: 1})}
	if strings.Contains(place, ".expect") && !strings.Contains(place, "cases") && !strings.Contains(place, "table") {
		documents = w.expectations(wrap)
	}
	allowed := map[string]bool{}
	for _, document := range documents {
		for _, p := range w.ask(w.t, document) {
			if p.Code == "unknown-key" && strings.Contains(p.Found, unknown) {
				_, names, _ := strings.Cut(strings.Replace(p.Allowed, "allowed are ", "allowed: ", 1), "allowed: ")
				for name := range strings.SplitSeq(names, ", ") {
					allowed[strings.TrimSuffix(name, "x-*")] = true
				}
			}
		}
	}
	delete(allowed, "")
	if len(allowed) == 0 {
		w.t.Errorf("%s: the parser did not say which keys it allows", place)
		return
	}
	if strings.Contains(place, ".until.") { // What waits for a state does not wait for a time as well.
		keys = slices.DeleteFunc(keys, func(key string) bool { return key == "after" && !allowed[key] })
	}
	w.places++
	if *update {
		for key := range allowed {
			if _, ok := properties[key]; !ok {
				properties[key] = true
			}
		}
		return
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(allowed)), keys); diff != "" {
		w.t.Errorf("cmd/pattarai/schema, at %s (-parser +schema), see -update:\n%s", place, diff)
	}
}

// save writes the schema with the keys that were added.
func (w *schemaWalk) save(kind string) {
	data, err := json.MarshalIndent(w.root, "", "  ")
	if err == nil {
		err = os.WriteFile("schema/"+kind+".json", append(data, '\n'), 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// expectations are documents in which every kind of probe expects something
// unknown: each allows other keys.
func (w *schemaWalk) expectations(wrap func(any) any) []any {
	var out []any
	step := w.resolve("#/$defs/until").(map[string]any)["properties"].(map[string]any)
	for kind := range step {
		if kind == "expect" || kind == "within" {
			continue
		}
		document := wrap(map[string]any{unknown: 1})
		addBeside(document, "expect", kind)
		out = append(out, document)
	}
	return out
}

// addBeside gives every map that has key an empty probe of a kind.
func addBeside(tree any, key, kind string) {
	switch in := tree.(type) {
	case []any:
		for _, v := range in {
			addBeside(v, key, kind)
		}
	case map[string]any:
		for _, v := range in {
			addBeside(v, key, kind)
		}
		if _, ok := in[key]; ok {
			in[kind] = map[string]any{}
		}
	}
}

func list(v any) []any { l, _ := v.([]any); return l }

func loadProblems(t *testing.T, name, data string) problem.List {
	t.Helper()
	root := fstest.MapFS{"c/course.yaml": {Data: []byte("title: C\nlanguages: [en]\n")}, "c/01-a/lesson.md": {Data: []byte("---\ntitle: T\n---\n\nText.\n")}}
	root[name] = &fstest.MapFile{Data: []byte(data)}
	loaded, err := lessons.Load(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Problems
}

func text(t *testing.T, tree any) string {
	t.Helper()
	out, err := yaml.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func schema(t *testing.T, kind string) map[string]any {
	t.Helper()
	data, err := schemaFiles.ReadFile("schema/" + kind + ".json")
	if err != nil {
		return nil
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func compiled(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(kind, any(schema(t, kind))); err != nil {
		t.Fatal(err)
	}
	out, err := compiler.Compile(kind)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// instance is YAML as JSON has it.
func instance(t *testing.T, data []byte) any {
	t.Helper()
	var tree any
	if err := yaml.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	out, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
