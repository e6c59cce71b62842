package web

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"pattarai/lessons"
	"pattarai/server/catalog"
	"pattarai/server/fault"
)

// lesson answers GET /lessons/{course}/{lesson} when the address has a query or is unknown.
func (h *Handler) lesson(c echo.Context) error { return h.shelf.send(c.Response(), c.Request()) }

// find is the lesson that a route's parameters name.
func (h *Handler) find(c echo.Context) (*catalog.Lesson, error) {
	return h.findByID(c.Param("course") + "/" + c.Param("lesson"))
}

func (h *Handler) findByID(id string) (*catalog.Lesson, error) {
	if lesson, ok := h.Catalog.Current().Lesson(id); ok {
		return lesson, nil
	}
	return nil, fault.New(fault.NotFound, "no_lesson", "There is no such lesson.", "Start from the list of courses.")
}

// lessonPage is the i-th lesson of a course.
func (h *Handler) lessonPage(s *catalog.Snapshot, course *lessons.Course, i int, lang string) LessonPage {
	lesson := course.Lessons[i]
	card := h.lessonCard(s, lesson, course, lang)
	text := lessonText(lesson, course, lang)
	page := LessonPage{
		Layout: h.layout(lang, card.Languages, card.URL, ""), Course: courseCard(course, lang), Lesson: card,
		HasLab: card.HasLab, Steps: stepParts(text),
	}
	page.Title, page.Description = card.Title, card.Summary
	if full, ok := s.Lesson(lesson.ID()); ok {
		page.HasEdit = len(full.Exercise.Edit) > 0
	}
	if i > 0 {
		prev := h.lessonCard(s, course.Lessons[i-1], course, lang)
		page.Prev = &prev
	}
	if i+1 < len(course.Lessons) {
		next := h.lessonCard(s, course.Lessons[i+1], course, lang)
		page.Next = &next
	}
	if h.Author {
		page.Errors, page.Preview = problemsBelow(s, lesson.Dir), mark(s, lesson.ID())
	}
	return page
}

func stepParts(text *lessons.Text) []StepPart {
	parts := make([]StepPart, 0, len(text.Steps))
	for _, step := range text.Steps {
		parts = append(parts, StepPart{ID: step.ID, Title: step.Title, HTML: step.HTML, Stale: slices.Contains(text.Stale, step.ID)})
	}
	return parts
}

// problemsBelow lists what is wrong with the lesson in a folder.
func problemsBelow(s *catalog.Snapshot, dir string) []string {
	var found []string
	for _, p := range s.Problems {
		if strings.HasPrefix(p.File, dir+"/") {
			found = append(found, p.String())
		}
	}
	return found
}

// lessonText is the lesson in lang, or in its course's first language.
func lessonText(lesson *lessons.Lesson, course *lessons.Course, lang string) *lessons.Text {
	for _, l := range append([]string{lang}, course.Languages...) {
		if text, ok := lesson.Texts[l]; ok {
			return text
		}
	}
	return &lessons.Text{Lang: lang, Title: lesson.Slug}
}

func (h *Handler) lessonCard(s *catalog.Snapshot, lesson *lessons.Lesson, course *lessons.Course, lang string) LessonCard {
	text := lessonText(lesson, course, lang)
	card := LessonCard{
		ID: lesson.ID(), Title: text.Title, Summary: text.Summary, URL: lessonURL(lesson.ID()), Number: lesson.Number,
		Minutes: lesson.Minutes, Level: lesson.Level, Skills: lesson.Skills, Quizzes: len(lesson.Questions),
		Languages: slices.Sorted(maps.Keys(lesson.Texts)),
	}
	for _, id := range lesson.Needs {
		card.Needs = append(card.Needs, titleOf(s, id, lang))
	}
	if full, ok := s.Lesson(lesson.ID()); ok {
		card.Checks, card.HasLab = len(full.Exercise.Checks), full.HasLab()
	}
	return card
}

// card is the card of a lesson by its id; one that no longer exists keeps its id as title.
func (h *Handler) card(id, lang string) LessonCard {
	s := h.Catalog.Current()
	lesson, ok := s.Lesson(id)
	if !ok {
		return LessonCard{ID: id, Title: id, URL: "/"}
	}
	return h.lessonCard(s, lesson.Lesson, courseOf(s, lesson.Course), lang)
}

func courseOf(s *catalog.Snapshot, slug string) *lessons.Course {
	for _, course := range s.Courses {
		if course.Slug == slug {
			return course
		}
	}
	return &lessons.Course{Slug: slug}
}

func titleOf(s *catalog.Snapshot, id, lang string) string {
	lesson, ok := s.Lesson(id)
	if !ok {
		return id
	}
	return lessonText(lesson.Lesson, courseOf(s, lesson.Course), lang).Title
}

// lessonAsset answers with a picture of a lesson.
func (h *Handler) lessonAsset(c echo.Context) error {
	lesson, err := h.find(c)
	if err != nil {
		return err
	}
	name, err := url.PathUnescape(c.Param("*"))
	if err != nil {
		return errNoPage()
	}
	content, ok := lesson.Assets[name]
	if !ok {
		return fault.New(fault.NotFound, "no_asset", "The lesson has no such picture.", "")
	}
	header := c.Response().Header()
	header["Content-Security-Policy"] = []string{"default-src 'none'; style-src 'unsafe-inline'; sandbox"}
	sum := sha256.Sum256(content)
	etag := `"` + hex.EncodeToString(sum[:10]) + `"`
	header.Set("Cache-Control", "public, max-age=60")
	header.Set("ETag", etag)
	if matches(c.Request().Header["If-None-Match"], etag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, contentType(name), content)
}
