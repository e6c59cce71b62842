package web

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"pattarai/sandbox/check"
	"pattarai/server/submit"
)

const maxAttemptRows = 200

// progress answers GET /progress. Whoever was never here has simply done nothing yet.
func (h *Handler) progress(c echo.Context) error {
	lang := h.language(c.Request())
	h.rememberLanguage(c.Response(), c.Request())
	page := ProgressPage{Layout: h.layout(lang, h.Assets.Languages, "/progress", "progress")}
	page.Title = h.Assets.Text(lang, "nav.progress")
	if who := learnerOf(c); who != "" {
		if err := h.fillProgress(c.Request().Context(), &page, who, lang); err != nil {
			return err
		}
	}
	html, err := h.shelf.templates.render("progress", page)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, htmlType, html)
}

func (h *Handler) fillProgress(ctx context.Context, page *ProgressPage, who, lang string) error {
	all, err := h.Submissions.History(ctx, who, maxAttemptRows)
	if err != nil {
		return err
	}
	if page.Due, _, err = h.Recall.Count(ctx, who); err != nil {
		return err
	}
	lastSeen := make(map[string]time.Time)
	for _, s := range all {
		if s.Received.After(lastSeen[s.Lesson]) {
			lastSeen[s.Lesson] = s.Received
		}
		if s.Kind == submit.KindChecks {
			page.Attempts = append(page.Attempts, attemptRow(s, h.card(s.Lesson, lang).Title))
		}
	}
	ids := slices.SortedFunc(maps.Keys(lastSeen), func(a, b string) int {
		return cmp.Or(lastSeen[b].Compare(lastSeen[a]), strings.Compare(a, b))
	})
	for _, id := range ids {
		row, err := h.progressRow(ctx, who, id, lang)
		if err != nil {
			return err
		}
		row.LastSeen = lastSeen[id].UTC().Format(whenFormat)
		page.Lessons = append(page.Lessons, row)
	}
	return nil
}

func attemptRow(s submit.Submission, lesson string) AttemptRow {
	return AttemptRow{
		URL: reportURL(s.ID), Lesson: lesson, When: s.Received.UTC().Format(whenFormat), Attempt: s.Attempt,
		Verdict: verdictOf(s), Points: s.Points, MaxPoints: s.MaxPoints,
		Regraded: !s.Regraded.IsZero(),
	}
}

func (h *Handler) progressRow(ctx context.Context, who, lesson, lang string) (ProgressRow, error) {
	row := ProgressRow{Lesson: h.card(lesson, lang)}
	row.ChecksTotal, row.QuizzesTotal = row.Lesson.Checks, row.Lesson.Quizzes
	latest, err := h.Submissions.Latest(ctx, who, lesson)
	if err != nil {
		return row, err
	}
	for _, s := range latest {
		if s.Kind == submit.KindQuiz && s.Score.Right {
			row.QuizzesRight++
		}
	}
	if row.ChecksTotal > 0 {
		row.AttemptsURL = attemptsURL(lesson)
	}
	for _, r := range latest[submit.ItemChecks].Report.Results {
		if r.Status == check.Passed {
			row.ChecksPassed++
		}
	}
	return row, nil
}
