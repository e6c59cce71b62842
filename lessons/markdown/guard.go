package markdown

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"pattarai/lessons/problem"
)

// The bounds that are looked at before parsing, because a parser builds the whole
// tree before anything can be counted.
const (
	maxNesting = 40     // Quotes and lists within each other on one line.
	maxCells   = 20_000 // Columns times rows of all tables: short rows are filled up.
	maxLine    = 16 << 10
)

var (
	containers   = regexp.MustCompile(`^[ \t]*(?:(?:>|[-*+]|\d{1,9}[.)])[ \t]*)*`)
	marker       = regexp.MustCompile(`>|[-*+][ \t]|\d[.)][ \t]`)
	delimiterRow = regexp.MustCompile(`^[-|: \t]*\|[-|: \t]*$`)
)

// normalise makes line ends LF and drops a byte order mark.
func normalise(source []byte) []byte {
	source = bytes.TrimPrefix(source, []byte("\uFEFF"))
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(source, []byte("\r"), []byte("\n"))
}

// guard refuses what must not reach the parser.
func guard(in Input) problem.List {
	g := guarded{in: in}
	if len(in.Source) > MaxSource {
		g.report(0, 0, "too-large", fmt.Sprintf("the text has %d bytes", len(in.Source)),
			fmt.Sprintf("at most %d", MaxSource), "split the lesson in two")
		return g.problems
	}
	lines := strings.Split(string(in.Source), "\n")
	cells := 0
	for i, line := range lines {
		g.characters(i, line)
		g.nesting(i, line)
		if cells += tableCells(lines, i); cells > maxCells {
			g.report(i, 0, "table-too-large", "output too large: with its columns and rows the table has too many cells",
				fmt.Sprintf("at most %d cells in all tables of a lesson", maxCells), "show a part of the table")
			return g.problems
		}
		if len(g.problems) >= 20 { // More of the same helps nobody.
			break
		}
	}
	return g.problems
}

type guarded struct {
	in       Input
	problems problem.List
}

func (g *guarded) report(index, col int, code, found, allowed, fix string) {
	g.problems = append(g.problems, problem.Problem{File: g.in.File, Line: g.in.Line + index, Col: col,
		Code: code, Severity: problem.Error, Found: found, Allowed: allowed, Fix: fix})
}

func (g *guarded) characters(index int, line string) {
	for i, r := range line {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(line[i:]); size == 1 {
				g.report(index, i+1, "not-utf8", fmt.Sprintf("byte 0x%02x is not UTF-8", line[i]), "a lesson is UTF-8 text", "save the file as UTF-8")
				return
			}
		}
		if r < ' ' && r != '\t' || r == 0x7f {
			g.report(index, i+1, "control-character", fmt.Sprintf("control character U+%04X", r), "only tabs and line ends are allowed", "remove it")
			return
		}
	}
}

func (g *guarded) nesting(index int, line string) {
	if len(line) > maxLine {
		g.report(index, 0, "line-too-long", fmt.Sprintf("a line of %d bytes", len(line)), fmt.Sprintf("at most %d", maxLine), "break the line")
	}
	prefix := containers.FindString(line)
	if n := len(marker.FindAllStringIndex(prefix, -1)); n > maxNesting {
		g.report(index, 0, "too-deep", fmt.Sprintf("quotes and lists are nested %d deep", n), fmt.Sprintf("at most %d", maxNesting), "flatten the list")
	}
}

// tableCells bounds the cells of a table whose delimiter row is lines[at].
func tableCells(lines []string, at int) int {
	line := lines[at]
	if !strings.Contains(line, "|") || !delimiterRow.MatchString(line[len(strings.TrimRight(containers.FindString(line), "-: \t")):]) {
		return 0
	}
	rows := 2
	for _, next := range lines[at+1:] {
		if strings.TrimSpace(next) == "" {
			break
		}
		rows++
	}
	return rows * (strings.Count(line, "|") + 1)
}
