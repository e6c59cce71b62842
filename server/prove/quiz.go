package prove

import (
	"fmt"
	"slices"

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

// quizSample is how many variants of a question are proved; linting tried that each
// of them has a key, this tries that its key is taken.
const quizSample = 25

func quizStep(q quizzes.Question, lang string) Step {
	step := Step{Name: fmt.Sprintf("quiz %s (%s)", q.ID, lang)}
	for _, variant := range q.Sample(quizSample) {
		answer, ok := variant.RightAnswer()
		if !ok {
			step.OK, step.Skipped = true, "its key has regular expressions only; there is no plain answer to try"
			return step
		}
		if step.Reason = notTaken(variant, answer); step.Reason != "" {
			return step
		}
	}
	step.OK = true
	return step
}

// notTaken says why a right answer does not give full points; "" when it does.
func notTaken(q quizzes.Question, right quizzes.Answer) string {
	score, err := quizzes.Grade(q, right)
	switch {
	case err != nil:
		return fmt.Sprintf("its own key %q is refused: %v", right.Values, err)
	case score.Points != q.Points || !score.Right:
		return fmt.Sprintf("its own key %q gives %g of %g points", right.Values, score.Points, q.Points)
	}
	return ""
}
