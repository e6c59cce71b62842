package markdown

import (
	"sort"
	"strings"

	"pattarai/lessons/problem"
)

// places finds line and column of an offset.
type places struct {
	starts []int // Offset of each line.
	first  int   // Line of the file on which the source begins.
}

func newPlaces(source []byte, first int) places {
	starts := []int{0}
	for i, c := range source {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return places{starts: starts, first: first}
}

// at returns line and column, both from 1; the column counts bytes.
func (p places) at(offset int) (line, col int) {
	if offset < 0 {
		return 0, 0
	}
	i := sort.SearchInts(p.starts, offset+1) - 1
	return p.first + i, offset - p.starts[i] + 1
}

// problem reports an error at a line.
func (b *builder) problem(line int, code, found, allowed, fix string) {
	b.report(problem.Problem{Line: line, Code: code, Severity: problem.Error, Found: found, Allowed: allowed, Fix: fix})
}

// problemAt reports an error at an offset of the source.
func (b *builder) problemAt(offset int, code, found, allowed, fix string) {
	line, col := b.places.at(offset)
	b.report(problem.Problem{Line: line, Col: col, Code: code, Severity: problem.Error, Found: found, Allowed: allowed, Fix: fix})
}

// warning reports what does not stop the lesson.
func (b *builder) warning(line int, code, found, allowed, fix string) {
	b.report(problem.Problem{Line: line, Code: code, Severity: problem.Warning, Found: found, Allowed: allowed, Fix: fix})
}

func (b *builder) report(p problem.Problem) {
	if p.Line < 0 {
		p.Line = 0
	}
	p.File = b.in.File
	b.problems = append(b.problems, p)
}

func clip(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// lastFrame is the place in this module where a panic passed, from a stack text.
func lastFrame(stack string) string {
	_, after, _ := strings.Cut(stack, "panic(")
	for line := range strings.SplitSeq(after, "\n") {
		if _, place, ok := strings.Cut(line, "/lessons/markdown/"); ok {
			place, _, _ = strings.Cut(place, " ")
			return place
		}
	}
	return "unknown place"
}
