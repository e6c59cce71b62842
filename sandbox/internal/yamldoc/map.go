package yamldoc

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Map is a map of the tree, its entries in the author's order.
type Map struct {
	Value
	Entries []Entry
}

// Entry is a key and its value.
type Entry struct {
	Key   Value
	Value Value
}

// Name is the key's text.
func (e Entry) Name() string { return e.Key.Raw() }

// Map reads a map. Keys that are not known are reported, each with the nearest
// known one; with no known keys given, every key is allowed.
func (v Value) Map(known ...string) (Map, bool) {
	m, ok := v.AnyMap()
	if !ok || len(known) == 0 {
		return m, ok
	}
	for _, e := range m.Entries {
		if !slices.Contains(known, e.Name()) {
			e.Key.UnknownKey(known)
		}
	}
	return m, true
}

// AnyMap reads a map whose keys the caller checks.
func (v Value) AnyMap() (Map, bool) {
	if !v.IsMap() {
		v.wrong("a map", "write it as \"key: value\" lines")
		return Map{}, false
	}
	m := Map{Value: v}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		m.Entries = append(m.Entries, Entry{Value{v.doc, v.node.Content[i]}, Value{v.doc, v.node.Content[i+1]}})
	}
	return m, true
}

// UnknownKey reports the value, a key, as not being among the known ones.
func (v Value) UnknownKey(known []string) {
	v.Problem("unknown-key", fmt.Sprintf("unknown key %q", Shorten(v.Raw())),
		"allowed: "+strings.Join(known, ", "), Suggest(v.Raw(), known))
}

// Get returns the value of a key; the zero Value when it is absent.
func (m Map) Get(key string) Value {
	for _, e := range m.Entries {
		if e.Name() == key {
			return e.Value
		}
	}
	return Value{}
}

// Key returns the key itself, to report something about it.
func (m Map) Key(key string) Value {
	for _, e := range m.Entries {
		if e.Name() == key {
			return e.Key
		}
	}
	return Value{}
}

// Has tells whether the key is there.
func (m Map) Has(key string) bool { return m.Get(key).Present() }

// Require returns the value of a key and reports its absence.
func (m Map) Require(key, fix string) (Value, bool) {
	v := m.Get(key)
	if !v.Present() {
		m.Problem("missing-key", fmt.Sprintf("the key %q is missing", key), "", fix)
	}
	return v, v.Present()
}

// Walk visits every scalar of the value.
func (v Value) Walk(visit func(Value)) {
	if v.node == nil {
		return
	}
	if v.node.Kind == yaml.ScalarNode {
		visit(v)
		return
	}
	for _, n := range v.node.Content {
		Value{v.doc, n}.Walk(visit)
	}
}
