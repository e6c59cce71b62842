package check

import "strings"

const maxDiffLines = 200

// diff shows how got differs from want, line by line: "-" lines were due, "+"
// lines came. Blanks and line ends are made visible where only they differ.
func diff(want, got string) string {
	a, b := splitLines(want), splitLines(got)
	cut := len(a) > maxDiffLines || len(b) > maxDiffLines
	a, b = a[:min(len(a), maxDiffLines)], b[:min(len(b), maxDiffLines)]
	var out strings.Builder
	for _, h := range hunks(a, b) {
		h.write(&out)
	}
	if cut {
		out.WriteString("…\n")
	}
	return strings.ToValidUTF8(out.String(), "\uFFFD")
}

// splitLines keeps line ends, so that a missing last one is a difference.
func splitLines(s string) []string {
	lines := strings.SplitAfter(s, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// hunk is a run of equal lines, or of lines that were due and lines that came.
type hunk struct {
	equal     []string
	due, came []string
}

// hunks aligns a and b by their longest common subsequence.
func hunks(a, b []string) []hunk {
	common := commonLengths(a, b)
	var out []hunk
	for i, j := 0, 0; i < len(a) || j < len(b); {
		var h hunk
		for i < len(a) && j < len(b) && a[i] == b[j] {
			h.equal = append(h.equal, a[i])
			i, j = i+1, j+1
		}
		for i < len(a) || j < len(b) {
			if i < len(a) && j < len(b) && a[i] == b[j] {
				break
			}
			if j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1] {
				h.due = append(h.due, a[i])
				i++
			} else {
				h.came = append(h.came, b[j])
				j++
			}
		}
		out = append(out, h)
	}
	return out
}

// commonLengths[i][j] is the length of the longest common subsequence of a[i:] and b[j:].
func commonLengths(a, b []string) [][]int {
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	return common
}

// write renders a hunk.
func (h hunk) write(out *strings.Builder) {
	for _, line := range h.equal {
		out.WriteString("  " + strings.TrimSuffix(line, "\n") + "\n")
	}
	blanks := squeezed(h.due) == squeezed(h.came)
	for _, line := range h.due {
		out.WriteString("- " + visible(line, blanks) + "\n")
	}
	for _, line := range h.came {
		out.WriteString("+ " + visible(line, blanks) + "\n")
	}
}

// squeezed is text without any blanks and line ends.
func squeezed(lines []string) string {
	return strings.Join(strings.Fields(strings.Join(lines, "")), "")
}

// visible shows a line's blanks and line end: all of them when they are what
// differs, else only blanks before the line end.
func visible(line string, all bool) string {
	text, ended := strings.CutSuffix(line, "\n")
	show := strings.NewReplacer(" ", "·", "\t", "→", "\r", "␍")
	if all {
		text = show.Replace(text)
		if ended {
			text += "⏎"
		}
		return text
	}
	body := strings.TrimRight(text, " \t\r")
	return body + show.Replace(text[len(body):])
}
