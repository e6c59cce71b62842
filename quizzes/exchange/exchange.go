// Package exchange carries quiz items between lessons and what other systems read and
// write: GIFT, Moodle XML and, inwards only, QTI 1.2. What one side cannot say is named
// with its place and never dropped in silence.
package exchange

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	htmltomarkdown "github.com/JohannesKaufmann/html-to-markdown/v2"

	"pattarai/lessons/problem"
	"pattarai/quizzes"
)

// The bounds of one file.
const (
	MaxInput = 4 << 20 // Bytes.
	MaxItems = 2000
)

// Format is how a file is written.
type Format string

// The formats.
const (
	GIFT   Format = "gift"
	Moodle Format = "moodle-xml"
	QTI    Format = "qti-1.2" // Only read.
)

// Item is a question in Markdown.
type Item struct {
	ID      string
	Kind    quizzes.Kind
	Title   string
	Points  float64 // 0 means 1.
	Fixed   bool    // Options keep their order.
	Prompt  string
	Entries []Entry
	Why     string
	Hints   []string
	Line    int
}

// Entry is a line of an item's list, as docs/authoring-lessons.md describes it.
type Entry struct {
	Right bool
	Text  string // Of a match the left side; "" for a target that belongs to nothing.
	Pair  string // Of a match the right side.
	Why   string
}

// Read reads a file of a format. Problems that are errors are of items that are left
// out, or of the whole file; warnings are of what was lost of an item.
func Read(format Format, file string, source []byte) ([]Item, problem.List) {
	r := reader{file: file}
	if len(source) > MaxInput {
		r.refuse(0, "exchange-size", fmt.Sprintf("a file of %d bytes", len(source)), fmt.Sprintf("at most %d", MaxInput), "split it")
		return nil, r.problems
	}
	switch format {
	case GIFT:
		r.gift(string(source))
	case Moodle:
		r.moodle(source)
	case QTI:
		r.qti(source)
	default:
		r.refuse(0, "exchange-format", fmt.Sprintf("the format %q", format), "gift, moodle-xml and qti-1.2 are read", "name one of them")
	}
	return r.items, r.problems
}

// Write writes items in a format. Those it cannot say are left out, each with a problem.
func Write(format Format, file string, items []Item) ([]byte, problem.List) {
	w := writer{file: file}
	switch format {
	case GIFT:
		w.gift(items)
	case Moodle:
		w.moodle(items)
	default:
		w.refuse(0, "exchange-format", fmt.Sprintf("the format %q", format), "gift and moodle-xml are written", "name one of them")
	}
	return []byte(w.out.String()), w.problems
}

// writer writes items of a file.
type writer struct {
	file     string
	out      strings.Builder
	problems problem.List
}

func (w *writer) refuse(line int, code, found, allowed, fix string) {
	w.problems = append(w.problems, problem.Problem{File: w.file, Line: line, Code: code, Severity: problem.Error, Found: found, Allowed: allowed, Fix: fix})
}

func (w *writer) cannot(item Item, what, where string) {
	w.refuse(item.Line, "exchange-unsupported", fmt.Sprintf("the item %q has %s", item.ID, what), where+" has no words for it", "the item is left out; write it there by hand")
}

func (w *writer) lost(item Item, what, where string) {
	w.problems = append(w.problems, problem.Problem{File: w.file, Line: item.Line, Code: "exchange-lost", Severity: problem.Warning,
		Found: fmt.Sprintf("%s of the item %q", what, item.ID), Allowed: where + " has no words for it", Fix: "the item is written without"})
}

// reader collects the items of a file.
type reader struct {
	file     string
	items    []Item
	problems problem.List
	ids      map[string]bool
	full     bool
}

func (r *reader) refuse(line int, code, found, allowed, fix string) {
	r.problems = append(r.problems, problem.Problem{File: r.file, Line: line, Code: code, Severity: problem.Error, Found: found, Allowed: allowed, Fix: fix})
}

// unsupported says that a question is left out.
func (r *reader) unsupported(line int, name, what string) {
	r.refuse(line, "exchange-unsupported", fmt.Sprintf("%s: %s", name, what), "a quiz item here has no such thing", "the question is left out; write it by hand")
}

// lost says that a question comes without something.
func (r *reader) lost(line int, name, what string) {
	r.problems = append(r.problems, problem.Problem{File: r.file, Line: line, Code: "exchange-lost", Severity: problem.Warning,
		Found: fmt.Sprintf("%s: %s", name, what), Allowed: "a quiz item here has no such thing", Fix: "the question is taken without; look whether it still says what it should"})
}

// add takes an item, makes its texts fit for a lesson and gives it an id.
func (r *reader) add(item Item, name string) {
	if len(r.items) >= MaxItems {
		if !r.full {
			r.refuse(item.Line, "exchange-size", fmt.Sprintf("more than %d questions", MaxItems), fmt.Sprintf("at most %d are read", MaxItems), "split the file")
		}
		r.full = true
		return
	}
	if len(item.Entries) > quizzes.MaxOptions {
		r.unsupported(item.Line, name, fmt.Sprintf("%d answers, at most %d are taken", len(item.Entries), quizzes.MaxOptions))
		return
	}
	if item.Title = oneLine(item.Title); item.Title == "" {
		item.Title = oneLine(firstWords(item.Prompt))
	}
	if item.Title == "" {
		item.Title = "Question"
	}
	item.Title = strings.ReplaceAll(item.Title, "<!--", "\\<!--")
	item.Prompt = r.promptText(item, name)
	for i := range item.Entries {
		e := &item.Entries[i]
		e.Text, e.Pair, e.Why = strings.TrimSpace(e.Text), oneLine(e.Pair), strings.TrimSpace(e.Why)
	}
	item.Why = strings.TrimSpace(item.Why)
	item.ID = r.id(item.ID, item.Title)
	r.items = append(r.items, item)
}

var listLine = regexp.MustCompile(`^( {0,3})([-*+]|\d{1,9}[.)])(\s+|$)`)

// promptText is a prompt in which nothing can be taken for the list of answers, for a
// heading or for a comment.
func (r *reader) promptText(item Item, name string) string {
	lines, changed, fenced := strings.Split(strings.TrimSpace(item.Prompt), "\n"), false, ""
	for i, line := range lines {
		if fenced = fence(fenced, line); fenced != "" {
			continue
		}
		switch {
		case listLine.MatchString(line):
			lines[i] = listLine.ReplaceAllString(line, "$1• ") + "\\"
			changed = true
		case strings.HasPrefix(strings.TrimSpace(line), "#"):
			lines[i] = "\\" + strings.TrimSpace(line)
			changed = true
		case strings.Contains(line, "<!--"):
			lines[i] = strings.ReplaceAll(line, "<!--", "\\<!--")
			changed = true
		}
	}
	if fenced != "" {
		lines = append(lines, fenced)
	}
	if changed {
		r.lost(item.Line, name, "a list, heading or comment in what is asked becomes plain text")
	}
	return strings.Join(lines, "\n")
}

// fence is the fence that is open after a line; "" when none is.
func fence(open, line string) string {
	trimmed := strings.TrimSpace(line)
	for _, mark := range []string{"```", "~~~"} {
		switch {
		case open == "" && strings.HasPrefix(trimmed, mark):
			return mark
		case open == mark && strings.HasPrefix(trimmed, mark):
			return ""
		}
	}
	return open
}

var notID = regexp.MustCompile(`[^a-z0-9]+`)

// id is a new id made of the first of some names that has letters for one.
func (r *reader) id(names ...string) string {
	base := ""
	for _, name := range names {
		base = strings.Trim(notID.ReplaceAllString(strings.ToLower(name), "-"), "-")
		if base = strings.Trim(base[:min(len(base), 40)], "-"); base != "" {
			break
		}
	}
	if base == "" {
		base = "q"
	}
	if r.ids == nil {
		r.ids = map[string]bool{}
	}
	id := base
	for n := 2; r.ids[id]; n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	r.ids[id] = true
	return id
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func firstWords(s string) string {
	words := strings.Fields(s)
	return strings.Join(words[:min(len(words), 10)], " ")
}

var element = regexp.MustCompile(`</?[a-zA-Z][^>]*>|&[a-zA-Z#0-9]+;`)

// fromHTML is Markdown that says what some HTML says.
func fromHTML(source string) string {
	if !element.MatchString(source) {
		return strings.TrimSpace(source)
	}
	out, err := htmltomarkdown.ConvertString(source)
	if err != nil {
		return strings.TrimSpace(source)
	}
	return strings.TrimSpace(out)
}

// shares tells whether the right ones of some fractions in percent share the points
// equally, as they do here.
func shares(fractions []float64) bool {
	var positive []float64
	for _, f := range fractions {
		if f > 0 {
			positive = append(positive, f)
		}
	}
	return len(positive) == 0 || slices.Max(positive)-slices.Min(positive) < 1
}
