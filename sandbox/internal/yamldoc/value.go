package yamldoc

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"pattarai/lessons/problem"
)

// Value is a value of the tree. Its reading methods report what does not fit and
// then return false; the zero Value (an absent key) reads as absent.
type Value struct {
	doc  *Doc
	node *yaml.Node
}

// Present tells whether there is a value at all.
func (v Value) Present() bool { return v.node != nil }

// Line is where the value begins, from 1; 0 for an absent value.
func (v Value) Line() int {
	if v.node == nil {
		return 0
	}
	return v.node.Line
}

// Problem notes an error at the value.
func (v Value) Problem(code, found, allowed, fix string) {
	v.doc.addNode(v.node, code, found, allowed, fix)
}

// Warn notes a warning at the value.
func (v Value) Warn(code, found, allowed, fix string) {
	v.Problem(code, found, allowed, fix)
	v.doc.Problems[len(v.doc.Problems)-1].Severity = problem.Warning
}

// IsMap tells whether the value is a map.
func (v Value) IsMap() bool { return v.node != nil && v.node.Kind == yaml.MappingNode }

// IsList tells whether the value is a list.
func (v Value) IsList() bool { return v.node != nil && v.node.Kind == yaml.SequenceNode }

// IsNull tells whether the value was left empty.
func (v Value) IsNull() bool { return v.node != nil && v.node.ShortTag() == "!!null" }

// IsNumber tells whether the value is a number.
func (v Value) IsNumber() bool {
	return v.node != nil && (v.node.ShortTag() == "!!int" || v.node.ShortTag() == "!!float")
}

// IsBool tells whether the value is true or false.
func (v Value) IsBool() bool { return v.node != nil && v.node.ShortTag() == "!!bool" }

// Plain is the value as JSON knows values: nil, bool, [json.Number], string, []any
// or map[string]any. Numbers that JSON does not know are reported.
func (v Value) Plain() any {
	switch {
	case v.IsNull() || !v.Present():
		return nil
	case v.IsBool():
		return v.node.Value == "true" || v.node.Value == "True" || v.node.Value == "TRUE"
	case v.IsNumber():
		return v.plainNumber()
	case v.IsList():
		items, _ := v.List()
		out := make([]any, len(items))
		for i, item := range items {
			out[i] = item.Plain()
		}
		return out
	case v.IsMap():
		m, _ := v.AnyMap()
		out := map[string]any{}
		for _, e := range m.Entries {
			out[e.Name()] = e.Value.Plain()
		}
		return out
	}
	return v.node.Value
}

// plainNumber is a number as JSON writes it.
func (v Value) plainNumber() any {
	var n any
	if err := v.node.Decode(&n); err == nil {
		if raw, err := json.Marshal(n); err == nil {
			return json.Number(raw)
		}
	}
	v.wrong("a number", "write it with digits, or as text in quotes")
	return json.Number("0")
}

// Words names what the value is, for a sentence: "a list", "the number 3".
func (v Value) Words() string {
	switch {
	case v.IsMap():
		return "a map"
	case v.IsList():
		return "a list"
	case v.IsNull():
		return "nothing"
	}
	switch v.node.ShortTag() {
	case "!!int", "!!float":
		return "the number " + v.node.Value
	case "!!bool":
		return v.node.Value + " (a yes/no value)"
	case "!!timestamp":
		return "the date " + v.node.Value
	}
	return strconv.Quote(Shorten(v.node.Value))
}

// Shorten cuts text for quoting in a sentence.
func Shorten(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// wrong reports that the value is not what was expected.
func (v Value) wrong(expected, fix string) {
	v.Problem("wrong-type", v.Words()+" found", expected+" is expected", fix)
}

// Suggest is the fix for a word that is not among the allowed ones.
func Suggest(got string, allowed []string) string {
	if near := problem.Nearest(got, allowed); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "choose one of these"
}

// List reads a list.
func (v Value) List() ([]Value, bool) {
	if !v.IsList() {
		v.wrong("a list", "write it as [a, b] or with lines beginning with \"- \"")
		return nil, false
	}
	items := make([]Value, len(v.node.Content))
	for i, n := range v.node.Content {
		items[i] = Value{v.doc, n}
	}
	return items, true
}

// OneOrMore reads a list, or a single value as a list of one.
func (v Value) OneOrMore() []Value {
	if items, ok := v.asList(); ok {
		return items
	}
	return []Value{v}
}

func (v Value) asList() ([]Value, bool) {
	if !v.IsList() {
		return nil, false
	}
	return v.List()
}

// Texts reads a text, or a list of texts.
func (v Value) Texts() ([]string, bool) {
	var texts []string
	all := true
	for _, item := range v.OneOrMore() {
		text, ok := item.Text()
		all = all && ok
		texts = append(texts, text)
	}
	return texts, all
}

// Canonical renders the value without comments, order of keys or style, for hashing.
func (v Value) Canonical() string {
	var b strings.Builder
	canonical(&b, v.node)
	return b.String()
}

func canonical(b *strings.Builder, n *yaml.Node) {
	switch {
	case n == nil:
	case n.Kind == yaml.MappingNode:
		var parts []string
		for i := 0; i+1 < len(n.Content); i += 2 {
			var p strings.Builder
			p.WriteString(strconv.Quote(n.Content[i].Value) + ":")
			canonical(&p, n.Content[i+1])
			parts = append(parts, p.String())
		}
		slices.Sort(parts)
		b.WriteString("{" + strings.Join(parts, ",") + "}")
	case n.Kind == yaml.SequenceNode:
		b.WriteString("[")
		for _, c := range n.Content {
			canonical(b, c)
			b.WriteString(",")
		}
		b.WriteString("]")
	default:
		b.WriteString(n.ShortTag() + strconv.Quote(n.Value))
	}
}
