package markdown

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"html/template"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// engine is what all texts share. It is not changed after it was made and is
// safe for concurrent use.
type engine struct {
	parser   parser.Parser
	renderer renderer.Renderer
	policy   *bluemonday.Policy
}

// shared is made once, when the first text is rendered.
var shared = sync.OnceValue(newEngine)

func newEngine() *engine {
	md := goldmark.New(
		goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.TaskList, extension.Footnote, extension.DefinitionList,
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))),
		goldmark.WithParserOptions(parser.WithInlineParsers(util.Prioritized(gapParser{}, 400), util.Prioritized(valueParser{}, 90), util.Prioritized(formulaParser{}, 95))),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(nodeRenderer{newHighlighter()}, 100))),
	)
	return &engine{parser: md.Parser(), renderer: md.Renderer(), policy: newPolicy()}
}

// html renders and sanitises nodes. They leave the tree they were in.
func (b *builder) html(nodes ...ast.Node) template.HTML {
	if len(nodes) == 0 {
		return ""
	}
	doc := ast.NewDocument()
	for _, n := range nodes {
		doc.AppendChild(doc, n)
	}
	out := &boundedBuffer{left: MaxOutput - b.written, late: b.late}
	if err := b.engine.renderer.Render(out, b.in.Source, doc); err != nil || out.err != nil {
		b.renderFailed(nodes[0], errors.Join(err, out.err))
		return ""
	}
	return b.sanitised(out.String())
}

func (b *builder) sanitised(s string) template.HTML {
	if b.written += len(s); b.written > MaxOutput {
		b.renderFailed(nil, errTooMuch)
		return ""
	}
	return template.HTML(b.engine.policy.Sanitize(s))
}

func (b *builder) renderFailed(at ast.Node, err error) {
	line := b.in.Line
	if at != nil {
		line, _ = b.places.at(b.offset(at))
	}
	switch {
	case errors.Is(err, errTooMuch):
		b.problem(line, "output-too-large", "output too large", fmt.Sprintf("a lesson renders to at most %d bytes", MaxOutput), "shorten the lesson")
	case errors.Is(err, errTooSlow):
		b.report(tooSlow(b.in))
	default:
		b.problem(line, "render-failed", "the text cannot be rendered: "+err.Error(), "", "report this text as a bug")
	}
}

var (
	errTooMuch = errors.New("output too large")
	errTooSlow = errors.New("too slow to render")
)

// boundedBuffer stops rendering at the output limit and when the time is up.
type boundedBuffer struct {
	bytes.Buffer
	left int
	late <-chan struct{}
	err  error
}

// Write keeps the first error, because renderers may go on after it.
func (w *boundedBuffer) Write(p []byte) (int, error) {
	switch {
	case w.err != nil:
	case len(p) > w.left:
		w.err = errTooMuch
	case w.tooLate():
		w.err = errTooSlow
	}
	if w.err != nil {
		return 0, w.err
	}
	w.left -= len(p)
	return w.Buffer.Write(p)
}

func (w *boundedBuffer) tooLate() bool {
	select {
	case <-w.late:
		return true
	default:
		return false
	}
}

// gapParser reads runs of three or more underscores that touch no word.
type gapParser struct{}

func (gapParser) Trigger() []byte { return []byte{'_'} }

func (gapParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	n := 0
	for n < len(line) && line[n] == '_' {
		n++
	}
	before := block.PrecendingCharacter()
	if n < 3 || wordy(before) || before == '_' || n < len(line) && wordy(rune(line[n])) {
		return nil
	}
	block.Advance(n)
	g := &gap{width: n}
	g.SetPos(segment.Start)
	return g
}

func wordy(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80
}

// nodeRenderer renders the nodes of this package.
type nodeRenderer struct{ highlighter *highlighter }

func (r nodeRenderer) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(kindCode, r.code)
	reg.Register(kindDirective, r.directive)
	reg.Register(kindDetails, r.details)
	reg.Register(kindAlert, r.alert)
	reg.Register(kindGap, r.gap)
	reg.Register(kindHTML, r.ready)
	reg.Register(kindInline, r.inline)
	reg.Register(kindValue, r.value)
	reg.Register(kindFormula, r.formula)
}

func (r nodeRenderer) directive(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	d := n.(*directive)
	if entering && d.name == "check" {
		_, err := fmt.Fprintf(w, "<div class=\"check\" data-check=\"%s\"></div>\n", html.EscapeString(d.value))
		return ast.WalkSkipChildren, err
	}
	return ast.WalkSkipChildren, nil
}

func (r nodeRenderer) details(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	d := n.(*details)
	out := "</details>\n"
	if entering {
		open := ""
		if d.open {
			open = " open"
		}
		out = "<details" + open + "><summary>" + html.EscapeString(html.UnescapeString(d.summary)) + "</summary>\n"
	}
	_, err := w.WriteString(out)
	return ast.WalkContinue, err
}

func (r nodeRenderer) alert(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	out := "</aside>\n"
	if entering {
		name := n.(*alert).name
		out = `<aside class="alert alert-` + name + `" aria-label="` + name + "\">\n"
	}
	_, err := w.WriteString(out)
	return ast.WalkContinue, err
}

func (r nodeRenderer) gap(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	g := n.(*gap)
	out := strings.Repeat("_", g.width)
	if g.number > 0 {
		out = blank(g.number, g.width)
	}
	_, err := w.WriteString(out)
	return ast.WalkContinue, err
}

func (r nodeRenderer) ready(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	_, err := w.WriteString(string(n.(*ready).html))
	return ast.WalkContinue, err
}

func (r nodeRenderer) inline(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	_, err := w.WriteString(string(n.(*inlineHTML).html))
	return ast.WalkContinue, err
}

func (r nodeRenderer) value(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	_, err := w.WriteString(html.EscapeString(n.(*value).text))
	return ast.WalkContinue, err
}

var blankInCode = regexp.MustCompile(`_{3,}`)

// code renders a block with the hooks of docs/lesson-html.md.
func (r nodeRenderer) code(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	n := node.(*code)
	var out strings.Builder
	switch {
	case n.lang == "math":
		return r.displayed(w, n.text)
	case n.lang == "mermaid":
		out.WriteString(`<pre class="mermaid">` + html.EscapeString(n.text) + "</pre>\n")
	case n.outputOf != "":
		out.WriteString(`<figure class="block output" data-output-of="` + n.outputOf + `"><pre tabindex="0">` + html.EscapeString(n.text) + "</pre></figure>\n")
	default:
		r.block(&out, n)
	}
	_, err := w.WriteString(out.String())
	return ast.WalkSkipChildren, err
}

func (r nodeRenderer) block(out *strings.Builder, n *code) {
	lang := n.lang
	if lang == "" {
		lang = "text"
	}
	out.WriteString(`<figure class="block"`)
	for _, hook := range [][2]string{{"run", n.run}, {"node", n.node}, {"file", n.file}, {"lang", lang}} {
		if hook[1] != "" {
			fmt.Fprintf(out, ` data-%s="%s"`, hook[0], html.EscapeString(hook[1]))
		}
	}
	out.WriteString(">")
	if n.title != "" {
		out.WriteString("<figcaption>" + html.EscapeString(n.title) + "</figcaption>")
	}
	out.WriteString(`<pre class="chroma" tabindex="0"><code>`)
	if n.gaps > 0 {
		number := n.gaps - 1
		out.WriteString(blankInCode.ReplaceAllStringFunc(html.EscapeString(n.text), func(run string) string {
			number++
			return blank(number, len(run))
		}))
	} else {
		r.highlighter.write(out, lang, n.text, n.cache)
	}
	out.WriteString("</code></pre></figure>\n")
}

// blank is the input of a blank.
func blank(number, width int) string {
	n := strconv.Itoa(number)
	return `<input type="text" name="value" class="gap" size="` + strconv.Itoa(min(max(width, 6), 30)) + `" aria-label="Blank ` + n + `" autocomplete="off">`
}
