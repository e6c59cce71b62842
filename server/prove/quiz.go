package prove

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pattarai/quizzes"
	"pattarai/server/catalog"
)

// quizSteps answers every question with its key, which must give full points in
// every language.
func quizSteps(l *catalog.Lesson) []Step {
	var steps []Step
	for _, lang := range sorted(l.Texts) {
		for _, id := range sorted(l.Texts[lang].Questions) {
			steps = append(steps, quizStep(l.Texts[lang].Questions[id], lang))
		}
	}
	return steps
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func quizStep(q quizzes.Question, lang string) Step {
	step := Step{Name: fmt.Sprintf("quiz %s (%s)", q.ID, lang)}
	values, ok := key(q)
	if !ok {
		step.OK, step.Skipped = true, "its key has regular expressions only; there is no plain answer to try"
		return step
	}
	score, err := quizzes.Grade(q, quizzes.Answer{Values: values})
	switch {
	case err != nil:
		step.Reason = fmt.Sprintf("its own key %q is refused: %v", values, err)
	case score.Points != q.Points || !score.Right:
		step.Reason = fmt.Sprintf("its own key %q gives %g of %g points", values, score.Points, q.Points)
	}
	step.OK = step.Reason == ""
	return step
}

// key is the right answer; ok is false when only patterns describe it.
func key(q quizzes.Question) (values []string, ok bool) {
	switch q.Kind {
	case quizzes.Single, quizzes.Multi:
		for _, o := range q.Options {
			if o.Right {
				values = append(values, o.ID)
			}
		}
		return values, true
	case quizzes.Number:
		return []string{strconv.FormatFloat(q.Value, 'f', -1, 64)}, true
	case quizzes.Order, quizzes.Parsons, quizzes.Match:
		return q.Key, true
	case quizzes.Text:
		form, ok := plain(q.Accept)
		return []string{form}, ok
	case quizzes.Predict:
		return q.Accept[:min(1, len(q.Accept))], true
	case quizzes.Cloze:
		for _, forms := range q.Accept {
			form, ok := plain(strings.Split(forms, " | "))
			if !ok {
				return nil, false
			}
			values = append(values, form)
		}
		return values, true
	}
	return nil, false
}

// plain is the first form that is no regular expression.
func plain(forms []string) (string, bool) {
	for _, f := range forms {
		if len(f) < 2 || !strings.HasPrefix(f, "/") || !strings.HasSuffix(f, "/") {
			return f, true
		}
	}
	return "", false
}
