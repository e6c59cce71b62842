package exchange

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"pattarai/quizzes"
)

// gift writes every item that GIFT has words for.
func (w *writer) gift(items []Item) {
	for _, item := range items {
		if answers, ok := w.giftAnswers(item); ok {
			w.giftLost(item)
			fmt.Fprintf(&w.out, "// [id:%s]\n", item.ID)
			prompt := giftEscape(item.Prompt)
			if item.Kind == quizzes.Cloze {
				before, behind, _ := strings.Cut(item.Prompt, gapIn(item.Prompt))
				fmt.Fprintf(&w.out, "::%s::[markdown]%s%s%s\n\n", giftEscape(item.Title), giftEscape(before), answers, giftEscape(behind))
				continue
			}
			fmt.Fprintf(&w.out, "::%s::[markdown]%s %s\n\n", giftEscape(item.Title), prompt, answers)
		}
	}
}

// giftLost names what of an item GIFT does not carry.
func (w *writer) giftLost(item Item) {
	if len(item.Hints) > 0 {
		w.lost(item, "the hints", "GIFT")
	}
	if item.Points != 0 && item.Points != 1 {
		w.lost(item, "the points", "GIFT")
	}
	if item.Fixed {
		w.lost(item, "the fixed order", "GIFT")
	}
}

func giftEscape(s string) string {
	var out strings.Builder
	for _, r := range strings.TrimSpace(s) {
		switch {
		case r == '\n':
			out.WriteString(`\n`)
		case strings.ContainsRune(giftEscaped, r):
			out.WriteString(`\` + string(r))
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

func giftReason(why string) string {
	if why == "" {
		return ""
	}
	return "#" + giftEscape(why)
}

func (w *writer) giftAnswers(item Item) (string, bool) {
	var answers []string
	switch item.Kind {
	case quizzes.Single, quizzes.Multi:
		answers = giftOptionList(item)
	case quizzes.Number:
		return w.giftNumber(item)
	case quizzes.Text:
		if hasPattern(item.Entries) {
			w.cannot(item, "a regular expression", "GIFT")
			return "", false
		}
		for _, e := range item.Entries {
			answers = append(answers, weighted("=", e)+giftEscape(e.Text)+giftReason(e.Why))
		}
	case quizzes.Match:
		for _, e := range item.Entries {
			if e.Text == "" || e.Why != "" {
				w.cannot(item, "a target of its own or reasons of pairs", "GIFT")
				return "", false
			}
			answers = append(answers, "="+giftEscape(e.Text)+" -> "+giftEscape(e.Pair))
		}
	case quizzes.Cloze:
		return w.giftBlank(item)
	case quizzes.Order, quizzes.Parsons, quizzes.Predict:
		w.cannot(item, fmt.Sprintf("the kind %s", item.Kind), "GIFT")
		return "", false
	}
	return giftBraces(answers, item.Why), true
}

func giftBraces(answers []string, why string) string {
	out := "{\n\t" + strings.Join(answers, "\n\t") + "\n"
	if why != "" {
		out += "\t####" + giftEscape(why) + "\n"
	}
	return out + "}"
}

// weighted marks an answer that is foreseen and wrong.
func weighted(mark string, e Entry) string {
	if e.Right {
		return mark
	}
	return mark + "%0%"
}

func giftOptionList(item Item) []string {
	right := 0
	for _, e := range item.Entries {
		if e.Right {
			right++
		}
	}
	var answers []string
	for _, e := range item.Entries {
		mark := "~"
		switch {
		case item.Kind == quizzes.Single && e.Right:
			mark = "="
		case item.Kind == quizzes.Multi && e.Right:
			mark = "~%" + strconv.FormatFloat(100/float64(right), 'f', 5, 64) + "%"
		case item.Kind == quizzes.Multi:
			mark = "~%" + strconv.FormatFloat(-100/float64(right), 'f', 5, 64) + "%"
		}
		answers = append(answers, mark+giftEscape(e.Text)+giftReason(e.Why))
	}
	return answers
}

var entryNumber = regexp.MustCompile(`^(\S+?)\s*(?:(?:±|\+-)\s*([^\s%]+)\s*(%?))?$`)

// numberParts takes "42 ± 5%" apart.
func numberParts(text string) (value, tolerance float64, ok bool) {
	m := entryNumber.FindStringSubmatch(strings.Trim(strings.TrimSpace(text), "`"))
	if m == nil {
		return 0, 0, false
	}
	value, err := strconv.ParseFloat(strings.ReplaceAll(m[1], "−", "-"), 64)
	if err != nil {
		return 0, 0, false
	}
	if m[2] != "" {
		if tolerance, err = strconv.ParseFloat(m[2], 64); err != nil {
			return 0, 0, false
		}
	}
	if m[3] == "%" {
		tolerance *= max(value, -value) / 100
	}
	return value, tolerance, true
}

func (w *writer) giftNumber(item Item) (string, bool) {
	var answers []string
	for _, e := range item.Entries {
		value, tolerance, ok := numberParts(e.Text)
		if !ok {
			w.cannot(item, fmt.Sprintf("the number %q", clip(e.Text)), "GIFT")
			return "", false
		}
		text := strconv.FormatFloat(value, 'f', -1, 64)
		if tolerance > 0 {
			text += ":" + strconv.FormatFloat(tolerance, 'f', -1, 64)
		}
		answers = append(answers, weighted("=", e)+text+giftReason(e.Why))
	}
	out := giftBraces(answers, item.Why)
	return "{#" + strings.TrimPrefix(out, "{"), true
}

var gapPattern = regexp.MustCompile(`_{3,}`)

// gapIn is the first blank of a prompt.
func gapIn(prompt string) string { return gapPattern.FindString(prompt) }

// giftBlank writes a cloze of one blank as a missing word.
func (w *writer) giftBlank(item Item) (string, bool) {
	if len(gapPattern.FindAllString(item.Prompt, -1)) != 1 || len(item.Entries) != 1 {
		w.cannot(item, "several blanks", "GIFT")
		return "", false
	}
	if strings.TrimSpace(gapPattern.Split(item.Prompt, 2)[1]) == "" {
		w.cannot(item, "a blank at the end", "GIFT")
		return "", false
	}
	forms := blankForms(item.Entries[0].Text)
	if hasPattern(forms) {
		w.cannot(item, "a regular expression", "GIFT")
		return "", false
	}
	var answers []string
	for i, form := range forms {
		why := ""
		if i == 0 {
			why = item.Entries[0].Why
		}
		answers = append(answers, "="+giftEscape(form.Text)+giftReason(why))
	}
	return " " + giftBraces(answers, item.Why) + " ", true
}

// blankForms are the accepted forms of a blank.
func blankForms(text string) []Entry {
	var forms []Entry
	for _, form := range strings.Split(text, " | ") {
		forms = append(forms, Entry{Right: true, Text: strings.TrimSpace(form)})
	}
	return forms
}

func hasPattern(entries []Entry) bool {
	for _, e := range entries {
		text := strings.Trim(strings.TrimSpace(e.Text), "`")
		if len(text) > 2 && text[0] == '/' && text[len(text)-1] == '/' {
			return true
		}
	}
	return false
}
