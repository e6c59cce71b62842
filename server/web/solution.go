package web

import (
	"context"
	"fmt"
	"html/template"
	"net/http"

	"github.com/labstack/echo/v4"

	"pattarai/sandbox/check"
	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/submit"
)

// triesForSolution is how many graded runs open a solution that was not earned.
const triesForSolution = 3

// solution answers POST …/solution/{step}.
func (h *Handler) solution(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	text := lessonText(lesson.Lesson, courseOf(h.Catalog.Current(), lesson.Course), h.language(c.Request()))
	html, ok := text.Locked[c.Param("step")]
	if !ok {
		return fault.New(fault.NotFound, "no_solution", "This step has no solution.", "")
	}
	if err := h.earned(c.Request().Context(), learnerOf(c), lesson); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]template.HTML{"html": html})
}

// earned tells whether a learner may see a lesson's solutions: nil, or what is missing.
func (h *Handler) earned(ctx context.Context, who string, lesson *catalog.Lesson) error {
	total := len(lesson.Exercise.Checks)
	if total == 0 {
		return nil
	}
	latest, err := h.Submissions.Latest(ctx, who, lesson.ID())
	if err != nil {
		return err
	}
	last := latest[submit.ItemChecks]
	if last.Verdict == check.VerdictPassed || last.Attempt >= triesForSolution {
		return nil
	}
	return fault.New(fault.Forbidden, "solution_locked",
		fmt.Sprintf("The solution opens when all %d checks pass or after %d tries; you have made %d.", total, triesForSolution, last.Attempt),
		"Run the checks; each says what it saw.")
}
