package markdown

import (
	"html/template"

	"github.com/yuin/goldmark/ast"

	"pattarai/quizzes"
)

// The nodes that this package puts into the tree.
var (
	kindCode      = ast.NewNodeKind("LessonCode")
	kindDirective = ast.NewNodeKind("LessonDirective")
	kindDetails   = ast.NewNodeKind("LessonDetails")
	kindAlert     = ast.NewNodeKind("LessonAlert")
	kindGap       = ast.NewNodeKind("LessonGap")
	kindHTML      = ast.NewNodeKind("LessonHTML")
	kindInline    = ast.NewNodeKind("LessonInlineHTML")
	kindValue     = ast.NewNodeKind("LessonValue")
	kindFormula   = ast.NewNodeKind("LessonFormula")
)

// code is a fenced or indented block.
type code struct {
	ast.BaseBlock
	fence
	text     string
	line     int
	run      string // Id of a run block.
	outputOf string // Id of the run block whose output this is.
	gaps     int    // In a cloze item: the number of the first blank; 0 otherwise.
	cache    Cache  // Of the text it belongs to.
}

func (*code) Kind() ast.NodeKind         { return kindCode }
func (n *code) Dump(src []byte, lvl int) { ast.DumpHelper(n, src, lvl, nil, nil) }

// directive is a comment that means something: check, source or a quiz item.
type directive struct {
	ast.BaseBlock
	name  string // "check", "source", "q".
	value string // The check's id, the source mark, the kind of item.
	attrs map[string]string
	line  int

	variables []quizzes.Variable // Of a quiz item.
}

func (*directive) Kind() ast.NodeKind         { return kindDirective }
func (n *directive) Dump(src []byte, lvl int) { ast.DumpHelper(n, src, lvl, nil, nil) }

// details is a hint that opens, or a solution that is taken out.
type details struct {
	ast.BaseBlock
	summary string
	open    bool
	closed  bool
	line    int
}

func (*details) Kind() ast.NodeKind         { return kindDetails }
func (n *details) Dump(src []byte, lvl int) { ast.DumpHelper(n, src, lvl, nil, nil) }

// alert is a quote that begins with [!NOTE] or one of its sisters.
type alert struct {
	ast.BaseBlock
	name string
}

func (*alert) Kind() ast.NodeKind         { return kindAlert }
func (n *alert) Dump(src []byte, lvl int) { ast.DumpHelper(n, src, lvl, nil, nil) }

// gap is a run of three or more underscores: a blank in a cloze item.
type gap struct {
	ast.BaseInline
	width  int
	number int // 0 outside of cloze items.
}

func (*gap) Kind() ast.NodeKind         { return kindGap }
func (n *gap) Dump(src []byte, lvl int) { ast.DumpHelper(n, src, lvl, nil, nil) }

// ready is HTML that was made elsewhere.
type ready struct {
	ast.BaseBlock
	html template.HTML
}

func (*ready) Kind() ast.NodeKind         { return kindHTML }
func (n *ready) Dump(src []byte, lvl int) { ast.DumpHelper(n, src, lvl, nil, nil) }

// inlineHTML is HTML within a line that was made elsewhere.
type inlineHTML struct {
	ast.BaseInline
	html template.HTML
}

func (*inlineHTML) Kind() ast.NodeKind         { return kindInline }
func (n *inlineHTML) Dump(src []byte, lvl int) { ast.DumpHelper(n, src, lvl, nil, nil) }

// value is {{expression}}: text as it is written, but in a quiz item with variables.
type value struct {
	ast.BaseInline
	text string // As written, with its braces; or a mark of package quizzes.
}

func (*value) Kind() ast.NodeKind         { return kindValue }
func (n *value) Dump(src []byte, lvl int) { ast.DumpHelper(n, src, lvl, nil, nil) }

// formula is TeX within a line.
type formula struct {
	ast.BaseInline
	tex   string
	block bool // Displayed apart.
}

func (*formula) Kind() ast.NodeKind         { return kindFormula }
func (n *formula) Dump(src []byte, lvl int) { ast.DumpHelper(n, src, lvl, nil, nil) }
