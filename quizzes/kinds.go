package quizzes

import (
	"errors"
	"fmt"
	"html/template"
	"math"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

func (p *parser) single() {
	if !p.only(true) {
		return
	}
	if n := p.choices(); n > 1 {
		p.problem(p.item.Line, "quiz-two-right", fmt.Sprintf("%s has %d right options", p.name(), n),
			"a single choice has exactly one", "write q:multi, or leave one [x]")
	}
}

func (p *parser) multi() {
	if p.only(true) {
		p.choices()
	}
}

// choices makes options of the task list and returns how many are right.
func (p *parser) choices() (right int) {
	p.distinct(p.item.Choices)
	for i, c := range p.item.Choices {
		o := option(letter(i), c)
		o.Right = c.Checked
		if c.Checked {
			right++
		}
		p.question.Options = append(p.question.Options, o)
	}
	if right == 0 {
		p.problem(p.item.Line, "quiz-none-right", p.name()+" has no right option", "at least one is marked [x]", "mark the right one with [x]")
	}
	if len(p.item.Choices) < 2 {
		p.problem(p.item.Line, "quiz-size", p.name()+" has one option", "a choice has at least two", "add a wrong option and say why it is wrong")
	}
	return right
}

func (p *parser) number() {
	right, wrong, ok := p.answers()
	if !ok {
		return
	}
	if len(right) > 1 {
		p.problem(right[1].Line, "quiz-number", p.name()+" has two numbers", "a number item has one right number",
			"write one entry with a tolerance: - 42 ± 0.5")
		return
	}
	if p.question.Value, p.question.Tolerance, ok = p.numberOf(right[0]); !ok {
		return
	}
	for _, entry := range wrong {
		value, tolerance, ok := p.numberOf(entry)
		if ok && math.Abs(value-p.question.Value)+tolerance <= p.question.Tolerance {
			p.problem(entry.Line, "quiz-wrong", fmt.Sprintf("%q is within the right answer", clip(entry.Source)),
				"a [ ] entry is a wrong answer", "change it or remove it")
		}
		p.question.Wrong = append(p.question.Wrong, Wrong{Value: value, Tolerance: tolerance, Why: entry.Why})
	}
	p.question.Why = join(p.question.Why, right)
}

func (p *parser) numberOf(entry Choice) (value, tolerance float64, ok bool) {
	value, tolerance, err := numberWithTolerance(strings.Trim(entry.Source, "`"))
	if err != nil {
		p.problem(entry.Line, "quiz-number", fmt.Sprintf("%q: %v", clip(entry.Source), err),
			"a number, and a tolerance of 0 or more", "write - 42 or - 42 ± 0.5 or - 42 ± 5%")
	}
	return value, tolerance, err == nil
}

// answers are the right answers of a number or text item, and the wrong ones the
// author has something to say about. A plain list has only right ones.
func (p *parser) answers() (right, wrong []Choice, ok bool) {
	if len(p.item.Choices) == 0 || len(p.item.Entries) > 0 {
		return p.item.Entries, nil, p.only(false)
	}
	if !p.only(true) {
		return nil, nil, false
	}
	p.distinct(p.item.Choices)
	for _, c := range p.item.Choices {
		if c.Checked {
			right = append(right, c)
			continue
		}
		wrong = append(wrong, c)
		if c.Why == "" {
			p.problem(c.Line, "quiz-wrong", fmt.Sprintf("nothing is said about the wrong answer %q", clip(c.Source)),
				"a [ ] entry of a number or text item says below it why it is wrong", "add the reason, or remove the entry")
		}
	}
	if len(right) == 0 {
		p.problem(p.item.Line, "quiz-none-right", p.name()+" has no right answer", "at least one is marked [x]", "mark the right one with [x]")
	}
	return right, wrong, len(right) > 0
}

// numberWithTolerance reads "42", "42 ± 0.5", "42 +- 0.5" and "42 ± 5%".
func numberWithTolerance(text string) (value, tolerance float64, err error) {
	text = strings.Replace(text, "+-", "±", 1)
	left, right, found := strings.Cut(text, "±")
	if value, err = parseNumber(left); err != nil || !found {
		return value, 0, err
	}
	percent := strings.HasSuffix(strings.TrimSpace(right), "%")
	tolerance, err = parseNumber(strings.TrimSuffix(strings.TrimSpace(right), "%"))
	if err == nil && tolerance < 0 {
		err = errors.New("the tolerance is negative")
	}
	if percent {
		tolerance *= math.Abs(value) / 100
	}
	if err == nil && math.IsInf(tolerance, 0) {
		err = errors.New("the tolerance is too large")
	}
	return value, tolerance, err
}

// parseNumber reads a finite decimal number in the digits of any script.
func parseNumber(text string) (float64, error) {
	text = strings.Map(plainDigit, strings.TrimSpace(text))
	if text == "" {
		return 0, errors.New("a number is missing")
	}
	if strings.ContainsAny(text, "xXpP_iInN") {
		return 0, fmt.Errorf("%q is not a decimal number", clip(text))
	}
	value, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%q is too large", clip(text))
	}
	if err != nil {
		return 0, fmt.Errorf("%q is not a decimal number", clip(text))
	}
	return value, nil
}

func (p *parser) text() {
	right, wrong, ok := p.answers()
	if !ok {
		return
	}
	p.distinct(right)
	for _, entry := range right {
		p.question.Accept = append(p.question.Accept, p.form(entry, entry.Source))
	}
	for _, entry := range wrong {
		p.question.Wrong = append(p.question.Wrong, Wrong{Form: p.form(entry, entry.Source), Why: entry.Why})
	}
	p.question.Why = join(p.question.Why, right)
}

// form reads one accepted form: a text, or /…/ for a regular expression.
func (p *parser) form(entry Choice, source string) string {
	form := strings.TrimSpace(source)
	if len(form) > 1 && strings.HasPrefix(form, "`") && strings.HasSuffix(form, "`") {
		form = strings.TrimSpace(strings.Trim(form, "`"))
	}
	pattern, ok := isPattern(form)
	if !ok {
		return form
	}
	if len(pattern) > maxPattern {
		p.problem(entry.Line, "quiz-regex", fmt.Sprintf("a regular expression of %d bytes", len(pattern)),
			fmt.Sprintf("at most %d", maxPattern), "accept several shorter forms")
	} else if _, err := compile(pattern); err != nil {
		p.problem(entry.Line, "quiz-regex", fmt.Sprintf("%q: %s", clip(form), explainPattern(err)),
			"a regular expression in RE2 syntax, which has no look-around and no back-references", "rewrite it, or list the accepted forms")
	}
	return form
}

func isPattern(form string) (string, bool) {
	if len(form) > 2 && form[0] == '/' && form[len(form)-1] == '/' {
		return form[1 : len(form)-1], true
	}
	return "", false
}

// compile anchors the pattern: an accepted form is the whole answer.
func compile(pattern string) (*regexp.Regexp, error) {
	if _, err := syntax.Parse(pattern, syntax.Perl); err != nil {
		return nil, err
	}
	return regexp.Compile(`^(?i:` + pattern + `)$`)
}

func explainPattern(err error) string {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	if strings.HasPrefix(e.Expr, "(?=") || strings.HasPrefix(e.Expr, "(?!") || strings.HasPrefix(e.Expr, "(?<") {
		return fmt.Sprintf("look-around %q is not supported by RE2", clip(e.Expr))
	}
	return fmt.Sprintf("%s at %q", e.Code, clip(e.Expr))
}

func (p *parser) order() {
	if p.only(false) && p.atLeastTwo(len(p.item.Entries)) {
		p.distinct(p.item.Entries)
		p.ordered(p.item.Entries, len(p.item.Entries))
	}
}

// parsons takes a plain list of lines in order, or a task list in which the
// lines that belong are [x] and distractors are [ ].
func (p *parser) parsons() {
	lines := p.item.Entries
	if len(lines) == 0 {
		lines = p.item.Choices
	}
	if !p.only(len(p.item.Entries) == 0) {
		return
	}
	if len(p.item.Entries) > 0 {
		p.order()
		return
	}
	p.distinct(lines)
	belongs := slices.DeleteFunc(slices.Clone(lines), func(c Choice) bool { return !c.Checked })
	extra := slices.DeleteFunc(slices.Clone(lines), func(c Choice) bool { return c.Checked })
	if p.atLeastTwo(len(belongs)) {
		p.ordered(append(belongs, extra...), len(belongs))
	}
}

func (p *parser) atLeastTwo(n int) bool {
	if n < 2 {
		p.problem(p.item.Line, "quiz-size", fmt.Sprintf("%s has %s", p.name(), count(n, "entry to order", "entries to order")),
			"at least two", "add the entries in the right order")
	}
	return n >= 2
}

// ordered shows the entries shuffled; the first n of them, in their order, are the key.
func (p *parser) ordered(entries []Choice, n int) {
	ids := make([]string, len(entries))
	for shown, written := range shuffled(p.question.ID, len(entries)) {
		ids[written] = letter(shown)
		p.question.Options = append(p.question.Options, option(letter(shown), entries[written]))
	}
	p.question.Key = ids[:n]
}

func (p *parser) match() {
	if !p.only(false) {
		return
	}
	p.distinct(p.item.Entries)
	var lefts []Option
	var rights []template.HTML // Each different one once.
	var keys []int
	for _, entry := range p.item.Entries {
		left, right, ok := cutArrow(entry.Label)
		if !ok {
			p.problem(entry.Line, "quiz-match", fmt.Sprintf("%q has no arrow", clip(entry.Source)),
				"a pair is written left → right (or left -> right)", "put the arrow between the two sides")
			return
		}
		at := slices.Index(rights, right)
		if at < 0 {
			at, rights = len(rights), append(rights, right)
		}
		if left != "" {
			lefts = append(lefts, Option{ID: letter(len(lefts)), Label: left, Why: entry.Why})
			keys = append(keys, at)
		}
	}
	if p.atLeastTwo(len(lefts)) {
		p.pairs(lefts, rights, keys)
	}
}

func (p *parser) pairs(lefts []Option, rights []template.HTML, keys []int) {
	ids := make([]string, len(rights))
	for shown, written := range shuffled(p.question.ID, len(rights)) {
		ids[written] = strconv.Itoa(shown + 1)
		p.question.Targets = append(p.question.Targets, Option{ID: ids[written], Label: rights[written]})
	}
	p.question.Options = lefts
	for _, key := range keys {
		p.question.Key = append(p.question.Key, ids[key])
	}
}

// cutArrow splits a label at its first arrow outside of any element.
func cutArrow(label template.HTML) (left, right template.HTML, ok bool) {
	depth := 0
	text := string(label)
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "</"):
			depth--
		case text[i] == '<':
			depth++
		}
		for _, arrow := range []string{"→", "-&gt;"} {
			if depth == 0 && strings.HasPrefix(text[i:], arrow) {
				left = template.HTML(strings.TrimSpace(text[:i]))
				right = template.HTML(strings.TrimSpace(text[i+len(arrow):]))
				return left, right, right != ""
			}
		}
	}
	return "", "", false
}

func (p *parser) cloze() {
	if !p.only(false) {
		return
	}
	if p.item.Gaps != len(p.item.Entries) {
		p.problem(p.item.Line, "quiz-cloze", fmt.Sprintf("%s has %s and %s", p.name(), count(p.item.Gaps, "blank", "blanks"), count(len(p.item.Entries), "list entry", "list entries")),
			"every blank (____) has one list entry, in the same order", "add or remove the difference")
		return
	}
	for _, entry := range p.item.Entries {
		var forms []string
		for _, source := range strings.Split(entry.Source, " | ") {
			forms = append(forms, p.form(entry, source))
		}
		p.question.Accept = append(p.question.Accept, strings.Join(forms, " | "))
	}
	p.question.Gaps = p.item.Gaps
	p.question.Why = join(p.question.Why, p.item.Entries)
}

func (p *parser) predict() {
	if len(p.item.Choices)+len(p.item.Entries) > 0 {
		p.problem(p.item.Line, "quiz-list", p.name()+" has a list", "the answer of a predict item is its output block", "remove the list")
	}
	if len(p.item.Outputs) != 1 {
		p.problem(p.item.Line, "quiz-predict", fmt.Sprintf("%s has %d output blocks", p.name(), len(p.item.Outputs)),
			"a predict item has one run block followed by one output block", "write ```bash run and after it ```output")
		return
	}
	p.question.Accept = p.item.Outputs
}
