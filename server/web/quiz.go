package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"pattarai/quizzes"
	"pattarai/server/submit"
)

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
	s, err := h.Submissions.AnswerQuiz(c.Request().Context(), submit.AnswerQuiz{
		Learner: learnerOf(c), Lesson: lesson, Item: c.Param("item"), Answer: answer, Key: key,
	})
	if err != nil {
		return err
	}
	score := scoreOf(lesson, s, h.language(c.Request()))
	score.Values = nil // They were just sent.
	return c.JSON(http.StatusOK, score)
}
