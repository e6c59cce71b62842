package markdown

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wyatt915/treeblood"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
	nethtml "golang.org/x/net/html"
)

// maxFormula is how many bytes of TeX one formula may have.
const maxFormula = 2000

// formulaParser reads $…$, $`…`$ and, on a line, $$…$$. As in other Markdown a dollar
// before a space, after a letter or before a digit is only a dollar, so that $5 and $6
// and $HOME are what they look like.
type formulaParser struct{}

func (formulaParser) Trigger() []byte { return []byte{'$'} }

func (formulaParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	before := block.PrecendingCharacter()
	if wordy(before) || before == '$' || before == '\\' {
		return nil
	}
	tex, length, apart := cutFormula(line)
	if length == 0 {
		return nil
	}
	block.Advance(length)
	n := &formula{tex: tex, block: apart}
	n.SetPos(segment.Start)
	return n
}

var formulaForms = []struct {
	pattern *regexp.Regexp
	block   bool
}{
	{regexp.MustCompile(`^\$\$([^$\n]+)\$\$`), true},
	{regexp.MustCompile("^\\$`([^`\\n]+)`\\$"), false},
	{regexp.MustCompile(`^\$((?:[^$\\\n]|\\[^\n])+)\$`), false},
}

// cutFormula returns the TeX a line begins with, and how long it is with its dollars.
func cutFormula(line []byte) (tex string, length int, block bool) {
	for _, form := range formulaForms {
		m := form.pattern.FindSubmatchIndex(line)
		if m == nil {
			continue
		}
		tex = string(line[m[2]:m[3]])
		next, _ := utf8.DecodeRune(line[m[1]:])
		bare := !form.block && line[1] != '`'
		if bare && (strings.TrimSpace(tex) != tex || unicode.IsDigit(next) || unicode.IsLetter(next)) {
			return "", 0, false
		}
		return tex, m[1], form.block
	}
	return "", 0, false
}

// formulas turns paragraphs that are $$ … $$ over several lines into one formula, and
// reports what is no TeX.
func (b *builder) formulas(root ast.Node) {
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // The function returns no error.
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Paragraph:
			b.apart(n)
		case *formula:
			line, _ := b.places.at(n.Pos())
			b.checkFormula(n.tex, line)
		case *code:
			if n.lang == "math" {
				b.checkFormula(n.text, n.line)
			}
		}
		return ast.WalkContinue, nil
	})
}

// apart makes a paragraph that is $$ … $$ one displayed formula.
func (b *builder) apart(p *ast.Paragraph) {
	if p.Lines().Len() < 2 {
		return
	}
	var source bytes.Buffer
	for i := range p.Lines().Len() {
		segment := p.Lines().At(i)
		source.Write(segment.Value(b.in.Source))
	}
	tex, ok := strings.CutPrefix(strings.TrimSpace(source.String()), "$$")
	if !ok {
		return
	}
	if tex, ok = strings.CutSuffix(tex, "$$"); !ok || strings.Contains(tex, "$$") {
		return
	}
	n := &formula{tex: strings.TrimSpace(tex), block: true}
	n.SetPos(p.Lines().At(0).Start)
	p.RemoveChildren(p)
	p.AppendChild(p, n)
}

func (b *builder) checkFormula(tex string, line int) {
	if len(tex) > maxFormula {
		b.problem(line, "formula", fmt.Sprintf("a formula of %d bytes", len(tex)), fmt.Sprintf("at most %d", maxFormula), "split it")
		return
	}
	if _, err := mathML(tex, false); err != nil {
		b.problem(line, "formula", fmt.Sprintf("the formula %q cannot be read: %v", clip(tex, 60), err),
			"TeX as in LaTeX's math mode", "correct it; a dollar that is no formula is written \\$")
	}
}

// mathML turns TeX into MathML, which browsers show without a script.
func mathML(tex string, block bool) (out string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	if len(tex) > maxFormula {
		return "", fmt.Errorf("the formula has %d bytes", len(tex))
	}
	if block {
		out, err = treeblood.DisplayStyle(tex, nil)
	} else {
		out, err = treeblood.InlineStyle(tex, nil)
	}
	if err != nil {
		said, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "<") // What follows draws the place in HTML.
		return "", errors.New(firstLine(said))
	}
	return tidyMath(out), nil
}

// tidyMath writes MathML without white space between elements and without the TeX it
// came from, and attributes in one order: the same text is always the same bytes.
func tidyMath(source string) string {
	var out strings.Builder
	tokens := nethtml.NewTokenizer(strings.NewReader(source))
	for noted := false; ; {
		kind := tokens.Next()
		if kind == nethtml.ErrorToken {
			return out.String()
		}
		token := tokens.Token()
		switch {
		case token.Data == "annotation":
			noted = kind == nethtml.StartTagToken
		case token.Data == "semantics" || noted:
		case kind == nethtml.TextToken && strings.TrimSpace(token.Data) == "":
		default:
			slices.SortFunc(token.Attr, func(a, b nethtml.Attribute) int { return strings.Compare(a.Key, b.Key) })
			out.WriteString(token.String())
		}
	}
}

func (r nodeRenderer) formula(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	f := n.(*formula)
	out, err := mathML(f.tex, f.block)
	if err != nil {
		out = "<code>" + html.EscapeString(f.tex) + "</code>" // It was reported already.
	}
	_, err = w.WriteString(out)
	return ast.WalkContinue, err
}

// displayed renders a block in the language math.
func (r nodeRenderer) displayed(w util.BufWriter, tex string) (ast.WalkStatus, error) {
	out, err := mathML(strings.TrimSpace(tex), true)
	if err != nil {
		out = "<code>" + html.EscapeString(tex) + "</code>"
	}
	_, err = w.WriteString("<p>" + out + "</p>\n")
	return ast.WalkSkipChildren, err
}
