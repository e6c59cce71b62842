package check

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"pattarai/sandbox/internal/yamldoc"
)

// textWant is what a text (output, file, body, header) is expected to be.
type textWant struct {
	name     string // How the text is called in a sentence.
	exact    bool   // A final line end counts.
	equals   *string
	contains []string
	not      []string
	matches  []*regexp.Regexp
	lines    *bound
	number   *numberWant
}

// numberWant is a number inside a text.
type numberWant struct {
	re    *regexp.Regexp // With one group round the number.
	bound bound
}

func textKeys() []string { return []string{"equals", "contains", "not", "matches", "lines", "number"} }

// textExpectation reads a text, meaning exactly that, or a map.
func textExpectation(v yamldoc.Value, name string) textWant {
	w := textWant{name: name}
	if !v.IsMap() {
		if text, ok := v.Scalar(); ok {
			w.equals = &text
		}
		return w
	}
	m, ok := v.Map(textKeys()...)
	if ok && len(m.Entries) == 0 {
		m.Problem("empty", "an empty map", "at least one of "+strings.Join(textKeys(), ", "), "add one of them")
	}
	w.read(m)
	return w
}

// read takes the text's keys from a map that may hold others too.
func (w *textWant) read(m yamldoc.Map) {
	optional(m, "equals", func(v yamldoc.Value) {
		if text, ok := v.Scalar(); ok {
			w.equals = &text
		}
	})
	optional(m, "contains", func(v yamldoc.Value) { w.contains, _ = v.Texts() })
	optional(m, "not", func(v yamldoc.Value) { w.not, _ = v.Texts() })
	optional(m, "matches", func(v yamldoc.Value) {
		for _, item := range v.OneOrMore() {
			if re, ok := item.Regexp(); ok {
				w.matches = append(w.matches, re)
			}
		}
	})
	optional(m, "lines", func(v yamldoc.Value) {
		if b, ok := numberBound(v); ok {
			w.lines = &b
		}
	})
	optional(m, "number", func(v yamldoc.Value) { w.number = numberExpectation(v) })
}

func numberExpectation(v yamldoc.Value) *numberWant {
	m, ok := v.Map(append([]string{"matches"}, boundKeys()...)...)
	if !ok {
		return nil
	}
	matches, ok := m.Require("matches", "add \"matches: 'Uptime_sec: (\\d+)'\"")
	if !ok {
		return nil
	}
	re, ok := group(matches)
	b, fine := bounds(m, number, func(v yamldoc.Value) (float64, bool) { return v.Number(math.Inf(-1), math.Inf(1)) })
	if !ok || !fine {
		return nil
	}
	return &numberWant{re, b}
}

// claims tells whether anything is expected of the text.
func (w textWant) claims() bool {
	return w.equals != nil || w.lines != nil || w.number != nil || len(w.contains)+len(w.not)+len(w.matches) > 0
}

// words are the claims, each as a sentence.
func (w textWant) words() []string {
	var out []string
	if w.equals != nil {
		out = append(out, say(msgTextIs, w.name, quote(*w.equals)))
	}
	for _, text := range w.contains {
		out = append(out, say(msgTextContains, w.name, quote(text)))
	}
	for _, text := range w.not {
		out = append(out, say(msgTextNot, w.name, quote(text)))
	}
	for _, re := range w.matches {
		out = append(out, say(msgTextMatches, w.name, re))
	}
	if w.lines != nil {
		out = append(out, say(msgTextLines, w.name, *w.lines))
	}
	if w.number != nil {
		out = append(out, say(msgNumber, w.number.re, w.number.bound))
	}
	return out
}

// unmet are the claims that text does not fulfil, each as a sentence.
func (w textWant) unmet(text string) []string {
	var out []string
	if w.equals != nil && !w.same(text, *w.equals) {
		out = append(out, say(msgTextIsNot, w.name, quote(*w.equals), quote(text)))
	}
	for _, part := range w.contains {
		if !strings.Contains(text, part) {
			out = append(out, say(msgTextLacks, w.name, quote(part)))
		}
	}
	for _, part := range w.not {
		if at := strings.Index(text, part); at >= 0 {
			out = append(out, say(msgTextHas, w.name, quote(part), quote(lineAt(text, at))))
		}
	}
	for _, re := range w.matches {
		if !re.MatchString(text) {
			out = append(out, say(msgTextMatchesNot, w.name, re))
		}
	}
	if n := countLines(text); w.lines != nil && !w.lines.holds(float64(n)) {
		out = append(out, say(msgTextLinesOff, w.name, n, *w.lines))
	}
	if w.number != nil {
		out = append(out, w.number.unmet(w.name, text)...)
	}
	return out
}

// same compares whole texts; a final line end counts only where it was meant to.
func (w textWant) same(a, b string) bool {
	if w.exact {
		return a == b
	}
	return strings.TrimSuffix(a, "\n") == strings.TrimSuffix(b, "\n")
}

func (n numberWant) unmet(name, text string) []string {
	m := n.re.FindStringSubmatch(text)
	if m == nil {
		return []string{say(msgNumberNone, name, n.re)}
	}
	f, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return []string{say(msgNumberNone, name, n.re)}
	}
	if !n.bound.holds(f) {
		return []string{say(msgNumberOff, n.re, m[1], n.bound)}
	}
	return nil
}

// lineAt is the line of text that position at is in.
func lineAt(text string, at int) string {
	start := strings.LastIndexByte(text[:at], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	return line
}

// countLines counts lines; a last one without a line end counts too.
func countLines(text string) int {
	if text == "" {
		return 0
	}
	return strings.Count(strings.TrimSuffix(text, "\n"), "\n") + 1
}
