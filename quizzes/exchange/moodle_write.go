package exchange

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"pattarai/quizzes"
)

// moodle writes every item that Moodle has a type for.
func (w *writer) moodle(items []Item) {
	var quiz struct {
		XMLName   xml.Name `xml:"quiz"`
		Questions []moodleQuestion
	}
	for _, item := range items {
		if q, ok := w.moodleQuestion(item); ok {
			quiz.Questions = append(quiz.Questions, q)
		}
	}
	content, err := xml.MarshalIndent(quiz, "", "  ")
	if err != nil {
		w.refuse(0, "exchange-write", "the questions cannot be written: "+err.Error(), "", "report this as a bug")
		return
	}
	w.out.WriteString(xml.Header)
	w.out.Write(content)
	w.out.WriteString("\n")
}

func percent(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func (w *writer) moodleQuestion(item Item) (moodleQuestion, bool) {
	points := item.Points
	if points == 0 {
		points = 1
	}
	q := moodleQuestion{
		Name: &moodleText{Text: item.Title}, Prompt: &moodleText{Format: "markdown", Text: item.Prompt},
		General: inMarkdown(item.Why), Grade: percent(points), ID: item.ID,
	}
	for _, hint := range item.Hints {
		q.Hints = append(q.Hints, *inMarkdown(hint))
	}
	ok := true
	switch item.Kind {
	case quizzes.Single, quizzes.Multi:
		moodleOptions(&q, item)
	case quizzes.Number:
		ok = w.moodleNumbers(&q, item)
	case quizzes.Text:
		ok = w.moodleForms(&q, item)
	case quizzes.Match:
		ok = w.moodlePairs(&q, item)
	case quizzes.Order:
		q.Type, q.Layout, q.Select = "ordering", "VERTICAL", "ALL"
		for i, e := range item.Entries {
			q.Answers = append(q.Answers, moodleAnswer{Fraction: strconv.Itoa(i + 1), Format: "markdown", Text: e.Text, Feedback: inMarkdown(e.Why)})
		}
	case quizzes.Cloze:
		q.Type = "cloze"
		if ok = !hasBlankPattern(item); !ok {
			w.cannot(item, "a regular expression", "Moodle")
			break
		}
		if q.Prompt.Text, ok = clozeWrite(item); !ok {
			w.cannot(item, "blanks that are not in its text", "Moodle")
		}
	case quizzes.Parsons, quizzes.Predict:
		w.cannot(item, fmt.Sprintf("the kind %s", item.Kind), "Moodle")
		ok = false
	}
	return q, ok
}

func hasBlankPattern(item Item) bool {
	for _, e := range item.Entries {
		if hasPattern(blankForms(e.Text)) {
			return true
		}
	}
	return false
}

func moodleOptions(q *moodleQuestion, item Item) {
	q.Type, q.Single, q.Shuffle = "multichoice", "true", "true"
	if item.Kind == quizzes.Multi {
		q.Single = "false"
	}
	if item.Fixed {
		q.Shuffle = "false"
	}
	right := 0
	for _, e := range item.Entries {
		if e.Right {
			right++
		}
	}
	for _, e := range item.Entries {
		fraction := 0.0
		switch {
		case e.Right:
			fraction = 100 / float64(right)
		case item.Kind == quizzes.Multi:
			fraction = -100 / float64(right)
		}
		q.Answers = append(q.Answers, moodleAnswer{Fraction: strconv.FormatFloat(fraction, 'f', -1, 32), Format: "markdown", Text: e.Text, Feedback: inMarkdown(e.Why)})
	}
}

func fraction(e Entry) string {
	if e.Right {
		return "100"
	}
	return "0"
}

func (w *writer) moodleNumbers(q *moodleQuestion, item Item) bool {
	q.Type = "numerical"
	for _, e := range item.Entries {
		value, tolerance, ok := numberParts(e.Text)
		if !ok {
			w.cannot(item, fmt.Sprintf("the number %q", clip(e.Text)), "Moodle")
			return false
		}
		q.Answers = append(q.Answers, moodleAnswer{Fraction: fraction(e), Text: percent(value), Tolerance: percent(tolerance), Feedback: inMarkdown(e.Why)})
	}
	return true
}

func (w *writer) moodleForms(q *moodleQuestion, item Item) bool {
	q.Type, q.UseCase = "shortanswer", "0"
	if hasPattern(item.Entries) {
		w.cannot(item, "a regular expression", "Moodle")
		return false
	}
	for _, e := range item.Entries {
		q.Answers = append(q.Answers, moodleAnswer{Fraction: fraction(e), Text: strings.ReplaceAll(strings.Trim(e.Text, "`"), "*", `\*`), Feedback: inMarkdown(e.Why)})
	}
	return true
}

func (w *writer) moodlePairs(q *moodleQuestion, item Item) bool {
	q.Type, q.Shuffle = "matching", "true"
	for _, e := range item.Entries {
		if e.Why != "" {
			w.lost(item, "the reasons of pairs", "Moodle")
		}
		q.Pairs = append(q.Pairs, moodlePair{Format: "markdown", Text: e.Text, Answer: moodleText{Text: e.Pair}})
	}
	return true
}
