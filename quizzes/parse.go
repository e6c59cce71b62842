package quizzes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pattarai/lessons/problem"
)

// The bounds of a question.
const (
	MaxOptions  = 20       // Options, entries or blanks of one question.
	MaxPoints   = 100      // Points of one question.
	MaxAnswer   = 64 << 10 // Bytes of one answer, all values together.
	maxPattern  = 1000     // Bytes of one regular expression.
	maxIDLength = 64
)

var idPattern = regexp.MustCompile(`^[a-z0-9]+(?:-[a-z0-9]+)*$`)

// Parse makes a question of an item, or says what is wrong with it. Of an item with
// variables every variant is tried.
func Parse(item Item) (Question, problem.List) {
	if len(item.Variables) > 0 {
		return parseVariants(item)
	}
	return parseOne(item)
}

func parseOne(item Item) (Question, problem.List) {
	p := parser{item: item, question: Question{
		ID: item.Attrs["id"], Kind: Kind(item.Kind), Title: item.Title, Prompt: item.Prompt, Hints: item.Hints,
		Points: 1, Line: item.Line, Why: item.Why, Run: item.Run,
	}}
	p.attributes()
	if parse, ok := p.kinds()[p.question.Kind]; ok {
		parse()
	} else {
		p.unknownKind()
	}
	if p.problems.HasErrors() {
		return Question{}, p.problems
	}
	p.question.Hash = hash(p.question)
	return p.question, p.problems
}

type parser struct {
	item     Item
	question Question
	problems problem.List
}

func (p *parser) kinds() map[Kind]func() {
	return map[Kind]func(){
		Single: p.single, Multi: p.multi, Number: p.number, Text: p.text, Order: p.order,
		Match: p.match, Cloze: p.cloze, Parsons: p.parsons, Predict: p.predict,
	}
}

// problem reports what was found at a line of the item's file.
func (p *parser) problem(line int, code, found, allowed, fix string) {
	p.problems = append(p.problems, problem.Problem{
		File: p.item.File, Line: line, Code: code, Severity: problem.Error,
		Found: found, Allowed: allowed, Fix: fix,
	})
}

// name is how a message calls the item.
func (p *parser) name() string {
	if id := p.item.Attrs["id"]; id != "" {
		return fmt.Sprintf("quiz item %q", id)
	}
	return "this quiz item"
}

func (p *parser) unknownKind() {
	var names []string
	for _, kind := range Kinds() {
		names = append(names, string(kind))
	}
	fix := "use one of them"
	if near := problem.Nearest(p.item.Kind, names); near != "" {
		fix = "did you mean q:" + near + "?"
	}
	p.problem(p.item.Line, "quiz-kind", fmt.Sprintf("%q is not a kind of quiz item", p.item.Kind),
		"allowed are "+strings.Join(names, ", "), fix)
}

func (p *parser) attributes() {
	allowed := []string{"id", "points", "shuffle"}
	names := make([]string, 0, len(p.item.Attrs))
	for name := range p.item.Attrs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !slices.Contains(allowed, name) {
			fix := "remove it"
			if near := problem.Nearest(name, allowed); near != "" {
				fix = fmt.Sprintf("did you mean %s?", near)
			}
			p.problem(p.item.Line, "quiz-attribute", fmt.Sprintf("unknown attribute %q", name), "allowed are "+strings.Join(allowed, ", "), fix)
		}
	}
	p.id()
	p.points()
	p.shuffle()
}

// shuffle=no keeps the author's order of options ("none of these" comes last).
func (p *parser) shuffle() {
	text, ok := p.item.Attrs["shuffle"]
	p.question.Fixed = text == "no"
	if ok && text != "no" && text != "yes" {
		p.problem(p.item.Line, "quiz-attribute", "shuffle="+clip(text), "shuffle is yes or no", "write shuffle=no, or remove it")
	}
}

func (p *parser) id() {
	id := p.item.Attrs["id"]
	switch {
	case id == "":
		p.problem(p.item.Line, "quiz-id", "a quiz item has no id", "an id is needed, answers are stored under it",
			fmt.Sprintf("write <!-- q:%s id=some-name -->", p.item.Kind))
	case len(id) > maxIDLength || !idPattern.MatchString(id):
		p.problem(p.item.Line, "quiz-id", fmt.Sprintf("quiz id %q", clip(id)),
			fmt.Sprintf("an id has small letters, digits and single hyphens, at most %d", maxIDLength), "rename it")
	}
}

func (p *parser) points() {
	text, ok := p.item.Attrs["points"]
	if !ok {
		return
	}
	points, err := strconv.ParseFloat(text, 64)
	if err != nil || !(points > 0 && points <= MaxPoints) {
		p.problem(p.item.Line, "quiz-points", "points="+clip(text),
			fmt.Sprintf("points is a number above 0, at most %d", MaxPoints), "write points=1")
		return
	}
	p.question.Points = points
}

// only reports lists of the wrong sort and tells whether there is something to read.
func (p *parser) only(tasks bool) bool {
	right, wrong, want, got := p.item.Entries, p.item.Choices, "a plain list (- …)", "a task list (- [ ] …)"
	if tasks {
		right, wrong, want, got = wrong, right, "a task list (- [ ] …)", "a plain list (- …)"
	}
	switch {
	case len(right) == 0 && len(wrong) > 0:
		p.problem(wrong[0].Line, "quiz-list", fmt.Sprintf("%s has %s", p.name(), got),
			fmt.Sprintf("%s has %s", p.item.Kind, want), "rewrite the list")
	case len(right) == 0:
		p.problem(p.item.Line, "quiz-empty", p.name()+" has no list of answers",
			fmt.Sprintf("%s has %s", p.item.Kind, want), "add the list after the question")
	case len(wrong) > 0:
		p.problem(wrong[0].Line, "quiz-list", p.name()+" mixes two sorts of list",
			fmt.Sprintf("%s has only %s", p.item.Kind, want), "remove the other list")
	case len(right) > MaxOptions:
		p.problem(p.item.Line, "quiz-size", fmt.Sprintf("%s has %d list entries", p.name(), len(right)),
			fmt.Sprintf("at most %d", MaxOptions), "split the question")
	default:
		return true
	}
	return false
}

// distinct reports entries that are empty or the same as an earlier one.
func (p *parser) distinct(choices []Choice) {
	seen := map[string]int{}
	for _, c := range choices {
		text := strings.ToLower(strings.Join(strings.Fields(c.Source), " "))
		if text == "" {
			p.problem(c.Line, "quiz-option-empty", fmt.Sprintf("an entry of %s is empty", p.name()), "", "write its text or remove it")
		} else if first, ok := seen[text]; ok {
			p.problem(c.Line, "quiz-option-twice", fmt.Sprintf("%q is also the entry of line %d", clip(c.Source), first),
				"every entry of a quiz item is different", "change or remove one of them")
		} else {
			seen[text] = c.Line
		}
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func clip(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// letter is the id of the option at index i.
func letter(i int) string { return string(rune('a' + i)) }

// hash covers everything that decides a grade, so that a stored score can be
// told from one by another key.
func hash(q Question) string {
	var right []string
	for _, o := range q.Options {
		right = append(right, fmt.Sprintf("%s=%t", o.ID, o.Right))
	}
	return digest([]any{q.ID, q.Kind, q.Points, right, q.Accept, q.Value, q.Tolerance, q.Key, q.Gaps})
}

func digest(parts []any) string {
	data, _ := json.Marshal(parts) // Plain values always marshal.
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// SameKey tells whether other, a translation of q, is graded alike: accepted
// texts may differ between languages, nothing else may.
func (q Question) SameKey(other Question) bool {
	if (q.variants == nil) != (other.variants == nil) {
		return false
	}
	if q.variants != nil && !q.variants.same(other.variants) {
		return false
	}
	q.Accept, other.Accept = nil, nil
	return len(q.Options) == len(other.Options) && len(q.Targets) == len(other.Targets) && hash(q) == hash(other)
}

// shuffled returns the indexes 0..n-1 in an order that depends on nothing but
// the item's id, so that it is the same in every language and after every
// reload, and that is never the author's own.
func shuffled(id string, n int) []int {
	indexes := ranked(id, n)
	if n > 1 && slices.IsSorted(indexes) {
		indexes = append(indexes[1:], indexes[0])
	}
	return indexes
}

// ranked returns the indexes 0..n-1 in an order that depends on the name only.
func ranked(name string, n int) []int {
	indexes := make([]int, n)
	for i := range indexes {
		indexes[i] = i
	}
	slices.SortFunc(indexes, func(a, b int) int {
		return strings.Compare(shuffleKey(name, a), shuffleKey(name, b))
	})
	return indexes
}

func shuffleKey(id string, i int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", id, i))
	return string(sum[:])
}

func option(id string, c Choice) Option {
	return Option{ID: id, Label: c.Label, Why: c.Why}
}

// join puts the reasons of all entries together.
func join(first template.HTML, choices []Choice) template.HTML {
	for _, c := range choices {
		first += c.Why
	}
	return first
}
