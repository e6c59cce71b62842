package markdown

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"pattarai/lessons/problem"
)

// builder makes a document of one text.
type builder struct {
	in      Input
	engine  *engine
	places  places
	late    <-chan struct{} // Closed when the time is up.
	written int             // Bytes of HTML so far.

	document Document
	problems problem.List
	ids      ids
	titles   int            // First-level headings met.
	checks   map[string]int // Line by id.
	items    map[string]int // Line by id.
	pictures map[string]bool
	lastRun  string // The run block right before the current block; "" when something stands between.
	links    []fragment
}

// fragment is a link to a heading of the same text.
type fragment struct {
	id     string
	offset int
}

func newBuilder(in Input, late <-chan struct{}) *builder {
	return &builder{in: in, engine: shared(), places: newPlaces(in.Source, in.Line), late: late,
		ids: ids{}, checks: map[string]int{}, items: map[string]int{}, pictures: map[string]bool{}}
}

func (b *builder) build() {
	root := b.engine.parser.Parse(text.NewReader(b.in.Source))
	b.blocks(root)
	b.formulas(root)
	b.inlines(root)
	parts := b.split(root)
	b.footnotes(root, parts)
	for _, part := range parts {
		b.step(part)
	}
	b.fragments()
}

// blocks visits the block children of a container in order, replaces those that
// mean something here, and descends.
func (b *builder) blocks(parent ast.Node) {
	for child := parent.FirstChild(); child != nil; {
		next := child.NextSibling()
		b.block(parent, child)
		child = next
	}
	b.foldDetails(parent)
}

func (b *builder) block(parent, child ast.Node) {
	previous := b.lastRun
	b.lastRun = ""
	switch n := child.(type) {
	case *ast.FencedCodeBlock:
		c := b.fenced(n)
		b.pair(c, previous)
		parent.ReplaceChild(parent, n, c)
	case *ast.CodeBlock:
		b.hidden(n)
		line, _ := b.places.at(n.Pos())
		parent.ReplaceChild(parent, n, &code{text: blockText(n, b.in.Source), line: line, cache: b.in.Cache})
	case *ast.HTMLBlock:
		b.htmlBlock(parent, n)
	case *ast.Blockquote:
		b.blocks(n)
		b.alert(parent, n)
	case *ast.Heading:
		b.heading(parent, n)
	default:
		if child.Type() == ast.TypeBlock && child.Kind() != extast.KindTable {
			b.blocks(child)
		}
	}
}

// pair makes an output block the output of the run block right before it.
func (b *builder) pair(c *code, previous string) {
	b.lastRun = c.run
	if c.lang != "output" {
		return
	}
	if previous == "" {
		b.problem(c.line, "output-alone", "an output block does not follow a run block", "output is what the run block right before it prints", "write ```text, or put it right after a ```bash run block")
		return
	}
	c.outputOf = previous
	run := &b.document.Runs[len(b.document.Runs)-1]
	run.Output, run.HasOutput = c.text, true
}

// heading gives a heading its id. A first-level heading is the page's title,
// which the page shows itself.
func (b *builder) heading(parent ast.Node, n *ast.Heading) {
	title := plain(n, b.in.Source)
	line, _ := b.places.at(n.Pos())
	if n.Level == 1 {
		b.titles++
		if b.titles > 1 || b.in.Title != "" && title != b.in.Title {
			b.warning(line, "second-title", fmt.Sprintf("the first-level heading %q", clip(title, 60)),
				fmt.Sprintf("the page's only title is the front matter's, %q", b.in.Title), "write ## for a step")
			n.Level = 2
		} else {
			parent.RemoveChild(parent, n)
			return
		}
	}
	if title == "" {
		b.problem(line, "heading-empty", "a heading without text", "", "write its text or remove it")
	}
	n.SetAttributeString("id", []byte(b.ids.take(title)))
}

var alertName = regexp.MustCompile(`(?i)^\[!(note|tip|important|warning|caution)\][ \t]*$`)

// alert turns a quote that begins with [!NOTE] into an alert node.
func (b *builder) alert(parent ast.Node, quote *ast.Blockquote) {
	paragraph, ok := quote.FirstChild().(*ast.Paragraph)
	if !ok || paragraph.Lines().Len() == 0 {
		return
	}
	first := paragraph.Lines().At(0)
	m := alertName.FindStringSubmatch(strings.TrimSpace(string(first.Value(b.in.Source))))
	if m == nil {
		return
	}
	for child := paragraph.FirstChild(); child != nil && child.Pos() < first.Stop; {
		next := child.NextSibling()
		paragraph.RemoveChild(paragraph, child)
		child = next
	}
	if !paragraph.HasChildren() {
		quote.RemoveChild(quote, paragraph)
	}
	n := &alert{name: strings.ToLower(m[1])}
	adopt(n, quote)
	parent.ReplaceChild(parent, quote, n)
}

// adopt moves all children of one node to another.
func adopt(to, from ast.Node) {
	for child := from.FirstChild(); child != nil; {
		next := child.NextSibling()
		to.AppendChild(to, child)
		child = next
	}
}

// plain is the text of a node without its markup.
func plain(n ast.Node, source []byte) string {
	var out strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // The function returns no error.
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			out.Write(n.Segment.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				out.WriteByte(' ')
			}
		case *ast.String:
			out.Write(n.Value)
		case *ast.AutoLink:
			out.Write(n.Label(source))
		case *gap:
			out.WriteString(strings.Repeat("_", n.width))
		case *value:
			out.WriteString(n.text)
		case *formula:
			out.WriteString(n.tex)
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(out.String())
}
