package markdown

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

const maxSteps = 200

// part is the nodes of one step, before they are rendered.
type part struct {
	heading *ast.Heading // Nil for text before the first second-level heading.
	nodes   []ast.Node
	start   int // Offset of its source.
	end     int
}

// split divides the top level at second-level headings.
func (b *builder) split(root ast.Node) []*part {
	parts := []*part{{}}
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		if n.Kind() == extast.KindFootnoteList {
			continue
		}
		if h, ok := n.(*ast.Heading); ok && h.Level == 2 {
			start := lineStart(b.in.Source, h.Pos())
			parts[len(parts)-1].end = start
			parts = append(parts, &part{heading: h, start: start})
			continue
		}
		last := parts[len(parts)-1]
		last.nodes = append(last.nodes, n)
	}
	parts[len(parts)-1].end = len(b.in.Source)
	if len(parts) > maxSteps {
		b.problem(b.in.Line, "too-many-steps", fmt.Sprintf("the text has %d second-level headings", len(parts)-1), fmt.Sprintf("at most %d steps", maxSteps), "split the lesson")
		return nil
	}
	if len(parts[0].nodes) == 0 {
		return parts[1:]
	}
	return parts
}

func lineStart(source []byte, offset int) int {
	return bytes.LastIndexByte(source[:max(offset, 0)], '\n') + 1
}

// footnotes moves every footnote to the step that first refers to it.
func (b *builder) footnotes(root ast.Node, parts []*part) {
	list := footnoteList(root)
	if list == nil {
		return
	}
	for _, p := range parts {
		refs := map[int]bool{}
		for _, n := range p.nodes {
			footnoteRefs(n, refs)
		}
		own := extast.NewFootnoteList()
		for n := list.FirstChild(); n != nil; {
			next := n.NextSibling()
			if note, ok := n.(*extast.Footnote); ok && refs[note.Index] {
				own.AppendChild(own, note)
				own.Count++
			}
			n = next
		}
		if own.Count > 0 {
			p.nodes = append(p.nodes, own)
		}
	}
}

func footnoteList(root ast.Node) ast.Node {
	for n := root.LastChild(); n != nil; n = n.PreviousSibling() {
		if n.Kind() == extast.KindFootnoteList {
			return n
		}
	}
	return nil
}

func footnoteRefs(n ast.Node, into map[int]bool) {
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // The function returns no error.
		if link, ok := n.(*extast.FootnoteLink); ok && entering {
			into[link.Index] = true
		}
		return ast.WalkContinue, nil
	})
}

// step renders one part.
func (b *builder) step(p *part) {
	s := Step{Source: stepSource(string(b.in.Source[p.start:p.end])), Line: b.in.Line}
	if p.heading != nil {
		s.Title = plain(p.heading, b.in.Source)
		id, _ := p.heading.AttributeString("id")
		s.ID = string(id.([]byte))
		s.Line, _ = b.places.at(p.heading.Pos())
	} else {
		s.ID = b.ids.take("start")
	}
	nodes := b.takeMarks(&s, b.quizzes(&s, p.nodes))
	nodes = b.takeSolutions(&s, nodes)
	s.Checks = checksIn(nodes)
	s.HTML = b.section(s, p.heading, b.html(nodes...))
	b.document.Steps = append(b.document.Steps, s)
}

func (b *builder) section(s Step, heading *ast.Heading, body template.HTML) template.HTML {
	title := ""
	if heading != nil {
		inner := ast.NewTextBlock()
		adopt(inner, heading)
		title = "<h2>" + strings.TrimSpace(string(b.html(inner))) + "</h2>\n"
	}
	id := html.EscapeString(s.ID)
	return template.HTML(`<section class="step" id="` + id + `" data-step="` + id + `">` + "\n" + title + string(body) + "</section>\n")
}

// takeMarks reads and removes the source marks of a translation.
func (b *builder) takeMarks(s *Step, nodes []ast.Node) []ast.Node {
	var kept []ast.Node
	for _, n := range nodes {
		if d, ok := n.(*directive); ok && d.name == "source" {
			s.Mark = d.value
			continue
		}
		kept = append(kept, n)
	}
	return kept
}

// takeSolutions moves solutions to the step's locked part and leaves one place
// where they will be shown.
func (b *builder) takeSolutions(s *Step, nodes []ast.Node) []ast.Node {
	var kept []ast.Node
	for _, n := range nodes {
		d, ok := n.(*details)
		if !ok || !isSolution(d.summary) {
			b.nestedSolutions(n)
			kept = append(kept, n)
			continue
		}
		if s.Locked == "" {
			id := html.EscapeString(s.ID)
			kept = append(kept, &ready{html: template.HTML(`<div class="locked" data-locked="` + id + `"></div>` + "\n")})
		}
		for _, id := range checksIn([]ast.Node{d}) {
			b.problem(b.checks[id], "check-locked", "a check stands inside a solution", "checks are shown to everyone", "move the comment out of <details>")
		}
		inner := ast.NewDocument()
		adopt(inner, d)
		s.Locked += b.html(inner)
	}
	return kept
}

// nestedSolutions refuses solutions within lists and quotes, where they could not
// be taken out as a whole.
func (b *builder) nestedSolutions(n ast.Node) {
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		if d, ok := child.(*details); ok && isSolution(d.summary) {
			b.problem(d.line, "solution-nested", "a solution stands inside a list or quote", "a solution stands at the top level of a step", "remove its indentation")
		}
		if child.Type() == ast.TypeBlock {
			b.nestedSolutions(child)
		}
	}
}

func checksIn(nodes []ast.Node) []string {
	var out []string
	for _, n := range nodes {
		_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // The function returns no error.
			if d, ok := n.(*directive); ok && entering && d.name == "check" {
				out = append(out, d.value)
			}
			return ast.WalkContinue, nil
		})
	}
	return out
}

// stepSource is a step's Markdown as translations are compared with it: without
// marks, and without differences of white space.
func stepSource(source string) string {
	var out []string
	for line := range strings.SplitSeq(source, "\n") {
		inner := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "<!--"), "-->"))
		if sourceMark.MatchString(inner) {
			continue
		}
		out = append(out, strings.TrimRight(line, " \t"))
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}
