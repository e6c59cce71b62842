package web

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/recall"
	"pattarai/server/submit"
)

const dayFormat = "2 Jan 2006"

// dueJSON is how much there is to review.
type dueJSON struct {
	Due  int        `json:"due"`
	Next *time.Time `json:"next"`
}

// due answers GET /api/review. Who was never here has nothing to review.
func (h *Handler) due(c echo.Context) error {
	var answer dueJSON
	if who := learnerOf(c); who != "" {
		due, next, err := h.Recall.Count(c.Request().Context(), who)
		if err != nil {
			return err
		}
		answer.Due = due
		if !next.IsZero() {
			answer.Next = &next
		}
	}
	return c.JSON(http.StatusOK, answer)
}

// review answers GET /review: what is due today, to be answered in place.
func (h *Handler) review(c echo.Context) error {
	lang := h.language(c.Request())
	h.rememberLanguage(c.Response(), c.Request())
	page := ReviewPage{Layout: h.layout(lang, h.Assets.Languages, "/review", "review")}
	page.Title = h.Assets.Text(lang, "nav.review")
	if who := learnerOf(c); who != "" {
		if err := h.fillReview(c.Request().Context(), &page, who, lang); err != nil {
			return err
		}
	}
	html, err := h.shelf.templates.render("review", page)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, htmlType, html)
}

func (h *Handler) fillReview(ctx context.Context, page *ReviewPage, who, lang string) error {
	cards, err := h.Recall.Due(ctx, who, recall.MaxDue)
	if err != nil {
		return err
	}
	for _, card := range cards {
		part, ok, err := h.reviewPart(card, lang)
		if err != nil {
			return err
		}
		if !ok { // The lesson no longer has it.
			if err := h.Recall.Forget(ctx, card.Key); err != nil {
				return err
			}
			continue
		}
		page.Cards = append(page.Cards, part)
	}
	due, next, err := h.Recall.Count(ctx, who)
	if err != nil {
		return err
	}
	page.More = max(0, due-len(page.Cards))
	if !next.IsZero() {
		page.Next = next.UTC().Format(dayFormat)
	}
	return nil
}

// reviewPart is a card on the page; ok is false when its lesson or item is gone.
func (h *Handler) reviewPart(card recall.Card, lang string) (part ReviewPart, ok bool, err error) {
	lesson, ok := h.Catalog.Current().Lesson(card.Lesson)
	if !ok {
		return ReviewPart{}, false, nil
	}
	part = ReviewPart{Item: card.Item, QuestionPart: QuestionPart{Lesson: h.card(card.Lesson, lang)}}
	if card.Kind() == recall.Check {
		part.Claim, ok = claim(lesson, card.Check())
		part.Place = placeOf(lesson, lang, part.Lesson.URL, card.Check())
		if part.Place == "" {
			part.Place = part.Lesson.URL
		}
		return part, ok, nil
	}
	question, ok := submit.Question(lesson, lang, card.Learner, card.Item)
	if !ok {
		return ReviewPart{}, false, nil
	}
	part.QuestionPart, err = h.questionPart(lesson, question, lang)
	return part, true, err
}

func claim(lesson *catalog.Lesson, check string) (string, bool) {
	for _, c := range lesson.Exercise.Checks {
		if c.ID == check {
			return c.Title, true
		}
	}
	return "", false
}

// rate answers POST /review, a form: a rating of one's own, or "forget".
func (h *Handler) rate(c echo.Context) error {
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxSmallBody)
	key := recall.Key{Learner: learnerOf(c), Lesson: r.PostFormValue("lesson"), Item: r.PostFormValue("item")}
	if key.Lesson == "" || key.Item == "" {
		return fault.New(fault.Invalid, "bad_form", "The form does not say what it is about.", "Open the review page again.")
	}
	var err error
	if word := r.PostFormValue("rating"); word == "forget" {
		err = h.Recall.Forget(r.Context(), key)
	} else {
		_, err = h.Recall.Rate(r.Context(), key, word)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/review")
}

// nextWords is the day an item comes back; "" when it does not.
func (h *Handler) nextWords(ctx context.Context, s submit.Submission) (string, error) {
	next, err := h.nextReview(ctx, s)
	if err != nil || next == nil {
		return "", err
	}
	return next.UTC().Format(dayFormat), nil
}
