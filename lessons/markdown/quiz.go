package markdown

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"

	"pattarai/quizzes"
)

// quizzes replaces the nodes of every quiz item of a step by its form.
func (b *builder) quizzes(s *Step, nodes []ast.Node) []ast.Node {
	var out []ast.Node
	for i := 0; i < len(nodes); i++ {
		heading, d := itemAt(nodes[i:])
		if heading == nil {
			if d, ok := nodes[i].(*directive); ok && d.name == "q" {
				b.problem(d.line, "quiz-place", "a quiz comment without its heading", "a quiz item is ### Title, then the comment, then the list", "put a ### heading right above the comment")
				continue
			}
			b.strayItems(nodes[i])
			out = append(out, nodes[i])
			continue
		}
		n := itemLength(nodes[i:], d.value)
		if form := b.item(s, heading, d, nodes[i+2:i+n]); form != nil {
			out = append(out, form)
		}
		i += n - 1
	}
	return out
}

// itemAt returns heading and comment when a quiz item begins here.
func itemAt(nodes []ast.Node) (*ast.Heading, *directive) {
	if len(nodes) < 2 {
		return nil, nil
	}
	heading, _ := nodes[0].(*ast.Heading)
	d, _ := nodes[1].(*directive)
	if heading == nil || d == nil || d.name != "q" {
		return nil, nil
	}
	return heading, d
}

// itemLength is how many nodes belong to the item: the prompt, its list (of a
// predict item its output), and a quote right after that. A heading or a comment
// ends it too.
func itemLength(nodes []ast.Node, kind string) int {
	answered := false
	for i := 2; i < len(nodes); i++ {
		switch n := nodes[i].(type) {
		case *ast.Heading, *directive:
			return i
		case *ast.List:
			answered = true
			continue
		case *details:
			if answered && !isSolution(n.summary) {
				continue
			}
		case *ast.Blockquote:
			if answered {
				return i + 1
			}
		case *code:
			if !answered && kind == string(quizzes.Predict) && n.outputOf != "" {
				answered = true
				continue
			}
		}
		if answered {
			return i
		}
	}
	return len(nodes)
}

// strayItems reports quiz comments inside lists, quotes and details.
func (b *builder) strayItems(n ast.Node) {
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // The function returns no error.
		if d, ok := n.(*directive); ok && entering && d.name == "q" {
			b.problem(d.line, "quiz-place", "a quiz comment inside a list, a quote or <details>", "a quiz item stands at the top level of a step", "remove its indentation")
		}
		return ast.WalkContinue, nil
	})
}

// item parses one quiz item and returns the node that shows it.
func (b *builder) item(s *Step, heading *ast.Heading, d *directive, nodes []ast.Node) ast.Node {
	raw := quizzes.Item{File: b.in.File, Line: d.line, Kind: d.value, Attrs: d.attrs, Title: plain(heading, b.in.Source)}
	var prompt, hints []ast.Node
	var values expressions
	seen := false
	for _, n := range nodes {
		if len(d.variables) > 0 {
			values.marks(n, b.in.Source)
		}
		switch n := n.(type) {
		case *details:
			if isSolution(n.summary) {
				b.problem(n.line, "solution-nested", "a solution stands inside a quiz item", "an item's explanation is the quote after its list", "write it as a quote: > …")
				continue
			}
			n.open = false
			hints = append(hints, n)
		case *ast.List:
			b.entries(&raw, n)
			seen = true
		case *ast.Blockquote:
			if !seen {
				prompt = append(prompt, n)
				continue
			}
			inner := ast.NewDocument()
			adopt(inner, n)
			raw.Why = b.html(inner)
		case *code:
			seen = seen || raw.Kind == string(quizzes.Predict) && n.outputOf != ""
			prompt = append(prompt, n)
		default:
			prompt = append(prompt, n)
		}
	}
	raw.Prompt = b.prompt(&raw, prompt)
	raw.Hints = b.html(hints...)
	b.marked(&raw, &values, d)
	question, problems := quizzes.Parse(raw)
	b.problems = append(b.problems, problems...)
	if problems.HasErrors() || b.itemTwice(question.ID, d.line) {
		return nil
	}
	b.document.Questions = append(b.document.Questions, question)
	s.Items = append(s.Items, question.ID)
	return &ready{html: b.form(question)}
}

// marked gives an item its variables, and marks to the sources of its entries.
func (b *builder) marked(raw *quizzes.Item, values *expressions, d *directive) {
	if len(d.variables) == 0 {
		return
	}
	for _, list := range [][]quizzes.Choice{raw.Choices, raw.Entries} {
		for i := range list {
			list[i].Source = values.mark(list[i].Source)
		}
	}
	raw.Variables, raw.Expressions = d.variables, values.sources
	if values.full {
		b.problem(d.line, "quiz-expression", "too many different expressions in one quiz item", fmt.Sprintf("at most %d", maxExpressions), "name what is used often as a variable")
	}
}

// form renders a question as the form that asks it.
func (b *builder) form(q quizzes.Question) template.HTML {
	form, err := q.Form(quizzes.FormOptions{Action: b.in.Base + "/quiz/" + q.ID})
	if err != nil {
		b.problem(q.Line, "quiz-form", "the form of the quiz item cannot be made: "+err.Error(), "", "report this item as a bug")
		return ""
	}
	return b.sanitised(string(form))
}

func (b *builder) itemTwice(id string, line int) bool {
	first, twice := b.items[id]
	if twice {
		b.problem(line, "quiz-id-twice", fmt.Sprintf("quiz id %q is also the item's of line %d", id, first), "an id names one item of the lesson", "rename one of them")
		return true
	}
	b.items[id] = line
	return false
}

// prompt renders what is asked: blanks are numbered in cloze items, the output
// is left out in predict items.
func (b *builder) prompt(raw *quizzes.Item, nodes []ast.Node) template.HTML {
	var shown []ast.Node
	for _, n := range nodes {
		if c, ok := n.(*code); ok && raw.Kind == string(quizzes.Predict) && c.outputOf != "" {
			raw.Outputs, raw.Run = append(raw.Outputs, c.text), c.outputOf
			continue
		}
		shown = append(shown, n)
		if raw.Kind == string(quizzes.Cloze) {
			raw.Gaps = number(n, raw.Gaps)
		}
	}
	return b.html(shown...)
}

// number gives the blanks below n their numbers and returns the last one.
func number(n ast.Node, last int) int {
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // The function returns no error.
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *gap:
			last++
			n.number = last
		case *code:
			if blanks := len(blankInCode.FindAllString(n.text, -1)); blanks > 0 {
				n.gaps = last + 1
				last += blanks
			}
		}
		return ast.WalkContinue, nil
	})
	return last
}

// entries reads a list as choices (task list) or entries (plain list).
func (b *builder) entries(raw *quizzes.Item, list *ast.List) {
	for li := list.FirstChild(); li != nil; li = li.NextSibling() {
		choice, task := b.entry(li)
		if task {
			raw.Choices = append(raw.Choices, choice)
		} else {
			raw.Entries = append(raw.Entries, choice)
		}
	}
}

func (b *builder) entry(li ast.Node) (choice quizzes.Choice, task bool) {
	choice.Line, _ = b.places.at(b.offset(li))
	var label []ast.Node
	for child := li.FirstChild(); child != nil; {
		next := child.NextSibling()
		if list, ok := child.(*ast.List); ok {
			choice.Why += b.why(list)
			child = next
			continue
		}
		if choice.Source == "" && (child.Kind() == ast.KindTextBlock || child.Kind() == ast.KindParagraph) {
			choice.Source = entrySource(child, b.in.Source)
			if box, ok := child.FirstChild().(*extast.TaskCheckBox); ok {
				task, choice.Checked = true, box.IsChecked
				child.RemoveChild(child, box)
			}
			inner := ast.NewTextBlock()
			adopt(inner, child)
			child = inner
		}
		label = append(label, child)
		child = next
	}
	choice.Label = template.HTML(strings.TrimSpace(string(b.html(label...))))
	return choice, task
}

// entrySource is the Markdown of an entry without its box.
func entrySource(n ast.Node, source []byte) string {
	var out strings.Builder
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		out.Write(segment.Value(source))
	}
	text := strings.TrimSpace(out.String())
	for _, box := range []string{"[ ]", "[x]", "[X]"} {
		text = strings.TrimPrefix(text, box)
	}
	return strings.TrimSpace(text)
}

// why renders a nested list as paragraphs.
func (b *builder) why(list *ast.List) template.HTML {
	var nodes []ast.Node
	for li := list.FirstChild(); li != nil; li = li.NextSibling() {
		for child := li.FirstChild(); child != nil; {
			next := child.NextSibling()
			if child.Kind() == ast.KindTextBlock {
				p := ast.NewParagraph()
				adopt(p, child)
				child = p
			}
			nodes = append(nodes, child)
			child = next
		}
	}
	return template.HTML(strings.TrimSpace(string(b.html(nodes...))))
}
