package web

import (
	"github.com/labstack/echo/v4"

	"pattarai/lessons"
	"pattarai/server/catalog"
)

func courseURL(slug string) string { return "/courses/" + slug }
func lessonURL(id string) string   { return "/lessons/" + id }

// course answers GET /courses/{course} when the address has a query or is unknown.
func (h *Handler) course(c echo.Context) error { return h.shelf.send(c.Response(), c.Request()) }

func (h *Handler) coursePage(s *catalog.Snapshot, course *lessons.Course, lang string) CoursePage {
	page := CoursePage{Layout: h.layout(lang, h.Assets.Languages, courseURL(course.Slug), "courses"), Course: courseCard(course, lang)}
	page.Title, page.Description = page.Course.Title, page.Course.Summary
	for _, lesson := range course.Lessons {
		page.Lessons = append(page.Lessons, h.lessonCard(s, lesson, course, lang))
	}
	return page
}

func courseCard(course *lessons.Course, lang string) CourseCard {
	card := CourseCard{
		Slug: course.Slug, Title: textOf(course.Title, lang, course.Languages), Summary: textOf(course.Summary, lang, course.Languages),
		URL: courseURL(course.Slug), Lessons: len(course.Lessons), Languages: course.Languages,
	}
	for _, lesson := range course.Lessons {
		card.Minutes += lesson.Minutes
	}
	if len(course.Lessons) > 0 {
		card.First = lessonURL(course.Lessons[0].ID())
	}
	return card
}
