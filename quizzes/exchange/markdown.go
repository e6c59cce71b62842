package exchange

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"pattarai/lessons/problem"
	"pattarai/quizzes"
)

// Markdown writes items as a lesson has them.
func Markdown(items []Item) string {
	var out strings.Builder
	for i, item := range items {
		if i > 0 {
			out.WriteString("\n")
		}
		item.markdown(&out)
	}
	return out.String()
}

func (item Item) markdown(out *strings.Builder) {
	fmt.Fprintf(out, "### %s\n<!-- q:%s id=%s", item.Title, item.Kind, item.ID)
	if item.Points != 0 && item.Points != 1 {
		fmt.Fprintf(out, " points=%s", strconv.FormatFloat(item.Points, 'f', -1, 64))
	}
	if item.Fixed {
		out.WriteString(" shuffle=no")
	}
	out.WriteString(" -->\n\n")
	if item.Prompt != "" {
		out.WriteString(item.Prompt + "\n\n")
	}
	for _, hint := range item.Hints {
		fmt.Fprintf(out, "<details><summary>Hint</summary>\n\n%s\n\n</details>\n\n", hint)
	}
	for i, e := range item.Entries {
		out.WriteString(item.entry(i, e))
	}
	if item.Why != "" {
		out.WriteString("\n" + prefixed(item.Why, "> ", "> ") + "\n")
	}
}

// entry is one line of the list, with its reason below.
func (item Item) entry(i int, e Entry) string {
	mark := "- "
	switch {
	case item.Kind == quizzes.Order:
		mark = strconv.Itoa(i+1) + ". "
	case item.tasks() && e.Right:
		mark = "- [x] "
	case item.tasks():
		mark = "- [ ] "
	}
	text := e.Text
	if item.Kind == quizzes.Match {
		text = strings.TrimSpace(oneLine(e.Text) + " → " + e.Pair)
	}
	indent := "  "
	if item.Kind == quizzes.Order {
		indent = strings.Repeat(" ", len(mark))
	}
	line := prefixed(text, mark, indent) + "\n"
	if e.Why != "" {
		line += prefixed(e.Why, indent+"- ", indent+"  ") + "\n"
	}
	return line
}

// tasks tells whether the list of the item is a task list.
func (item Item) tasks() bool {
	switch item.Kind {
	case quizzes.Single, quizzes.Multi:
		return true
	case quizzes.Number, quizzes.Text:
		for _, e := range item.Entries {
			if !e.Right {
				return true
			}
		}
	case quizzes.Order, quizzes.Match, quizzes.Cloze, quizzes.Parsons, quizzes.Predict:
	}
	return false
}

// prefixed puts something before the first line of a text and before the others.
func prefixed(text, first, rest string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		switch {
		case i == 0:
			lines[i] = first + line
		case line == "":
			lines[i] = strings.TrimRight(rest, " ")
		default:
			lines[i] = rest + line
		}
	}
	return strings.Join(lines, "\n")
}

var (
	headingLine = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*\s*$`)
	quizLine    = regexp.MustCompile(`^<!--\s*q:(\S+)`)
	anyComment  = regexp.MustCompile(`^<!--`)
	taskBox     = regexp.MustCompile(`^\[([ xX])\]\s*`)
	hintLine    = regexp.MustCompile(`^<details[^>]*>`)
	nestedLine  = regexp.MustCompile(`^\s{2,}[-*+]\s+`)
	arrow       = regexp.MustCompile(`\s*(?:→|->)\s*`)
	pair        = regexp.MustCompile(`(\w+)=(\S+)`)
)

// ReadMarkdown finds the items of a lesson's text, which is one that loads. Those that
// live on what only a lesson has (variables, code that runs) come with a problem.
func ReadMarkdown(file, source string) ([]Item, problem.List) {
	r := reader{file: file}
	lines := strings.Split(strings.ReplaceAll(source, "\r\n", "\n"), "\n")
	fenced, heading := "", ""
	for i := 0; i < len(lines); i++ {
		inside := fenced != ""
		if fenced = fence(fenced, lines[i]); fenced != "" || inside {
			continue
		}
		if m := headingLine.FindStringSubmatch(lines[i]); m != nil {
			heading = m[1]
		} else if quizLine.MatchString(lines[i]) {
			i = r.lessonItem(lines, i, heading)
		}
	}
	return r.items, r.problems
}

// lessonItem reads the item whose comment begins at a line and returns its last line.
func (r *reader) lessonItem(lines []string, at int, heading string) int {
	item := Item{Line: at + 1, Title: heading, Kind: quizzes.Kind(strings.TrimSuffix(quizLine.FindStringSubmatch(lines[at])[1], "-->"))}
	end := at
	for end < len(lines)-1 && !strings.Contains(lines[end], "-->") {
		end++
	}
	attributes(&item, strings.Join(lines[at:end+1], "\n"))
	from, to := end+1, bodyEnd(lines, end+1)
	switch {
	case end > at:
		r.unsupported(item.Line, item.ID, "its comment has more than one line, as that of an item with variables")
	case item.Kind == quizzes.Predict || item.Kind == quizzes.Parsons:
		r.unsupported(item.Line, item.ID, fmt.Sprintf("the kind %s exists only in lessons", item.Kind))
	default:
		body := body{item: &item}
		for _, line := range lines[from:to] {
			body.take(line)
		}
		body.finish()
		r.items = append(r.items, item)
	}
	return to - 1
}

func attributes(item *Item, comment string) {
	for _, m := range pair.FindAllStringSubmatch(comment, -1) {
		value := strings.Trim(m[2], `"`)
		switch m[1] {
		case "id":
			item.ID = value
		case "points":
			item.Points, _ = strconv.ParseFloat(value, 64) // A lesson that loads has a number.
		case "shuffle":
			item.Fixed = value == "no"
		}
	}
}

// bodyEnd is the line after an item: of the next heading or comment.
func bodyEnd(lines []string, from int) int {
	fenced := ""
	for i := from; i < len(lines); i++ {
		inside := fenced != ""
		if fenced = fence(fenced, lines[i]); fenced != "" || inside {
			continue
		}
		if headingLine.MatchString(lines[i]) || anyComment.MatchString(lines[i]) {
			return i
		}
	}
	return len(lines)
}

// part is where in an item a line stands.
type part int

const (
	inPrompt part = iota
	inHint
	inList
	inReason
	inQuote
	after
)

// body reads the lines of an item.
type body struct {
	item   *Item
	part   part
	back   part // Where a hint returns to.
	fenced string
	prompt []string
	hint   []string
}

func (b *body) take(line string) {
	inside := b.fenced != ""
	b.fenced = fence(b.fenced, line)
	if inside || b.fenced != "" {
		b.put(line)
		return
	}
	switch trimmed := strings.TrimSpace(line); {
	case b.part == after:
	case b.part == inHint && trimmed == "</details>":
		b.item.Hints = append(b.item.Hints, strings.TrimSpace(strings.Join(b.hint, "\n")))
		b.hint, b.part = nil, b.back
	case b.part == inHint:
		b.hint = append(b.hint, line)
	case hintLine.MatchString(trimmed):
		b.back, b.part = b.part, inHint
	case listLine.MatchString(line) && b.part != inQuote && !strings.HasPrefix(line, " "):
		b.item.Entries = append(b.item.Entries, newEntry(listLine.ReplaceAllString(line, "")))
		b.part = inList
	case (b.part == inList || b.part == inReason) && nestedLine.MatchString(line):
		b.reason(nestedLine.ReplaceAllString(line, ""))
		b.part = inReason
	case (b.part >= inList) && strings.HasPrefix(line, ">"):
		b.item.Why += strings.TrimPrefix(strings.TrimPrefix(line, ">"), " ") + "\n"
		b.part = inQuote
	case b.part == inQuote:
		b.part = after
	case b.part >= inList && trimmed != "" && !strings.HasPrefix(line, " "):
		b.part = after
	default:
		b.put(line)
	}
}

// put continues what is being read.
func (b *body) put(line string) {
	e := len(b.item.Entries) - 1
	switch b.part {
	case inPrompt:
		b.prompt = append(b.prompt, line)
	case inHint:
		b.hint = append(b.hint, line)
	case inList:
		b.item.Entries[e].Text += "\n" + strings.TrimPrefix(line, "  ")
	case inReason:
		b.item.Entries[e].Why += "\n" + strings.TrimSpace(line)
	case inQuote, after:
	}
}

func (b *body) reason(text string) {
	e := &b.item.Entries[len(b.item.Entries)-1]
	if e.Why != "" {
		e.Why += "\n\n"
	}
	e.Why += text
}

func newEntry(text string) Entry {
	m := taskBox.FindStringSubmatch(text)
	if m == nil {
		return Entry{Right: true, Text: text}
	}
	return Entry{Right: m[1] != " ", Text: strings.TrimPrefix(text, m[0])}
}

// finish tidies what was read.
func (b *body) finish() {
	b.item.Prompt, b.item.Why = strings.TrimSpace(strings.Join(b.prompt, "\n")), strings.TrimSpace(b.item.Why)
	for i := range b.item.Entries {
		e := &b.item.Entries[i]
		e.Text, e.Why = strings.TrimSpace(e.Text), strings.TrimSpace(e.Why)
		if b.item.Kind == quizzes.Match {
			if sides := arrow.Split(e.Text, 2); len(sides) == 2 {
				e.Text, e.Pair = strings.TrimSpace(sides[0]), strings.TrimSpace(sides[1])
			}
		}
	}
}
