package web

import (
	"cmp"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"pattarai/quizzes"
	"pattarai/server/catalog"
	"pattarai/server/fault"
	"pattarai/server/submit"
)

// trustedHTML was sanitised when its lesson was read.
type trustedHTML = template.HTML

// wordsByID is feedback by option id; "" is of the item as a whole.
type wordsByID = map[string]template.HTML

// question answers GET /lessons/{course}/{lesson}/quiz/{item}: one item on a page of
// its own, for browsers without scripts and for items that differ between learners.
func (h *Handler) question(c echo.Context) error {
	return h.showQuestion(c, http.StatusOK, "")
}

// answerForm answers POST /lessons/{course}/{lesson}/quiz/{item}, the same item's form
// as a browser without scripts sends it.
func (h *Handler) answerForm(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	r := c.Request()
	r.Body = http.MaxBytesReader(c.Response(), r.Body, maxSmallBody)
	if err := r.ParseForm(); err != nil {
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			return err
		}
		return fault.New(fault.Invalid, "bad_form", "The form could not be read.", "Send it again.")
	}
	lang := h.language(r)
	_, err = h.Submissions.AnswerQuiz(r.Context(), submit.AnswerQuiz{
		Learner: learnerOf(c), Lesson: lesson, Lang: lang, Item: c.Param("item"), Answer: quizzes.Answer{Values: formValues(r.PostForm)},
	})
	switch f := fault.Of(err); {
	case err == nil:
		return c.Redirect(http.StatusSeeOther, questionURL(lesson.ID(), c.Param("item"))+"#answered")
	case f.Kind == fault.Invalid:
		return h.showQuestion(c, http.StatusBadRequest, f.Message)
	}
	return err
}

// formValues are the values of a form, in the order of the places that a browser
// without scripts gives them as numbers.
func formValues(form url.Values) []string {
	values := slices.Clone(form["value"])
	place := func(value string) int {
		n, err := strconv.Atoi(form.Get("place-" + value))
		if err != nil {
			return len(values) + 1
		}
		return n
	}
	slices.SortStableFunc(values, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	return values
}

func (h *Handler) showQuestion(c echo.Context, status int, refused string) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	lang := h.language(c.Request())
	h.rememberLanguage(c.Response(), c.Request())
	question, ok := submit.Question(lesson, lang, learnerOf(c), c.Param("item"))
	if !ok {
		return fault.New(fault.NotFound, "no_item", "This lesson has no such question.", "Go back to the lesson; it may have changed.")
	}
	latest, err := h.Submissions.Latest(c.Request().Context(), learnerOf(c), lesson.ID())
	if err != nil {
		return err
	}
	page := QuestionPage{Layout: h.layout(lang, h.Assets.Languages, questionURL(lesson.ID(), question.ID), ""), Refused: refused}
	page.Title = question.Title
	if page.Question, err = h.questionPart(lesson, question, lang); err != nil {
		return err
	}
	if s, answered := latest[question.ID]; answered {
		page.Answered = answeredPart(question, scoreOf(lesson, s, lang))
		if page.Next, err = h.nextWords(c.Request().Context(), s); err != nil {
			return err
		}
	}
	html, err := h.shelf.templates.render("question", page)
	if err != nil {
		return err
	}
	return c.Blob(status, htmlType, html)
}

func (h *Handler) questionPart(lesson *catalog.Lesson, question quizzes.Question, lang string) (QuestionPart, error) {
	form, err := h.formOf(lesson, question, lang)
	if err != nil {
		return QuestionPart{}, err
	}
	return QuestionPart{ID: question.ID, Lesson: h.card(lesson.ID(), lang), Form: form, Variants: question.Variants}, nil
}

// answeredPart is a score as a page without scripts shows it.
func answeredPart(question quizzes.Question, score scoreJSON) *AnsweredPart {
	part := &AnsweredPart{
		Right: score.Right, Partly: !score.Right && score.Points > 0, Points: score.Points, MaxPoints: score.MaxPoints, Tries: score.Tries,
		Why: score.Feedback[""], Solution: score.Solution, Proved: score.Proved,
	}
	if score.Observed != nil {
		part.Observed = *score.Observed
	}
	for _, o := range question.Options {
		if why, ok := score.Feedback[o.ID]; ok {
			part.Reasons = append(part.Reasons, ReasonPart{Option: o.Label, Why: why})
		}
	}
	return part
}
