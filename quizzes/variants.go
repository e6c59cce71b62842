package quizzes

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pattarai/lessons/problem"
)

// variants makes the questions of an item with variables.
type variants struct {
	item        Item
	variables   []program // In the order of item.Variables, without the condition.
	names       []string
	condition   *program
	expressions []program // Of item.Expressions.
	values      []map[string]any
}

// parseVariants makes a question of an item with variables: its first variant, from
// which [Question.For] makes the others. Every combination of the pools is tried now,
// so that none can be wrong later.
func parseVariants(item Item) (Question, problem.List) {
	v := &variants{item: item}
	p := parser{item: item}
	if item.Kind == string(Predict) {
		p.problem(item.Line, "quiz-variables", p.name()+" has variables", "a predict item runs its code as it is written", "remove the variables")
	}
	v.compile(&p)
	if !p.problems.HasErrors() {
		v.combine(&p)
	}
	if p.problems.HasErrors() {
		return Question{}, p.problems
	}
	var first Question
	for i := range v.values {
		q, problems := v.question(i)
		if problems.HasErrors() {
			return Question{}, v.inVariant(problems, i)
		}
		if i == 0 {
			first = q
		}
	}
	first.variants = v
	first.Variants = len(v.values)
	first.Hash = v.hash(first)
	return first, nil
}

// compile reads the expressions.
func (v *variants) compile(p *parser) {
	if len(p.item.Variables) > MaxVariables {
		p.problem(p.item.Line, "quiz-variables", fmt.Sprintf("%s has %d variables", p.name(), len(p.item.Variables)),
			fmt.Sprintf("at most %d", MaxVariables), "compute some of them where they are used")
		return
	}
	for _, variable := range p.item.Variables {
		if variable.Name != where && (!variableName.MatchString(variable.Name) || slices.Contains(v.names, variable.Name) || slices.Contains(functions, variable.Name)) {
			p.problem(variable.Line, "quiz-variables", fmt.Sprintf("the variable %q", clip(variable.Name)),
				"a name has small letters, digits and _, is given once and is not that of a function", "rename it")
			continue
		}
		code, err := compileExpression(variable.Source, v.names)
		if err != nil {
			v.refused(p, variable.Line, variable.Source, err)
		}
		if variable.Name == where {
			v.condition = &code
		} else {
			v.names, v.variables = append(v.names, variable.Name), append(v.variables, code)
		}
	}
	for _, source := range p.item.Expressions {
		code, err := compileExpression(source, v.names)
		if err != nil {
			v.refused(p, p.item.Line, source, err)
		}
		v.expressions = append(v.expressions, code)
	}
}

func (v *variants) refused(p *parser, line int, source string, err error) {
	p.problem(line, "quiz-expression", fmt.Sprintf("%q: %v", clip(source), err),
		"an expression computes with numbers, texts and the variables above it: 2..9, [3, 5], a * b, round(x)", "correct it")
}

// combine lists the values of every variant.
func (v *variants) combine(p *parser) {
	combinations := []map[string]any{{}}
	for i, code := range v.variables {
		var next []map[string]any
		for _, before := range combinations {
			values, err := v.poolOf(code, before)
			if err != nil {
				v.refused(p, p.item.Variables[0].Line, code.source, err)
				return
			}
			for _, value := range values {
				next = append(next, with(before, v.names[i], value))
			}
			if len(next) > MaxVariants {
				p.problem(p.item.Line, "quiz-variants", fmt.Sprintf("%s has more than %d variants", p.name(), MaxVariants),
					fmt.Sprintf("at most %d, each of which is tried when the lesson is loaded", MaxVariants), "make the pools smaller")
				return
			}
		}
		combinations = next
	}
	v.values = v.fulfilling(p, combinations)
}

func (v *variants) poolOf(code program, values map[string]any) ([]any, error) {
	value, err := code.run(values)
	if err != nil {
		return nil, err
	}
	return pool(value)
}

// fulfilling keeps the combinations for which the condition holds.
func (v *variants) fulfilling(p *parser, all []map[string]any) []map[string]any {
	if v.condition == nil {
		return all
	}
	var kept []map[string]any
	for _, values := range all {
		holds, err := v.condition.run(values)
		if yes, ok := holds.(bool); err != nil || !ok {
			if err == nil {
				err = fmt.Errorf("the condition is %v, neither true nor false", holds)
			}
			v.refused(p, p.item.Line, v.condition.source, err)
			return nil
		} else if yes {
			kept = append(kept, values)
		}
	}
	if len(kept) == 0 {
		v.refused(p, p.item.Line, v.condition.source, fmt.Errorf("the condition holds for none of %d variants", len(all)))
	}
	return kept
}

func with(values map[string]any, name string, value any) map[string]any {
	out := make(map[string]any, len(values)+1)
	for k, v := range values {
		out[k] = v
	}
	out[name] = value
	return out
}

// question is the i-th variant.
func (v *variants) question(i int) (Question, problem.List) {
	texts := make([]string, len(v.expressions))
	for n, code := range v.expressions {
		value, err := code.run(v.values[i])
		if err == nil {
			texts[n], err = shown(value)
		}
		if err != nil {
			p := parser{item: v.item}
			v.refused(&p, v.item.Line, code.source, err)
			return Question{}, p.problems
		}
	}
	return parseOne(v.item.filled(texts))
}

// inVariant says in which variant something is wrong.
func (v *variants) inVariant(problems problem.List, i int) problem.List {
	var values []string
	for _, name := range v.names {
		text, _ := shown(v.values[i][name]) // Pools hold only what can be shown.
		values = append(values, name+"="+clip(text))
	}
	out := slices.Clone(problems)
	for n := range out {
		out[n].Found += " (in the variant " + strings.Join(values, ", ") + ")"
	}
	return out
}

// hash covers the variables too: they decide what is right.
func (v *variants) hash(first Question) string {
	parts := []any{first.Hash, v.names, v.item.Expressions}
	for _, variable := range v.item.Variables {
		parts = append(parts, variable.Name, variable.Source)
	}
	return digest(parts)
}

// mark is what stands for the expression at an index in the texts of an item with
// variables. It is a number, which no renderer takes apart.
var markPattern = regexp.MustCompile(`740918(\d{3})819047`)

// Mark stands for the expression at an index of Item.Expressions in its texts.
func Mark(index int) string { return fmt.Sprintf("740918%03d819047", index) }

// filled puts texts where their marks are.
func (item Item) filled(texts []string) Item {
	fill := func(s string, escape func(string) string) string {
		return markPattern.ReplaceAllStringFunc(s, func(mark string) string {
			n, err := strconv.Atoi(mark[6:9])
			if err != nil || n >= len(texts) {
				return mark
			}
			return escape(texts[n])
		})
	}
	html := func(s template.HTML) template.HTML { return template.HTML(fill(string(s), template.HTMLEscapeString)) }
	plain := func(s string) string { return fill(s, func(s string) string { return s }) }
	choices := func(all []Choice) []Choice {
		out := slices.Clone(all)
		for i := range out {
			out[i].Label, out[i].Source, out[i].Why = html(out[i].Label), plain(out[i].Source), html(out[i].Why)
		}
		return out
	}
	item.Prompt, item.Hints, item.Why = html(item.Prompt), html(item.Hints), html(item.Why)
	item.Choices, item.Entries = choices(item.Choices), choices(item.Entries)
	return item
}

// Seed is a number made of names: the same for the same names, always.
func Seed(names ...string) uint64 {
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	return binary.BigEndian.Uint64(sum[:])
}

// For is the question as one learner gets it: the variant and the order of its
// options depend on the seed and on nothing else.
func (q Question) For(seed uint64) Question {
	if q.variants != nil {
		all := q.variants
		if one, problems := all.question(int(seed % uint64(len(all.values)))); !problems.HasErrors() { // Parse tried every one.
			one.Variants = len(all.values)
			q = one
		}
	}
	return q.arranged(seed)
}

// arranged shows options in an order of the learner's own. That of ordered entries
// is never the right one, and matches keep the order of their lefts, which answers
// are given by.
func (q Question) arranged(seed uint64) Question {
	name := fmt.Sprintf("%s/%d", q.ID, seed)
	switch q.Kind {
	case Single, Multi:
		if !q.Fixed {
			q.Options = permuted(q.Options, ranked(name, len(q.Options)))
		}
	case Order, Parsons:
		order := ranked(name, len(q.Options))
		q.Options = permuted(q.Options, order)
		if q.inKeyOrder() {
			first, second := q.option(q.Key[0]), q.option(q.Key[1])
			q.Options[first], q.Options[second] = q.Options[second], q.Options[first]
		}
	case Match:
		q.Targets = permuted(q.Targets, ranked(name, len(q.Targets)))
	case Number, Text, Cloze, Predict:
	}
	return q
}

// inKeyOrder tells whether the options that belong stand in the right order.
func (q Question) inKeyOrder() bool {
	var shown []string
	for _, o := range q.Options {
		if slices.Contains(q.Key, o.ID) {
			shown = append(shown, o.ID)
		}
	}
	return slices.Equal(shown, q.Key)
}

// option is the index of the option with an id.
func (q Question) option(id string) int {
	return slices.IndexFunc(q.Options, func(o Option) bool { return o.ID == id })
}

func permuted(options []Option, order []int) []Option {
	out := make([]Option, len(options))
	for i, from := range order {
		out[i] = options[from]
	}
	return out
}

// Order is the ids of the options as they are shown, or of the targets of a match.
func (q Question) Order() []string {
	options := q.Options
	if q.Kind == Match {
		options = q.Targets
	}
	ids := make([]string, len(options))
	for i, o := range options {
		ids[i] = o.ID
	}
	return ids
}

// Sample is up to n of the item's variants (the item itself when it has none), spread
// over all of them: what an author's proof looks at.
func (q Question) Sample(n int) []Question {
	if q.variants == nil {
		return []Question{q}
	}
	all := len(q.variants.values)
	var out []Question
	for i := range min(n, all) {
		if one, problems := q.variants.question(i * all / min(n, all)); !problems.HasErrors() { // Parse tried every one.
			out = append(out, one)
		}
	}
	return out
}

// same tells whether a translation computes the same.
func (v *variants) same(other *variants) bool {
	plain := func(v *variants) []string {
		var out []string
		for _, variable := range v.item.Variables {
			out = append(out, variable.Name+": "+strings.TrimSpace(variable.Source))
		}
		return out
	}
	if !slices.Equal(plain(v), plain(other)) || len(v.values) != len(other.values) {
		return false
	}
	for i := range v.values {
		q, _ := v.question(i) // Parse tried every one.
		o, _ := other.question(i)
		if !q.SameKey(o) {
			return false
		}
	}
	return true
}
