package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"pattarai/server/compare"
	"pattarai/server/submit"
)

// attemptsURL is the page of all attempts at a lesson's checks.
func attemptsURL(lesson string) string { return "/attempts/" + lesson }

// attempts answers GET /attempts/{course}/{lesson}: what was handed in, and how two
// of them differ (?from=ID&to=ID, or the newest two). The lesson may be gone.
func (h *Handler) attempts(c echo.Context) error {
	ctx, who := c.Request().Context(), learnerOf(c)
	lesson := c.Param("course") + "/" + c.Param("lesson")
	all, err := h.Submissions.Attempts(ctx, who, lesson, submit.ItemChecks)
	if err != nil {
		return err
	}
	lang := h.language(c.Request())
	h.rememberLanguage(c.Response(), c.Request())
	page := AttemptsPage{Layout: h.layout(lang, h.Assets.Languages, attemptsURL(lesson), "progress"), Lesson: h.card(lesson, lang)}
	page.Title = page.Lesson.Title
	from, to := chosenPair(all, c.QueryParam("from"), c.QueryParam("to"))
	for _, s := range all {
		page.Attempts = append(page.Attempts, AttemptEntry{AttemptRow: attemptRow(s, page.Title), ID: s.ID, From: s.ID == from, To: s.ID == to})
	}
	if from != "" {
		if err := h.compareAttempts(ctx, &page, who, from, to); err != nil {
			return err
		}
	}
	html, err := h.shelf.templates.render("attempts", page)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, htmlType, html)
}

// chosenPair are the two attempts to compare: those asked for, else the newest two;
// "" and "" when there are not two. all is newest first.
func chosenPair(all []submit.Submission, from, to string) (older, newer string) {
	has := func(id string) bool {
		return slices.ContainsFunc(all, func(s submit.Submission) bool { return s.ID == id })
	}
	if has(from) && has(to) {
		return from, to
	}
	if len(all) < 2 {
		return "", ""
	}
	return all[1].ID, all[0].ID
}

// compareAttempts fills in how the files of two attempts differ.
func (h *Handler) compareAttempts(ctx context.Context, page *AttemptsPage, who, from, to string) error {
	older, err := h.Submissions.Report(ctx, who, from)
	if err != nil {
		return err
	}
	newer, err := h.Submissions.Report(ctx, who, to)
	if err != nil {
		return err
	}
	page.Compared = true
	page.Older, page.Newer = attemptRow(older, page.Title), attemptRow(newer, page.Title)
	page.OtherChecks = older.ChecksHash != newer.ChecksHash
	page.Files = compare.Files(older.Files, newer.Files)
	return nil
}
