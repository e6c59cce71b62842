package web

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"pattarai/quizzes"
	"pattarai/server/catalog"
	"pattarai/server/recall"
	"pattarai/server/submit"
)

// answeredJSON is what comes of an answer.
type answeredJSON struct {
	scoreJSON
	Next *time.Time `json:"next,omitempty"` // When it comes back in a review.
}

// quiz answers POST …/quiz/{item}.
func (h *Handler) quiz(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	key, err := idempotencyKey(c.Request())
	if err != nil {
		return err
	}
	answer, err := body[quizzes.Answer](c, maxSmallBody)
	if err != nil {
		return err
	}
	lang := h.language(c.Request())
	s, err := h.Submissions.AnswerQuiz(c.Request().Context(), submit.AnswerQuiz{
		Learner: learnerOf(c), Lesson: lesson, Lang: lang, Item: c.Param("item"), Answer: answer, Key: key,
	})
	if err != nil {
		return err
	}
	answered := answeredJSON{scoreJSON: scoreOf(lesson, s, lang)}
	answered.Values = nil // They were just sent.
	if answered.Next, err = h.nextReview(c.Request().Context(), s); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answered)
}

// nextReview is when an item comes back; nil when it does not.
func (h *Handler) nextReview(ctx context.Context, s submit.Submission) (*time.Time, error) {
	card, known, err := h.Recall.Card(ctx, recall.Key{Learner: s.Learner, Lesson: s.Lesson, Item: s.Item})
	if err != nil || !known {
		return nil, err
	}
	return &card.Due, nil
}

// scoreJSON is the score of an answered item. What tells the right answer is in it
// once the answer was right, or the learner has tried often enough.
type scoreJSON struct {
	Tries     int         `json:"tries"`
	Right     bool        `json:"right"`
	Points    float64     `json:"points"`
	MaxPoints float64     `json:"max_points"`
	Values    []string    `json:"values,omitempty"`
	Parts     []bool      `json:"parts,omitempty"`
	Feedback  wordsByID   `json:"feedback"`
	Solution  trustedHTML `json:"solution,omitempty"`
	Observed  *string     `json:"observed,omitempty"`
	Proved    bool        `json:"proved,omitempty"` // A prediction that no lab was there to run for.
}

// scoreOf is the score of an answered item with its feedback in lang.
func scoreOf(lesson *catalog.Lesson, s submit.Submission, lang string) scoreJSON {
	score := scoreJSON{
		Tries: s.Attempt, Right: s.Score.Right, Points: s.Score.Points, MaxPoints: s.MaxPoints, Values: s.Answer.Values,
		Parts: s.Score.Parts, Feedback: s.Score.Feedback, Observed: s.Score.Observed,
	}
	question, ok := answeredQuestion(lesson, s, lang)
	if !ok {
		return score // The question changed since: its feedback is what was said then.
	}
	score.Proved = question.Kind == quizzes.Predict && s.Score.Observed == nil
	if s.Score.Observed != nil {
		question = question.Ran(*s.Score.Observed)
	}
	if localised, err := quizzes.Grade(question, s.Answer); err == nil {
		score.Feedback = localised.Feedback
	}
	if !s.Score.Right && s.Attempt >= submit.TriesToSolution {
		score.Solution = question.Solution()
		score.Feedback[""] += question.Why
	}
	return score
}

// answeredQuestion is the question that was answered, in lang when it is the same
// there: a translation may take other words for right.
func answeredQuestion(lesson *catalog.Lesson, s submit.Submission, lang string) (quizzes.Question, bool) {
	langs := []string{lang, ""}
	for other := range lesson.Texts {
		langs = append(langs, other)
	}
	for _, l := range langs {
		question, ok := submit.Question(lesson, l, s.Learner, s.Item)
		if ok && question.Hash == s.ChecksHash {
			return question, true
		}
	}
	return quizzes.Question{}, false
}

// itemJSON is what is one learner's own about a quiz item.
type itemJSON struct {
	Order []string    `json:"order,omitempty"` // Of the options, or of the targets of a match.
	Form  trustedHTML `json:"form,omitempty"`  // Of an item with variants: the learner's.
}

// itemsOf is every item of the lesson as the learner gets it.
func (h *Handler) itemsOf(lesson *catalog.Lesson, learner, lang string) (map[string]itemJSON, error) {
	items := make(map[string]itemJSON, len(lesson.Questions))
	for id, base := range lesson.Questions {
		question, _ := submit.Question(lesson, lang, learner, id)
		one := itemJSON{Order: question.Order()}
		if base.Variants > 0 {
			form, err := h.formOf(lesson, question, lang)
			if err != nil {
				return nil, err
			}
			one.Form = form
		}
		items[id] = one
	}
	return items, nil
}

// formOf is the form that asks a question, in the words of the interface.
func (h *Handler) formOf(lesson *catalog.Lesson, question quizzes.Question, lang string) (trustedHTML, error) {
	return question.Form(quizzes.FormOptions{
		Action: questionURL(lesson.ID(), question.ID),
		Text:   func(key string) string { return h.Assets.Text(lang, "js."+key) },
	})
}

func questionURL(lesson, item string) string { return lessonURL(lesson) + "/quiz/" + item }
