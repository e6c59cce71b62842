package lessons

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"pattarai/lessons/problem"
)

// The bounds of YAML that authors write.
const (
	maxYAML    = 64 << 10
	maxDepth   = 50
	maxTitle   = 200
	maxSummary = 500
)

// sheet reads a small YAML mapping with strict keys and remembers what is wrong.
type sheet struct {
	file     string
	offset   int // Lines of the file before the YAML.
	root     *yaml.Node
	keys     map[string]*yaml.Node // Values by key.
	broken   bool                  // It could not be read: nothing is said of missing keys.
	problems problem.List
}

// newSheet parses source, which begins after offset lines of file, and allows
// only the given keys.
func newSheet(file string, source []byte, offset int, allowed ...string) *sheet {
	s := &sheet{file: file, offset: offset, keys: map[string]*yaml.Node{}}
	if len(source) > maxYAML {
		s.problem(nil, "yaml-size", fmt.Sprintf("%d bytes of YAML", len(source)), fmt.Sprintf("at most %d", maxYAML), "shorten it")
		s.broken = true
		return s
	}
	if !s.characters(source) || !s.depth(source) || !s.parse(source) {
		s.broken = true
		return s
	}
	s.mapping(allowed)
	return s
}

func (s *sheet) problem(at *yaml.Node, code, found, allowed, fix string) {
	p := problem.Problem{File: s.file, Line: s.offset + 1, Code: code, Severity: problem.Error, Found: found, Allowed: allowed, Fix: fix}
	if at != nil {
		p.Line, p.Col = s.offset+at.Line, at.Column
	}
	s.problems = append(s.problems, p)
}

// characters refuses control characters, whose place a YAML parser does not tell.
func (s *sheet) characters(source []byte) bool {
	for i, line := range strings.Split(string(source), "\n") {
		for j, r := range line {
			if r < ' ' && r != '\t' && r != '\r' || r == 0x7f || r == 0xFFFD {
				s.problem(&yaml.Node{Line: i + 1, Column: j + 1}, "control-character",
					fmt.Sprintf("control character U+%04X", r), "only tabs and line ends are allowed", "remove it")
				return false
			}
		}
	}
	return true
}

// depth refuses deep nesting before the parser recurses into it.
func (s *sheet) depth(source []byte) bool {
	for i, line := range strings.Split(string(source), "\n") {
		if strings.Count(line, "[")+strings.Count(line, "{") > maxDepth || strings.Count(line, "- -") > maxDepth/2 {
			s.problem(&yaml.Node{Line: i + 1, Column: 1}, "too-deep", "too deep: brackets within brackets", fmt.Sprintf("at most %d", maxDepth), "flatten it")
			return false
		}
	}
	return true
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

func (s *sheet) parse(source []byte) bool {
	decoder := yaml.NewDecoder(strings.NewReader(string(source)))
	var doc, second yaml.Node
	if err := decoder.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		s.syntax(err)
		return false
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		s.problem(&yaml.Node{Line: second.Line, Column: 1}, "two-documents", fmt.Sprintf("a second YAML document starts at line %d", s.offset+second.Line), "only one", "remove the --- between them")
		return false
	case !errors.Is(err, io.EOF):
		s.syntax(err)
		return false
	}
	if len(doc.Content) == 0 {
		return true
	}
	s.root = doc.Content[0]
	return true
}

func (s *sheet) syntax(err error) {
	m := yamlLine.FindStringSubmatch(err.Error())
	at, text := &yaml.Node{Line: 1}, err.Error()
	if m != nil {
		text = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			at.Line = n
		}
	}
	s.problem(at, "yaml-syntax", "the YAML cannot be read: "+text, "key: value lines", "check indentation, colons and quotes; quote a text that contains ': '")
}

// mapping indexes the keys and reports unknown and repeated ones.
func (s *sheet) mapping(allowed []string) {
	if s.root == nil {
		return
	}
	if s.root.Kind != yaml.MappingNode {
		s.problem(s.root, "yaml-form", "found "+describe(s.root), "key: value lines are expected", "write title: …")
		s.broken = true
		return
	}
	if s.strict(s.root); s.problems.HasErrors() {
		s.broken = true
		return
	}
	first := map[string]*yaml.Node{}
	for i := 0; i+1 < len(s.root.Content); i += 2 {
		key, value := s.root.Content[i], s.root.Content[i+1]
		switch earlier, twice := first[key.Value]; {
		case twice:
			s.problem(key, "duplicate-key", fmt.Sprintf("key %q is written twice, at line %d and at line %d", clip(key.Value), s.offset+earlier.Line, s.offset+key.Line), "", "remove one")
		case !slices.Contains(allowed, key.Value):
			fix := "remove it"
			if near := problem.Nearest(key.Value, allowed); near != "" {
				fix = "did you mean " + near + "?"
			}
			s.problem(key, "unknown-key", fmt.Sprintf("unknown key %q", clip(key.Value)), "allowed are "+strings.Join(allowed, ", "), fix)
		default:
			s.keys[key.Value] = value
		}
		first[key.Value] = key
	}
}

// strict refuses what YAML can do and a lesson does not need.
func (s *sheet) strict(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		s.problem(n, "yaml-anchor", "an anchor or alias", "not allowed", "write the value out")
		return
	case n.Style&yaml.TaggedStyle != 0:
		s.problem(n, "yaml-tag", "the tag "+clip(n.Tag), "custom tags are not allowed", "remove the tag")
		return
	}
	for _, child := range n.Content {
		s.strict(child)
	}
}

// text is a text of at most most characters; "" when it is missing.
func (s *sheet) text(key string, required bool, most int) string {
	n, ok := s.keys[key]
	if !ok {
		if required && !s.broken {
			s.problem(s.root, "missing-key", "there is no "+key, key+" is needed", fmt.Sprintf("write %s: …", key))
		}
		return ""
	}
	return s.textNode(n, key, required, most)
}

func (s *sheet) textNode(n *yaml.Node, key string, required bool, most int) string {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		fix := "quote it"
		if n.Kind == yaml.ScalarNode && n.Tag == "!!float" {
			fix = fmt.Sprintf("quote it: %q", n.Value)
		} else if n.Kind != yaml.ScalarNode {
			fix = "write one line of text"
		}
		if n.Tag == "!!null" && !required {
			fix = "remove the key"
		}
		s.problem(n, "not-text", fmt.Sprintf("%s: text expected, %s found", key, describe(n)), "", fix)
		return ""
	}
	value := strings.TrimSpace(n.Value)
	switch count := len([]rune(value)); {
	case count > most:
		s.problem(n, "too-long", fmt.Sprintf("%s has %d characters", key, count), fmt.Sprintf("at most %d", most), "shorten it")
	case value == "" && required:
		s.problem(n, "empty", key+" is empty", "", "write it")
	case yamlBool(n):
		s.problem(n, "not-text", fmt.Sprintf("%s: text expected, %q is a yes-or-no word in YAML", key, value), "", "quote it")
	}
	return value
}

// yamlBool tells of the words that older YAML readers take for true and false.
func yamlBool(n *yaml.Node) bool {
	return n.Style == 0 && slices.Contains([]string{"yes", "no", "on", "off", "y", "n"}, strings.ToLower(n.Value))
}

// number is a whole number within least and most; fallback when it is missing.
func (s *sheet) number(key string, least, most, fallback int) int {
	n, ok := s.keys[key]
	if !ok {
		return fallback
	}
	value, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil || value < least || value > most {
		s.problem(n, "not-a-number", fmt.Sprintf("%s: %s found", key, describe(n)), fmt.Sprintf("a whole number from %d to %d", least, most), fmt.Sprintf("write %s: %d", key, max(least, min(most, 20))))
		return fallback
	}
	return value
}

// list is a list of texts.
func (s *sheet) list(key string, most int) []*yaml.Node {
	n, ok := s.keys[key]
	if !ok {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		s.problem(n, "not-a-list", fmt.Sprintf("%s: list expected, %s found", key, describe(n)), "", fmt.Sprintf("write %s: [%s]", key, clip(n.Value)))
		return nil
	}
	if len(n.Content) > most {
		s.problem(n, "too-many", fmt.Sprintf("%s has %d entries", key, len(n.Content)), fmt.Sprintf("at most %d", most), "remove some")
		return nil
	}
	var out []*yaml.Node
	seen := map[string]bool{}
	for _, entry := range n.Content {
		if s.textNode(entry, "an entry of "+key, true, maxTitle) == "" {
			continue
		}
		if seen[entry.Value] {
			s.problem(entry, "twice", fmt.Sprintf("%s has %q twice", key, clip(entry.Value)), "", "remove one")
			continue
		}
		seen[entry.Value] = true
		out = append(out, entry)
	}
	return out
}

func values(nodes []*yaml.Node) []string {
	var out []string
	for _, n := range nodes {
		out = append(out, strings.TrimSpace(n.Value))
	}
	return out
}

// oneOf is one of the allowed words; fallback when it is missing.
func (s *sheet) oneOf(key, fallback string, allowed ...string) string {
	n, ok := s.keys[key]
	if !ok {
		return fallback
	}
	if n.Kind == yaml.ScalarNode && slices.Contains(allowed, n.Value) {
		return n.Value
	}
	fix := fmt.Sprintf("write %s: %s", key, allowed[0])
	if near := problem.Nearest(n.Value, allowed); near != "" {
		fix = "did you mean " + near + "?"
	}
	s.problem(n, "not-allowed", fmt.Sprintf("%s: %s", key, describe(n)), "allowed are "+strings.Join(allowed, ", "), fix)
	return fallback
}

// describe says what a node is, as an author would call it.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		return describeScalar(n)
	}
}

func describeScalar(n *yaml.Node) string {
	words := map[string]string{"!!int": "number ", "!!float": "number ", "!!bool": "yes-or-no value ", "!!null": "nothing", "!!timestamp": "date ", "!!str": "text "}
	if n.Tag == "!!null" {
		return words[n.Tag]
	}
	if n.Tag == "!!str" {
		return strconv.Quote(clip(n.Value))
	}
	return words[n.Tag] + clip(n.Value)
}

func clip(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
