package markdown

import (
	"html"
	"html/template"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"pattarai/quizzes"
)

// maxExpressions is how many different expressions one item may show.
const maxExpressions = 100

var (
	bracedValue = regexp.MustCompile(`\{\{([^{}\n]+)\}\}`)
	valueHere   = regexp.MustCompile(`^\{\{[^{}\n]{1,200}\}\}`)
)

// valueParser reads {{expression}} as one piece, so that stars in it are no emphasis.
type valueParser struct{}

func (valueParser) Trigger() []byte { return []byte{'{'} }

func (valueParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	braced := valueHere.Find(line)
	if braced == nil {
		return nil
	}
	n := &value{text: string(braced)}
	n.SetPos(segment.Start)
	block.Advance(len(braced))
	return n
}

// expressions are those of one item with variables, each once.
type expressions struct {
	sources []string
	full    bool
}

// mark puts marks of package quizzes where expressions are.
func (e *expressions) mark(s string) string {
	return bracedValue.ReplaceAllStringFunc(s, func(braced string) string {
		source := strings.TrimSpace(braced[2 : len(braced)-2])
		i := slices.Index(e.sources, source)
		if i < 0 {
			if i = len(e.sources); i >= maxExpressions {
				e.full = true
				return braced
			}
			e.sources = append(e.sources, source)
		}
		return quizzes.Mark(i)
	})
}

// marks puts marks into everything below a node that shows text.
func (e *expressions) marks(n ast.Node, source []byte) {
	for child := n.FirstChild(); child != nil; {
		next := child.NextSibling()
		if span, ok := child.(*ast.CodeSpan); ok {
			if text := plain(span, source); bracedValue.MatchString(text) {
				n.ReplaceChild(n, span, &inlineHTML{html: template.HTML("<code>" + html.EscapeString(e.mark(text)) + "</code>")})
			}
		} else {
			e.marks(child, source)
		}
		child = next
	}
	switch n := n.(type) {
	case *value:
		n.text = e.mark(n.text)
	case *formula:
		n.tex = e.mark(n.tex)
	case *code:
		n.text = e.mark(n.text)
	}
}
