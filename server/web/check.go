package web

import (
	"crypto/rand"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"pattarai/server/fault"
	"pattarai/server/submit"
)

// idempotencyKey is the key under which a request may be repeated; a fresh one
// when the client names none.
func idempotencyKey(r *http.Request) (string, error) {
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		return rand.Text(), nil
	}
	if len(key) > 100 || strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", fault.New(fault.Invalid, "idempotency_key", "The Idempotency-Key has at most 100 visible ASCII characters.", "Send a random one.")
	}
	return key, nil
}

// check answers POST …/check.
func (h *Handler) check(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	key, err := idempotencyKey(c.Request())
	if err != nil {
		return err
	}
	asked, err := body[struct {
		Only []string `json:"only"`
	}](c, maxSmallBody)
	if err != nil {
		return err
	}
	if len(asked.Only) > 0 {
		return fault.New(fault.Invalid, "only", "Single checks cannot be handed in; a verdict is over all of them.", "Send an empty list.")
	}
	ctx, who := c.Request().Context(), learnerOf(c)
	files, err := h.Labs.Files(ctx, who, lesson.ID())
	if err != nil {
		return err
	}
	saved := make(map[string][]byte, len(files))
	for _, f := range files {
		saved[f.Path] = f.Content
	}
	s, err := h.Submissions.SubmitChecks(ctx, submit.SubmitChecks{Learner: who, Lesson: lesson, Files: saved, Key: key})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, map[string]any{"id": s.ID, "url": reportURL(s.ID), "attempt": s.Attempt})
}
