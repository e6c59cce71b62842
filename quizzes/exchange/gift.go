package exchange

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"pattarai/quizzes"
)

// giftMarks stand for escaped characters while a question is taken apart.
const giftEscaped = `\~=#{}:`

var giftMarks = func() []rune { return []rune("\uE000\uE001\uE002\uE003\uE004\uE005\uE006") }

// gift reads questions that are separated by blank lines.
func (r *reader) gift(source string) {
	source = strings.ReplaceAll(strings.ReplaceAll(strings.TrimPrefix(source, "\uFEFF"), "\r\n", "\n"), "\r", "\n")
	var block []string
	begin, id := 1, ""
	lines := strings.Split(source, "\n")
	for i, line := range append(lines, "") {
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, "//"):
			if m := giftID.FindStringSubmatch(trimmed); m != nil {
				id = m[1]
			}
			continue
		case strings.HasPrefix(trimmed, "$CATEGORY:"):
			r.lost(i+1, "$CATEGORY", "categories are not kept: "+clip(strings.TrimSpace(strings.TrimPrefix(trimmed, "$CATEGORY:"))))
			continue
		case trimmed != "":
			if len(block) == 0 {
				begin = i + 1
			}
			block = append(block, line)
			continue
		}
		if len(block) > 0 {
			r.giftQuestion(strings.Join(block, "\n"), id, begin)
			id = ""
		}
		block = nil
	}
}

// hide puts marks in place of escaped characters; show puts the characters back.
func hide(s string) string {
	marks := giftMarks()
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if n := strings.IndexByte(giftEscaped, s[i+1]); n >= 0 {
				out.WriteRune(marks[n])
				i++
				continue
			}
			if s[i+1] == 'n' {
				out.WriteByte('\n')
				i++
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

func show(s string) string {
	for i, mark := range giftMarks() {
		s = strings.ReplaceAll(s, string(mark), giftEscaped[i:i+1])
	}
	return strings.TrimSpace(s)
}

var (
	giftTitle  = regexp.MustCompile(`(?s)^\s*::(.*?)::`)
	giftFormat = regexp.MustCompile(`^\s*\[(html|markdown|moodle|plain)\]`)
	giftID     = regexp.MustCompile(`\[id:([^\]]+)\]`)
)

// giftText is a text of a GIFT question in Markdown.
func giftText(format, hidden string) string {
	if format == "markdown" || format == "plain" {
		return show(hidden)
	}
	return fromHTML(show(hidden))
}

func (r *reader) giftQuestion(source, id string, line int) {
	text := hide(source)
	item := Item{ID: id, Line: line}
	if m := giftTitle.FindStringSubmatch(text); m != nil {
		item.Title, text = show(m[1]), text[len(m[0]):]
	}
	format := ""
	if m := giftFormat.FindStringSubmatch(text); m != nil {
		format, text = m[1], text[len(m[0]):]
	}
	open := strings.IndexByte(text, '{')
	name := giftName(item.Title, text)
	if open < 0 {
		r.unsupported(line, name, "a description without answers")
		return
	}
	length := strings.IndexByte(text[open:], '}')
	if length < 0 {
		r.refuse(line, "exchange-syntax", name+": its { is never closed", "answers stand between { and }", "add the }, or write \\{ for a brace")
		return
	}
	before, inner, tail := text[:open], text[open+1:open+length], strings.TrimRight(text[open+length+1:], " \t\n")
	if strings.ContainsAny(tail, "{}") {
		r.unsupported(line, name, "more than one answer part")
		return
	}
	item.Prompt = giftText(format, before)
	inner, general, _ := strings.Cut(inner, "####")
	item.Why = giftText(format, general)
	if tail != "" {
		if first, _ := utf8.DecodeRuneInString(tail); unicode.IsLetter(first) || unicode.IsDigit(first) {
			tail = " " + tail // A blank touches no word.
		}
		item.Prompt = giftText(format, before+"____"+tail)
	}
	r.giftAnswers(&item, name, format, strings.TrimSpace(inner), tail != "")
}

func giftName(title, text string) string {
	if title == "" {
		title = firstWords(show(strings.SplitN(text, "{", 2)[0]))
	}
	return fmt.Sprintf("question %q", clip(oneLine(title)))
}

var giftTruth = regexp.MustCompile(`(?s)^(T|TRUE|F|FALSE)(?:#(.*?))?(?:#(.*))?$`)

// giftAnswers decides the kind by what stands between the braces.
func (r *reader) giftAnswers(item *Item, name, format, inner string, blank bool) {
	if inner == "" {
		r.unsupported(item.Line, name, "an essay")
		return
	}
	if m := giftTruth.FindStringSubmatch(inner); m != nil {
		item.Kind, item.Fixed = quizzes.Single, true
		truth := strings.HasPrefix(m[1], "T")
		wrong, right := giftText(format, m[2]), giftText(format, m[3])
		item.Entries = []Entry{{Right: truth, Text: "True", Why: wrong}, {Right: !truth, Text: "False", Why: wrong}}
		for i := range item.Entries {
			if item.Entries[i].Right {
				item.Entries[i].Why = right
			}
		}
		r.add(*item, name)
		return
	}
	if number, ok := strings.CutPrefix(inner, "#"); ok {
		r.giftNumber(item, name, format, strings.TrimSpace(number))
		return
	}
	options, ok := r.giftOptions(item.Line, name, format, inner)
	if ok {
		r.giftChoice(item, name, options, blank)
	}
}

// giftOption is one answer of a question.
type giftOption struct {
	right     bool // Begins with =.
	percent   float64
	weighted  bool
	text, why string
}

var giftWeight = regexp.MustCompile(`^%(-?\d+(?:\.\d+)?)%`)

func (r *reader) giftOptions(line int, name, format, inner string) ([]giftOption, bool) {
	at := strings.IndexAny(inner, "=~")
	if at < 0 {
		return []giftOption{{right: true, percent: 100, text: giftText(format, inner)}}, true
	}
	if strings.TrimSpace(inner[:at]) != "" {
		r.refuse(line, "exchange-syntax", fmt.Sprintf("%s: %q before the first answer", name, clip(show(inner[:at]))), "an answer begins with = or ~", "put the mark before it, or escape what is no mark")
		return nil, false
	}
	var options []giftOption
	for at < len(inner) {
		end := strings.IndexAny(inner[at+1:], "=~")
		if end < 0 {
			end = len(inner) - at - 1
		}
		o := giftOption{right: inner[at] == '='}
		text := strings.TrimSpace(inner[at+1 : at+1+end])
		if m := giftWeight.FindStringSubmatch(text); m != nil {
			o.percent, _ = strconv.ParseFloat(m[1], 64) // The pattern allows only numbers.
			o.weighted, text = true, text[len(m[0]):]
		} else if o.right {
			o.percent = 100
		}
		text, why, _ := strings.Cut(text, "#")
		o.text, o.why = giftText(format, text), giftText(format, why)
		options = append(options, o)
		at += 1 + end
	}
	return options, true
}

var giftArrow = regexp.MustCompile(`\s*->\s*`)

// giftChoice makes a choice, a text, a match or a cloze of options.
func (r *reader) giftChoice(item *Item, name string, options []giftOption, blank bool) {
	right, wrong, pairs := 0, 0, 0
	for _, o := range options {
		switch {
		case !o.right:
			wrong++
		case giftArrow.MatchString(o.text):
			pairs++
		default:
			right++
		}
	}
	switch {
	case pairs > 0 && right+wrong == 0:
		item.Kind = quizzes.Match
		for _, o := range options {
			sides := giftArrow.Split(o.text, 2)
			item.Entries = append(item.Entries, Entry{Right: true, Text: sides[0], Pair: sides[1], Why: o.why})
		}
		r.add(*item, name)
	case pairs > 0:
		r.unsupported(item.Line, name, "pairs beside other answers")
	case wrong == 0:
		r.giftText(item, name, options, blank)
	case right > 1:
		r.unsupported(item.Line, name, "several answers that are wholly right beside wrong ones")
	default:
		r.giftOptionsList(item, name, options, right == 1)
	}
}

// giftText is a question whose answers are typed.
func (r *reader) giftText(item *Item, name string, options []giftOption, blank bool) {
	item.Kind = quizzes.Text
	var forms []string
	for _, o := range options {
		if o.percent > 0 && o.percent < 100 {
			r.lost(item.Line, name, fmt.Sprintf("%q gives only %g %% of the points; it becomes a wrong answer with its reason", clip(o.text), o.percent))
		}
		if o.percent < 100 && o.why == "" {
			o.why = "Nearly."
		}
		item.Entries = append(item.Entries, Entry{Right: o.percent >= 100, Text: o.text, Why: o.why})
		forms = append(forms, o.text)
	}
	if blank {
		item.Kind = quizzes.Cloze
		item.Entries = []Entry{{Right: true, Text: strings.Join(forms, " | "), Why: options[0].why}}
	}
	r.add(*item, name)
}

func (r *reader) giftOptionsList(item *Item, name string, options []giftOption, single bool) {
	item.Kind = quizzes.Multi
	if single {
		item.Kind = quizzes.Single
	}
	var fractions []float64
	for _, o := range options {
		fractions = append(fractions, o.percent)
		if single && !o.right && o.percent != 0 {
			r.lost(item.Line, name, fmt.Sprintf("%q gives %g %% of the points; here a single choice is right or wrong", clip(o.text), o.percent))
		}
		item.Entries = append(item.Entries, Entry{Right: o.right || !single && o.percent > 0, Text: o.text, Why: o.why})
	}
	if !single && !shares(fractions) {
		r.lost(item.Line, name, "right answers have different weights; here they count alike")
	}
	r.add(*item, name)
}

var giftRange = regexp.MustCompile(`^(-?[\d.eE+-]+)\.\.(-?[\d.eE+-]+)$`)

// giftNumber reads 3:0.1, 1..5 and lists of them with weights.
func (r *reader) giftNumber(item *Item, name, format, inner string) {
	item.Kind = quizzes.Number
	options := []giftOption{{right: true, percent: 100}}
	if strings.ContainsAny(inner, "=~") {
		var ok bool
		if options, ok = r.giftOptions(item.Line, name, format, inner); !ok {
			return
		}
	} else {
		value, why, _ := strings.Cut(inner, "#")
		options[0].text, options[0].why = show(value), giftText(format, why)
	}
	for _, o := range options {
		if o.text == "" && !o.right {
			r.lost(item.Line, name, "what is said about every other wrong answer")
			continue
		}
		text, ok := numberEntry(o.text)
		if !ok {
			r.refuse(item.Line, "exchange-syntax", fmt.Sprintf("%s: %q is no number", name, clip(o.text)), "3, 3:0.1 or 1..5", "correct it")
			return
		}
		if o.percent > 0 && o.percent < 100 {
			r.lost(item.Line, name, fmt.Sprintf("%s gives only %g %% of the points; it becomes a wrong answer with its reason", text, o.percent))
		}
		if o.percent < 100 && o.why == "" {
			o.why = "Nearly."
		}
		item.Entries = append(item.Entries, Entry{Right: o.percent >= 100, Text: text, Why: o.why})
	}
	r.addNumber(item, name)
}

// addNumber takes a number item with exactly one right number.
func (r *reader) addNumber(item *Item, name string) {
	right := 0
	for _, e := range item.Entries {
		if e.Right {
			right++
		}
	}
	if right != 1 {
		r.unsupported(item.Line, name, fmt.Sprintf("%d right numbers", right))
		return
	}
	r.add(*item, name)
}

// numberEntry writes value:tolerance and low..high as an entry of a number item.
func numberEntry(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if m := giftRange.FindStringSubmatch(text); m != nil {
		low, err1 := strconv.ParseFloat(m[1], 64)
		high, err2 := strconv.ParseFloat(m[2], 64)
		if err1 != nil || err2 != nil || high < low {
			return "", false
		}
		return tolerant((low+high)/2, (high-low)/2), true
	}
	value, tolerance, _ := strings.Cut(text, ":")
	v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return "", false
	}
	t := 0.0
	if tolerance = strings.TrimSpace(tolerance); tolerance != "" {
		if t, err = strconv.ParseFloat(tolerance, 64); err != nil || t < 0 {
			return "", false
		}
	}
	return tolerant(v, t), true
}

func tolerant(value, tolerance float64) string {
	text := strconv.FormatFloat(value, 'f', -1, 64)
	if tolerance > 0 {
		text += " ± " + strconv.FormatFloat(tolerance, 'f', -1, 64)
	}
	return text
}

func clip(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}
