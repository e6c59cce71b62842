// Package problem holds the one shape in which everything that reads what an
// author wrote (lessons, quizzes, topologies, checks) says what is wrong with it.
//
// A problem always answers four questions: where, what was found, what is
// allowed, and one thing to do about it.
package problem

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity tells whether a problem stops its lesson from loading.
type Severity string

// The two severities. An [Error] stops the lesson, a [Warning] does not.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Problem is one finding at one place of an authored file.
type Problem struct {
	File     string   `json:"file"`              // Slash-separated, relative to the content root.
	Line     int      `json:"line"`              // From 1; 0 when the problem has no line (a missing file).
	Col      int      `json:"col"`               // From 1, in bytes; 0 when it concerns the whole line.
	Code     string   `json:"code"`              // Stable kebab-case name, for example "unknown-key".
	Severity Severity `json:"severity"`          // Error unless said otherwise.
	Found    string   `json:"found"`             // What was found, quoted where it helps.
	Allowed  string   `json:"allowed,omitempty"` // What is allowed here.
	Fix      string   `json:"fix,omitempty"`     // One thing to do, in the imperative.
}

// String is the one-line form, "file:line:col: found; allowed; fix [code]".
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
		if p.Col > 0 {
			fmt.Fprintf(&b, ":%d", p.Col)
		}
	}
	b.WriteString(": ")
	if p.Severity == Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Found)
	if p.Allowed != "" {
		b.WriteString("; " + p.Allowed)
	}
	if p.Fix != "" {
		b.WriteString("; " + p.Fix)
	}
	if p.Code != "" {
		b.WriteString(" [" + p.Code + "]")
	}
	return b.String()
}

// List is a set of problems. Its order is the order they were found in until [List.Sort].
type List []Problem

// HasErrors tells whether any problem stops the lesson.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(p Problem) bool { return p.Severity != Warning })
}

// Sort orders the list by file, line, column and code.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Col, b.Col), cmp.Compare(a.Code, b.Code))
	})
}

// Nearest returns the word of allowed that is closest to got by edit distance,
// or "" when none is close enough to be what the author meant.
func Nearest(got string, allowed []string) string {
	best, bestDistance := "", len(got)/2+2
	for _, word := range allowed {
		if d := distance(strings.ToLower(got), strings.ToLower(word)); d < bestDistance {
			best, bestDistance = word, d
		}
	}
	return best
}

// distance is the Levenshtein distance of a and b in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			substitute := diagonal
			if a[i-1] != b[j-1] {
				substitute++
			}
			diagonal = row[j]
			row[j] = min(row[j]+1, row[j-1]+1, substitute)
		}
	}
	return row[len(b)]
}
