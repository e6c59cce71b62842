package yamldoc

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// expander copies a parsed document into a tree without aliases and merge keys.
type expander struct {
	doc    *Doc
	values int
	over   bool // A bound was passed and has been reported.
}

// expand returns a resolved copy of n, or nil when a bound was passed.
func (x *expander) expand(n *yaml.Node, depth int) *yaml.Node {
	x.values++
	if !x.within(n, depth) {
		return nil
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") || !knownTag(n.ShortTag()) {
		x.doc.addNode(n, "custom-tag", "the tag "+n.Tag, "custom tags are not allowed", "remove the tag")
		return nil
	}
	switch n.Kind {
	case yaml.AliasNode:
		return x.expand(n.Alias, depth+1)
	case yaml.MappingNode:
		return x.mapping(n, depth)
	case yaml.SequenceNode:
		return x.sequence(n, depth)
	default:
		return n
	}
}

// within checks the bounds and reports the first that is passed.
func (x *expander) within(n *yaml.Node, depth int) bool {
	switch {
	case x.over:
	case depth > MaxDepth:
		x.over = true
		x.doc.addNode(n, "too-deep", fmt.Sprintf("values nested more than %d deep", MaxDepth),
			fmt.Sprintf("at most %d levels are allowed", MaxDepth), "flatten the structure; an anchor must not contain itself")
	case x.values > MaxValues:
		x.over = true
		x.doc.addNode(n, "too-many-values", fmt.Sprintf("more than %d values, aliases followed", MaxValues),
			"", "write shorter lists, or use fewer aliases")
	}
	return !x.over
}

func knownTag(tag string) bool {
	switch tag {
	case "", "!!map", "!!seq", "!!str", "!!int", "!!float", "!!bool", "!!null", "!!merge", "!!timestamp":
		return true
	}
	return false
}

func (x *expander) sequence(n *yaml.Node, depth int) *yaml.Node {
	out := *n
	out.Content = make([]*yaml.Node, 0, len(n.Content))
	for _, item := range n.Content {
		c := x.expand(item, depth+1)
		if c == nil {
			return nil
		}
		out.Content = append(out.Content, c)
	}
	return &out
}

// mapping copies a map; keys of its own win over merged ones.
func (x *expander) mapping(n *yaml.Node, depth int) *yaml.Node {
	out := *n
	out.Content = nil
	seen := map[string]int{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.ShortTag() == "!!merge" {
			merges = append(merges, value)
			continue
		}
		if !x.key(key, seen) {
			continue
		}
		c := x.expand(value, depth+1)
		if c == nil {
			return nil
		}
		out.Content = append(out.Content, key, c)
	}
	for _, m := range merges {
		if !x.merge(&out, m, seen, depth) {
			return nil
		}
	}
	return &out
}

// key reports keys that are no text and keys written twice.
func (x *expander) key(key *yaml.Node, seen map[string]int) bool {
	if key.Kind != yaml.ScalarNode {
		x.doc.addNode(key, "key-type", "a key that is not plain text", "keys are words", "write the key as a word")
		return false
	}
	if line, twice := seen[key.Value]; twice {
		x.doc.addNode(key, "duplicate-key", fmt.Sprintf("the key %q is written twice, first at line %d", key.Value, line),
			"a key may stand once", "remove one of the two")
		return false
	}
	seen[key.Value] = key.Line
	return true
}

// merge adds the entries of a merge key's value to out.
func (x *expander) merge(out, value *yaml.Node, seen map[string]int, depth int) bool {
	c := x.expand(value, depth+1)
	if c == nil {
		return false
	}
	sources := []*yaml.Node{c}
	if c.Kind == yaml.SequenceNode {
		sources = c.Content
	}
	for _, s := range sources {
		if s.Kind != yaml.MappingNode {
			x.doc.addNode(value, "merge", "a merge key \"<<\" without a map", "\"<<\" takes an alias of a map", "write \"<<: *name\"")
			return true
		}
		for i := 0; i+1 < len(s.Content); i += 2 {
			if _, own := seen[s.Content[i].Value]; !own {
				seen[s.Content[i].Value] = s.Content[i].Line
				out.Content = append(out.Content, s.Content[i], s.Content[i+1])
			}
		}
	}
	return true
}
