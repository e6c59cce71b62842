package markdown

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"

	"pattarai/lessons/problem"
	"pattarai/quizzes"
)

const allowedHTML = "only <details><summary>…</summary>, <kbd>, <sub>, <sup>, <br> and comments are"

// htmlPiece is the only HTML that means anything in a lesson.
var (
	htmlPiece    = regexp.MustCompile(`(?is)<!--(.*?)-->|<details(\s+open)?\s*>(?:\s*<summary>([^<]*)</summary>)?|(</details>)`)
	checkComment = regexp.MustCompile(`^check:\s*(\S*)$`)
	sourceMark   = regexp.MustCompile(`^source:\s*(\S*)$`)
	quizComment  = regexp.MustCompile(`^q:(\S*)((?:\s+\S+)*)$`)
	otherComment = regexp.MustCompile(`^([a-z]+):\s*\S+$`)
	checkID      = regexp.MustCompile(`^[a-z0-9]+(?:[-_][a-z0-9]+)*$`)
)

// htmlBlock replaces a block of raw HTML by the directives and details in it.
func (b *builder) htmlBlock(parent ast.Node, n *ast.HTMLBlock) {
	source, start := b.rawBlock(n)
	at := 0
	for _, m := range htmlPiece.FindAllStringSubmatchIndex(source, -1) {
		b.rawHTML(source[at:m[0]], start+at)
		at = m[1]
		if piece := b.piece(source, m, start); piece != nil {
			parent.InsertBefore(parent, n, piece)
		}
	}
	b.rawHTML(source[at:], start+at)
	parent.RemoveChild(parent, n)
}

// rawBlock is the text of an HTML block and the offset at which it starts.
func (b *builder) rawBlock(n *ast.HTMLBlock) (text string, start int) {
	start = n.Pos()
	var out strings.Builder
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		if i == 0 {
			start = segment.Start
		}
		out.Write(segment.Value(b.in.Source))
	}
	if n.HasClosure() {
		out.Write(n.ClosureLine.Value(b.in.Source))
	}
	return out.String(), start
}

func (b *builder) rawHTML(text string, offset int) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" {
		return
	}
	line, _ := b.places.at(offset + strings.Index(text, trimmed))
	if !strings.HasPrefix(trimmed, "<") {
		b.problem(line, "html-text", fmt.Sprintf("text right after HTML: %q", clip(trimmed, 40)),
			"Markdown begins after an empty line", "put an empty line before it")
		return
	}
	b.warning(line, "raw-html", "raw HTML is not rendered: "+clip(firstLine(trimmed), 60),
		allowedHTML, "write it in Markdown")
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func (b *builder) piece(source string, m []int, start int) ast.Node {
	line, _ := b.places.at(start + m[0])
	group := func(i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return source[m[2*i]:m[2*i+1]]
	}
	switch {
	case m[2] >= 0:
		return b.comment(strings.TrimSpace(group(1)), line)
	case m[8] >= 0:
		return &details{closed: true, line: line}
	}
	summary := strings.Join(strings.Fields(group(3)), " ")
	if summary == "" {
		b.problem(line, "details-summary", "<details> has no summary", "written <details><summary>Hint</summary>", "add the summary")
	}
	return &details{summary: summary, open: m[4] >= 0, line: line}
}

// comment reads a comment; one that means nothing is nil.
func (b *builder) comment(text string, line int) ast.Node {
	if m := checkComment.FindStringSubmatch(text); m != nil {
		return b.check(m[1], line)
	}
	if m := sourceMark.FindStringSubmatch(text); m != nil {
		return &directive{name: "source", value: m[1], line: line}
	}
	if m := quizComment.FindStringSubmatch(text); m != nil {
		attrs, variables := variableLines(m[2], line)
		return &directive{name: "q", value: m[1], attrs: b.attrs(attrs, line), variables: variables, line: line}
	}
	if m := otherComment.FindStringSubmatch(text); m != nil {
		if near := problem.Nearest(m[1], []string{"check", "source"}); near != "" {
			b.warning(line, "unknown-comment", fmt.Sprintf("the comment %q means nothing", clip(text, 60)), "", "did you mean "+near+":?")
		}
	}
	return nil
}

func (b *builder) check(id string, line int) ast.Node {
	first, twice := b.checks[id]
	switch {
	case id == "":
		b.problem(line, "check-id", "a check comment has no id", "", "write <!-- check: id --> with an id of exercise.yaml")
		return nil
	case !checkID.MatchString(id):
		b.problem(line, "check-id", fmt.Sprintf("check id %q", clip(id, 40)), "an id has small letters, digits and hyphens", "write the id as in exercise.yaml")
		return nil
	case twice:
		b.problem(line, "check-twice", fmt.Sprintf("check %q is also shown at line %d", id, first), "a check is shown once", "remove one of the comments")
		return nil
	}
	b.checks[id] = line
	b.document.Checks = append(b.document.Checks, Anchor{Name: id, Line: line})
	return &directive{name: "check", value: id, line: line}
}

var variableLine = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]*):\s*(.*?)\s*$`)

// variableLines takes the lines "name: expression" out of a quiz comment, which
// begins at a line.
func variableLines(text string, line int) (attrs string, variables []quizzes.Variable) {
	var rest []string
	for i, l := range strings.Split(text, "\n") {
		if m := variableLine.FindStringSubmatch(l); m != nil && i > 0 {
			variables = append(variables, quizzes.Variable{Name: m[1], Source: m[2], Line: line + i})
		} else {
			rest = append(rest, l)
		}
	}
	return strings.Join(rest, "\n"), variables
}

func (b *builder) attrs(text string, line int) map[string]string {
	attrs := map[string]string{}
	for _, word := range strings.Fields(text) {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			b.problem(line, "quiz-attribute", fmt.Sprintf("%q in a quiz comment", clip(word, 40)), "attributes are written name=value", "write <!-- q:single id=some-name -->")
			continue
		}
		if _, twice := attrs[name]; twice {
			b.problem(line, "quiz-attribute", fmt.Sprintf("attribute %q is given twice", clip(name, 40)), "", "remove one")
		}
		attrs[name] = strings.Trim(value, `"`)
	}
	return attrs
}

// foldDetails moves what stands between <details> and </details> into one node.
func (b *builder) foldDetails(parent ast.Node) {
	var open *details
	for child := parent.FirstChild(); child != nil; {
		next := child.NextSibling()
		d, ok := child.(*details)
		switch {
		case ok && d.closed && open == nil:
			b.problem(d.line, "details-close", "</details> closes nothing", "", "remove it, or put it at the indentation of its <details>")
			parent.RemoveChild(parent, d)
		case ok && d.closed:
			parent.RemoveChild(parent, d)
			open = nil
		case ok && open != nil:
			b.problem(d.line, "details-nested", fmt.Sprintf("<details> within the <details> of line %d", open.line), "one at a time", "close the first one with </details>")
			parent.RemoveChild(parent, d)
		case ok:
			open = d
		case open != nil:
			open.AppendChild(open, child)
		}
		child = next
	}
	if open != nil {
		b.problem(open.line, "details-open", "<details> is never closed", "", "add </details> on a line of its own after an empty line")
	}
}

// isSolution tells whether a summary names the author's solution, which stays on
// the server until it is unlocked.
func isSolution(summary string) bool {
	s := strings.ToLower(strings.TrimRight(summary, " :."))
	return s == "solution" || s == "தீர்வு"
}
